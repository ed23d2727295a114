"""A sweep that trains its own network shows cuts of it epoch by epoch, and keeps the best."""

import json
from dataclasses import replace

import numpy as np
import pytest

from core.data import store as datasets
from core.evaluation.forgotten import ANSWERS_FILE, read_pictures
from core.jobs.runner.context import Context
from core.networks.formats import keras_h5
from core.pruning.preview.first_cuts import FOLDER, RESULT_FILE, cuts_of
from core.pruning.preview.spec import PreviewResult
from core.pruning.search.spec import SweepSpec
from core.tasks.inputs import PRUNED_FILE
from core.tasks.networks import train_network
from core.training.recipe import QUICK
from core.training.spec import TrainSpec
from tests.jobs.finished import Recorded
from tests.runs.finished_lab import dataset

pytestmark = pytest.mark.slow  # TensorFlow
RECIPE = replace(QUICK, epochs=2, batch_size=16)


@pytest.fixture
def train(store, workspace):
    """Return a function that trains in this process, for a sweep or for nobody."""
    data = datasets.save(workspace, dataset())

    def trained(for_a_sweep):
        wanted = SweepSpec(data=data, methods=("magnitude", "thinet"), sparsities=(0.5, 0.9))
        parent = store.submit(wanted, 0) if for_a_sweep else None
        spec = TrainSpec(data=data, recipe=RECIPE)
        job_id = store.submit(spec, int(for_a_sweep), parent=parent)
        folder = workspace.artifacts(job_id)
        folder.mkdir(parents=True)
        told = Recorded()
        context = Context(job_id, spec.kind, spec.to_json(), 0, told, workspace, folder, store)
        return train_network(context, spec), told.values, folder

    return trained


def test_a_sweeps_network_is_cut_after_every_epoch_and_trains_as_if_it_were_not(train):
    watched, told, folder = train(for_a_sweep=True)
    by_key = {}
    for (key, epoch), value in told.items():
        by_key.setdefault(key, []).append((epoch, value))
    assert [(cut.method, cut.sparsity, cut.epoch) for cut in cuts_of(by_key)] == [
        ("magnitude", 0.5, 2),
        ("magnitude", 0.9, 2),
    ]
    alone, quiet, plain = train(for_a_sweep=False)
    assert not any(key.startswith("cut/") for key, _ in quiet)
    assert watched.point.digest == alone.point.digest
    assert sorted(p.name for p in plain.iterdir()) == ["dense.h5"]
    _the_best_cut_is_kept(folder / FOLDER, keras_h5.read(folder / "dense.h5"))


def _the_best_cut_is_kept(folder, dense):
    result = PreviewResult.from_json(json.loads((folder / RESULT_FILE).read_text()))
    left = keras_h5.read(folder / PRUNED_FILE)
    zeros = sum(int((array == 0).sum()) for array in left.values())
    size = sum(array.size for array in left.values())
    assert zeros / size == pytest.approx(result.sparsity)
    assert all(np.array_equal(left[n][left[n] != 0], dense[n][left[n] != 0]) for n in left)
    assert sum(result.forgotten.counts) == result.forgotten.looked_at == 40
    assert {c.row for c in result.forgotten.images} <= set(read_pictures(folder / ANSWERS_FILE))
