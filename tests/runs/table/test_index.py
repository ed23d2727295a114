"""The rows of all runs: read once per change, and what they say of networks and sweeps."""

import pytest

from core.jobs.store.annotation import Annotation
from core.jobs.store.lease import Update
from core.jobs.store.store import Child, Store
from core.pruning.plan import PrunePlan
from core.pruning.search.spec import SweepResult, SweepSpec
from core.pruning.spec import PruneSpec
from core.runs.finished.networks import network_of
from core.runs.table.index import RunIndex
from core.training.spec import TrainSpec
from tests.jobs.told import told
from tests.runs.finished_lab import begin, end, finish


def rows(index):
    return {row.id: row for row in index.now().rows}


def test_a_row_says_what_was_measured_of_which_network(lab):
    store, ids = lab
    found = rows(RunIndex(store))
    assert len(found) == 11  # the answer of a page, changed predictions, is none of them
    pruned = found[ids["magnitude-0.95"]]
    assert (pruned.title, pruned.method, pruned.network) == (
        "Pruning",
        "Magnitude",
        "reference CNN",
    )
    assert pruned.accuracy == 0.74
    assert pruned.sparsity == pytest.approx(0.95, abs=1e-4)
    assert pruned.score == pytest.approx((0.74 + 0.95) / 2, abs=1e-4)
    assert pruned.data == ids["data"]
    assert pruned.seconds == pytest.approx(0, abs=60)


def test_a_federated_row_has_its_best_accuracy_and_its_network(lab):
    store, _ = lab
    run = next(job for job in store.jobs(kind="federate") if "FedAvg, IID" in str(job.settings))
    row = rows(RunIndex(store))[run.id]
    assert (row.accuracy, row.score, row.sparsity) == (0.75, None, None)
    assert row.network == "MLP 128"


def test_only_runs_that_changed_are_read_and_progress_changes_no_row(lab, monkeypatch):
    store, ids = lab
    index = RunIndex(store)
    first = index.now()
    read = []
    asked = Store.jobs

    def counted(self, *given, **named):
        found = asked(self, *given, **named)
        read.extend(job.id for job in found)
        return found

    monkeypatch.setattr(Store, "jobs", counted)
    assert index.now() is first
    assert read == []
    new = store.submit(TrainSpec(data=ids["data"]), 99)
    lease = begin(store, new)
    running = index.now()
    assert read == [new]
    assert running.number != first.number
    lease.beat(Update(done=1.0, total=5.0, message="epoch 1"))
    assert index.now() is running  # read again, and found the same
    assert read == [new, new]
    store.annotate(ids["dense"], Annotation("the star", ("a",)))
    assert rows(index)[ids["dense"]].name == "the star"
    assert network_of(store.get(ids["dense"])).point.label == "the star"  # on every other page too
    assert read == [new, new, ids["dense"]]
    end(lease, {})


def test_a_sweep_shows_its_best_network_and_runs_in_work_the_network_they_start_from(lab):
    store, ids = lab
    sweep = SweepSpec(
        data=ids["data"], dense=ids["dense"], methods=("magnitude",), sparsities=(0.8,)
    )
    id = store.submit(sweep, 0)
    lease = begin(store, id)
    plans = [PrunePlan(method="magnitude", sparsity=s) for s in (0.8, 0.95, 0.98, 0.5)]
    specs = [PruneSpec(data=ids["data"], dense=ids["dense"], plan=plan) for plan in plans]
    store.submit_children(id, [Child(spec, 0) for spec in specs])
    found = rows(RunIndex(store))
    # .735, .845 and .84 are the scores of the three that exist; the fourth waits.
    assert found[id].accuracy == 0.74
    assert found[id].score == pytest.approx(0.845, abs=1e-4)
    (waiting,) = (row for row in found.values() if row.is_part)
    assert (waiting.network, waiting.state, waiting.ended) == ("reference CNN", "queued", False)
    store.stop(waiting.id)
    end(lease, SweepResult(ids["dense"], ()))


def test_a_deleted_run_goes_and_one_of_another_version_stays(lab):
    store, ids = lab
    index = RunIndex(store)
    index.now()
    strange = finish(store, told("prune", {"strange": 1}), {})
    store.delete(ids["random-0.95"])
    found = rows(index)
    assert ids["random-0.95"] not in found
    assert found[strange].name == "settings of an unknown form"
