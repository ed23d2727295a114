"""What a cut forgot, on the pages: the explorer's strip, a card's, and who is asked for it."""

import numpy as np
import pytest

from core.evaluation.forgotten import Answers, forgotten, write_answers
from core.jobs.store.store import Store
from core.pruning.preview.spec import LayerView, PreviewResult, PreviewSpec
from tests.pages.conftest import all_text
from tests.runs.finished_lab import CLASSES, finish

pytestmark = pytest.mark.slow  # whole pages


@pytest.fixture
def store(filled_home):
    opened = Store(filled_home[0].store_url)
    yield opened
    opened.close()


def answers():
    """Return what is said to one image of each kind."""
    return Answers(np.array([0, 1, 3, 4]), np.eye(5)[[0, 1, 2, 3]], np.eye(5)[[0, 0, 2, 4]])


def test_the_explorer_says_what_became_of_the_images(filled_home, store, open_page):
    workspace, ids = filled_home
    spec = PreviewSpec(data=ids["data"], dense=ids["dense"], with_images=True)
    found = forgotten(answers(), CLASSES)
    answer = PreviewResult(
        accuracy=0.5, dense_accuracy=0.5, images=4, seconds=0.3, sparsity=0.5, score=0.5,
        reconstructed=False, plan=spec.plan, layers=(LayerView("conv1", 8, 4, 4, 4),),
        forgotten=found,
    )  # fmt: skip
    job_id = finish(store, spec, answer)
    pictures = np.zeros((4, 5, 5, 1), np.float32)
    write_answers(workspace.artifacts(job_id), found, answers(), pictures)
    test = open_page("pruning", view="explore", data=ids["data"], dense=ids["dense"])
    assert not test.exception
    assert "Of 4 validation images, 1 is newly wrong and 1 newly right." in all_text(test)


def test_the_card_of_a_pruned_network_asks_what_it_forgot_and_a_dense_one_does_not(
    filled_home, store, open_page
):
    ids = filled_home[1]
    for point in (ids["dense"], ids["magnitude-0.95"]):
        test = open_page("frontier", data=ids["data"], points=point)
        assert not test.exception
    (asked,) = store.jobs(kind="forgotten")
    told = asked.settings["network"], asked.settings["dense"]
    assert told == (ids["magnitude-0.95"], ids["dense"])
