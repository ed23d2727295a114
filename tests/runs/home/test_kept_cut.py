"""A kept cut and the dot of the same cut have one number."""

import json
from pathlib import Path

import pytest

from core.jobs.store.store import Store
from core.pruning.plan import PrunePlan
from core.pruning.preview.first_cuts import FOLDER, RESULT_FILE, FirstCut
from core.pruning.preview.spec import PreviewResult
from core.runs.activity import Family
from core.runs.home.kept_cut import KeptCut, kept_cut, with_kept
from core.workspace import Workspace
from tests.jobs.told import told
from tests.runs.finished_lab import begin, end

DURING = (FirstCut("magnitude", 0.8, 0.792, 3), FirstCut("magnitude", 0.95, 0.18, 3))
FAMILY = Family(dense=None, points=(), sweeps=(), living=(), failed=(), cuts=DURING)

RESULT = PreviewResult(
    sparsity=0.80004, accuracy=0.762, dense_accuracy=0.8, score=0.78, images=500, seconds=0.1,
    reconstructed=False, plan=PrunePlan(method="magnitude", sparsity=0.8, epochs=0), layers=(),
    weights="my_model_weights.h5",
)  # fmt: skip


def test_the_kept_cut_takes_the_place_of_its_dot_and_of_no_other():
    shown = with_kept(FAMILY, KeptCut(RESULT, Path("unused"))).cuts
    assert shown == (FirstCut("magnitude", 0.8, 0.762, 0), DURING[1])


def test_without_a_kept_cut_the_family_is_as_it_was():
    assert with_kept(FAMILY, None) is FAMILY


@pytest.fixture
def trained(tmp_path):
    """Return the store, the workspace and the ids of a sweep and its training, with a kept cut."""
    workspace = Workspace(tmp_path)
    store = Store(workspace.store_url)
    sweep = store.submit(told("sweep"), 0)
    lease = begin(store, sweep)
    training = store.submit(told("train"), 0, parent=sweep)
    end(begin(store, training), {})
    folder = workspace.artifacts(training) / FOLDER
    folder.mkdir(parents=True)
    (folder / RESULT_FILE).write_text(json.dumps(RESULT.to_json()), "utf-8")
    (folder / RESULT.weights).write_bytes(b"weights")
    yield store, workspace, sweep, training
    end(lease, {})
    store.close()


def test_the_cut_that_a_sweeps_training_left_is_found_with_its_file(trained):
    store, workspace, sweep, training = trained
    found = kept_cut(store, workspace, sweep)
    assert found is not None
    assert found.result == RESULT
    assert found.weights.read_bytes() == b"weights"
    assert kept_cut(store, workspace, training) is None  # no sweep


@pytest.mark.parametrize("damage", [b"{", b"{}", b"\xff", None])
def test_a_damaged_or_missing_kept_cut_is_none(trained, damage):
    store, workspace, sweep, training = trained
    path = workspace.artifacts(training) / FOLDER / RESULT_FILE
    path.unlink() if damage is None else path.write_bytes(damage)
    assert kept_cut(store, workspace, sweep) is None


def test_a_kept_cut_without_its_weights_is_none(trained):
    store, workspace, sweep, training = trained
    (workspace.artifacts(training) / FOLDER / RESULT.weights).unlink()
    assert kept_cut(store, workspace, sweep) is None


def test_a_folder_that_came_with_an_imported_training_is_no_kept_cut(trained):
    store, workspace, sweep, training = trained
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE job SET imported = 1 WHERE id = ?", (training,))
    assert kept_cut(store, workspace, sweep) is None
