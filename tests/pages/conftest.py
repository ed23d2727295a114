"""A lab whose pages can be opened without a browser and without starting an engine."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.evaluation.forgotten import Answers
from core.jobs.engine.lock import FileLock
from core.jobs.store.store import Store
from core.workspace import Workspace
from tests.runs.finished_lab import fill

ROOT = Path(__file__).parents[2]
TIMEOUT_SECONDS = 180  # of a busy machine; nothing here measures time


@pytest.fixture
def empty_home(tmp_path, monkeypatch) -> Iterator[Workspace]:
    """A fresh workspace; this test holds its engine's place, so that submitting starts none."""
    monkeypatch.setenv("PARETO_LAB_HOME", str(tmp_path))
    monkeypatch.delenv("PARETO_LAB_STORE", raising=False)
    workspace = Workspace(tmp_path)
    place = FileLock(workspace.engine_lock)
    assert place.acquire()
    yield workspace
    place.release()


@pytest.fixture
def filled_home(empty_home) -> tuple[Workspace, dict[str, str]]:
    """A workspace in which everything has run, and the ids in it."""
    return empty_home, fill(empty_home)


@pytest.fixture
def store(filled_home):
    """Return the store of that workspace."""
    opened = Store(filled_home[0].store_url)
    yield opened
    opened.close()


@pytest.fixture
def open_page():
    """Return a function that opens one page of the app inside its frame."""

    def opened(page: str, **parameters: str) -> AppTest:
        test = AppTest.from_file(str(ROOT / "pages" / "frame.py"), default_timeout=TIMEOUT_SECONDS)
        test.switch_page(f"{page}.py")
        for name, value in parameters.items():
            test.query_params[name] = value
        return test.run()

    return opened


def answers() -> Answers:
    """Return what is said to one image of each kind; the second is lost."""
    return Answers(np.array([0, 1, 3, 4]), np.eye(5)[[0, 1, 2, 3]], np.eye(5)[[0, 0, 2, 4]])


def all_text(test: AppTest) -> str:
    """Return everything the page says, one piece a line."""
    kinds = (test.title, test.subheader, test.markdown, test.caption, test.info, test.error)
    return "\n".join(str(piece.value) for kind in kinds for piece in kind)


def button(test: AppTest, label: str):
    """Return the page's button with this label."""
    return next(each for each in test.button if each.label == label)
