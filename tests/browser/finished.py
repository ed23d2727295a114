"""The dashboard on a lab in which everything has run already."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.workspace import Workspace
from tests.browser.conftest import Visitor, new_context
from tests.browser.server import ROOT, serve
from tests.runs.finished_lab import fill


@contextmanager
def finished_lab(home: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the address of the dashboard and the ids of what is in it."""
    ids = fill(Workspace(home))
    with serve(ROOT / "app.py", home) as url:
        yield url, ids


@contextmanager
def visit(chromium, url: str, **how) -> Iterator[Visitor]:
    """Yield a visitor; what the page's scripts complain of fails the test."""
    context = new_context(chromium, **how)
    visitor = Visitor(context.new_page(), url)
    yield visitor
    context.close()
    assert visitor.complaints == [], visitor.complaints
