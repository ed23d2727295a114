"""Several runs at once: stopped, deleted with what only they need, compared."""

from dataclasses import replace

import pytest

from core.jobs.store.store import Child, Store
from core.jobs.transfer.bundle import export_runs
from core.jobs.transfer.bundle_import import import_run
from core.pruning.plan import PrunePlan
from core.pruning.search.spec import SweepSpec
from core.pruning.spec import PruneSpec
from core.runs.table.index import RunIndex
from core.runs.table.selected import comparison_of, delete_all, deletion_of, overlaid, stop_all
from core.training.spec import TrainSpec
from core.workspace import Workspace
from tests.runs.finished_lab import fill


@pytest.fixture
def lab(tmp_path):
    workspace = Workspace(tmp_path / "lab")
    ids = fill(workspace)
    store = Store(workspace.store_url)
    yield workspace, store, ids
    store.close()


def rows_of(store, *ids):
    by_id = {row.id: row for row in RunIndex(store).now().rows}
    return [by_id[id] for id in ids] if ids else list(by_id.values())


def test_deleting_says_what_goes_what_stays_and_leaves_what_is_at_work(lab):
    workspace, store, ids = lab
    sweep = store.submit(SweepSpec(data=ids["data"], dense=ids["dense"]), 0)
    plan = PrunePlan(method="snip", sparsity=0.8)
    spec = PruneSpec(data=ids["data"], dense=ids["dense"], plan=plan)
    (part,) = store.submit_children(sweep, [Child(spec, 0)])
    store.stop(sweep)
    living = store.submit(TrainSpec(data=ids["data"]), 5)
    deletion = deletion_of(store, rows_of(store), [sweep, ids["dense"], living])
    assert set(deletion.ids) == {sweep, ids["dense"]}
    assert (deletion.parts, deletion.living, deletion.made_from) == (1, 1, 6)
    text = " ".join(deletion.sentences())
    assert "2 runs and 1 part that nothing else needs" in text
    assert "6 other runs started from these networks and stay" in text
    assert "1 run still at work will stay. Stop them first." in text
    assert delete_all(store, workspace, deletion.ids) == []
    assert [store.exists(id) for id in (sweep, part.id, ids["dense"], living)] == [0, 0, 0, 1]
    assert not workspace.artifacts(ids["dense"]).exists()
    assert workspace.artifacts(ids["magnitude-0.8"]).exists()


def test_what_an_unfinished_run_starts_from_is_kept_with_its_reason_and_the_rest_goes(lab):
    workspace, store, ids = lab
    spec = PruneSpec(data=ids["data"], dense=ids["dense"], plan=PrunePlan(sparsity=0.33))
    heir = store.submit(spec, 0)
    (why,) = delete_all(store, workspace, [ids["dense"], ids["random-0.95"]])
    assert "unfinished runs start from it" in why
    assert [store.exists(id) for id in (ids["dense"], ids["random-0.95"])] == [True, False]
    assert stop_all(store, rows_of(store, heir, ids["dense"])) == 1
    assert store.get(heir).state == "stopped"
    assert delete_all(store, workspace, [ids["dense"], heir]) == []  # the heir goes first
    assert not store.exists(ids["dense"])


def test_networks_of_one_data_set_are_compared_and_histories_laid_over_one_another(lab):
    _, store, ids = lab
    pruned = [ids["magnitude-0.8"], ids["random-0.95"]]
    found = comparison_of(rows_of(store, *pruned))
    assert (list(found.ids), found.data, found.reason) == (pruned, ids["data"], "")
    federated = [job.id for job in store.jobs(kind="federate")]
    assert overlaid(rows_of(store, *federated, ids["dense"])) == [*federated, ids["dense"]]


def test_what_cannot_be_compared_says_why(lab):
    _, store, ids = lab
    first, second = rows_of(store, ids["magnitude-0.8"], ids["random-0.95"])
    federated = rows_of(store, *[job.id for job in store.jobs(kind="federate")])
    chosen = ([], [first], federated, [first, replace(second, data="other")], rows_of(store))
    found = [comparison_of(rows) for rows in chosen]
    assert [each.ids for each in found] == [()] * 5
    assert [each.reason for each in found] == [
        "Select two to six networks, or a sweep.",
        "1 measured network selected: two or more can be compared.",
        "0 measured networks selected: two or more can be compared.",
        "The selected networks are of several data sets: accuracies on different images do not "
        "compare.",
        "7 networks selected: at most 6 fit side by side. Frontier shows them all.",
    ]


def test_a_sweep_stands_for_what_it_pruned(lab):
    _, store, ids = lab
    sweep = store.submit(SweepSpec(data=ids["data"], dense=ids["dense"]), 0)
    plans = [PrunePlan(method="magnitude", sparsity=sparsity) for sparsity in (0.8, 0.95)]
    prunes = [PruneSpec(data=ids["data"], dense=ids["dense"], plan=plan) for plan in plans]
    store.submit_children(sweep, [Child(prune, 0) for prune in prunes])
    every = rows_of(store)
    (row,) = rows_of(store, sweep)
    (one,) = rows_of(store, ids["magnitude-0.8"])  # chosen beside its sweep: still one network
    parts = {ids["magnitude-0.8"], ids["magnitude-0.95"]}
    assert set(comparison_of([row, one], every, store.families()).ids) == parts
    (dense,) = rows_of(store, ids["dense"])
    assert set(comparison_of([row, dense], every, store.families()).ids) == {*parts, dense.id}


def test_several_runs_leave_as_one_zip_and_come_back(lab, tmp_path):
    workspace, store, ids = lab
    chosen = [ids["magnitude-0.8"], ids["dense"]]
    path = export_runs(store, workspace, chosen, tmp_path / "runs.zip")
    other = Workspace(tmp_path / "other")
    elsewhere = Store(other.store_url) if other.scratch else None
    done = import_run(elsewhere, other, path)
    assert set(done.added) == set(chosen)
    assert done.run == chosen[0]
    assert elsewhere.get(chosen[1]).imported
    elsewhere.close()
