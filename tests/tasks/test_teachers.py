"""Prunings that learn from other finished networks than the one they came from."""

import json
from dataclasses import replace

import numpy as np
import pytest

from core.data import store as datasets
from core.errors import JobError, SettingsError
from core.jobs.store.store import identity
from core.networks.keras_files.reader import read_network
from core.pruning.plan import PrunePlan
from core.pruning.spec import PruneSpec
from core.tasks import networks
from core.training.recipe import QUICK
from core.training.spec import TrainSpec
from tests.pruning.graphs.tiny import DATASET, split
from tests.tasks.test_other_networks import Lab

RECIPE = replace(QUICK, epochs=1, batch_size=16)
PLAN = PrunePlan(sparsity=0.5, epochs=1, batch_size=16, distillation=0.9)


@pytest.fixture
def lab(tmp_path):
    made = Lab(tmp_path)
    yield made
    made.store.close()


def pruned(lab, dense, *teachers):
    spec = PruneSpec(data=lab.data, dense=dense, plan=PLAN, teachers=teachers)
    job_id, result = lab.run(networks.prune_network, spec)
    path = lab.workspace.artifacts(job_id) / result.weights
    return read_network(path, scratch=lab.workspace.scratch).weights


def same(first, second):
    return all(np.array_equal(first[name], second[name]) for name in first)


@pytest.mark.slow
def test_the_teachers_stand_in_for_the_dense_network(lab):
    dense, _ = lab.imported()
    spec = TrainSpec(data=lab.data, recipe=RECIPE, network=lab.keep(whole=False), name="small")
    other, _ = lab.run(networks.train_network, spec)
    alone = pruned(lab, dense)
    assert same(alone, pruned(lab, dense, dense))
    both = pruned(lab, dense, dense, other)
    assert not same(alone, both)
    assert not same(both, pruned(lab, dense, other))


@pytest.mark.slow
def test_teachers_of_other_images_or_another_size_are_refused(lab):
    dense, _ = lab.imported()
    more = datasets.save(lab.workspace, replace(DATASET, name="more", train=split(51, 5)))
    digest = lab.keep(whole=False)
    spec = TrainSpec(data=more, recipe=RECIPE, network=digest, name="small")
    stranger, _ = lab.run(networks.train_network, spec)
    spec = TrainSpec(data=lab.data, recipe=RECIPE, input_shape=(14, 14, 1))
    larger, _ = lab.run(networks.train_network, spec)
    with pytest.raises(JobError, match="was trained on another data set"):
        pruned(lab, dense, stranger)
    with pytest.raises(JobError, match=r"reads images of \(14, 14, 1\), .* \(9, 9, 1\)"):
        pruned(lab, dense, larger)


def test_a_pruning_without_teachers_is_the_run_it_was():
    spec = PruneSpec(data="d", dense="n", plan=PLAN)
    assert "teachers" not in spec.to_json()
    taught = replace(spec, teachers=("a", "b"))
    assert identity(taught, 0) != identity(spec, 0)
    assert PruneSpec.from_json(json.loads(json.dumps(taught.to_json()))) == taught


@pytest.mark.parametrize("plan", [replace(PLAN, distillation=0.0), replace(PLAN, epochs=0)])
def test_teachers_nobody_listens_to_are_refused(plan):
    with pytest.raises(SettingsError, match="only listened to where distillation and epochs"):
        PruneSpec(data="d", dense="n", plan=plan, teachers=("a",))
