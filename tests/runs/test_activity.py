"""What pages know of the runs: families, recent runs, plain sentences."""

import pytest

from core.errors import UploadError
from core.evaluation.results import NetworkResult
from core.federated.results import FederatedNetworkResult
from core.federated.spec import FederatedSpec
from core.jobs.store.store import Child, Store
from core.pruning.preview.first_cuts import FirstCut
from core.pruning.search.spec import CompeteSpec, first_sweep
from core.runs.activity import (
    counts,
    failed_parts,
    family,
    overview,
    recent,
    sweep_family,
    top_level,
)
from core.runs.import_checks import check_file
from core.runs.network_list import NetworkList
from core.runs.remarks import best_remark, cut_remark, remark
from core.runs.titles import job_title
from core.training.recipe import Recipe
from core.training.spec import TrainSpec
from core.workspace import Workspace
from tests.evaluation.points import point
from tests.jobs.told import told
from tests.runs.finished_lab import fill, finish

DENSE = point(0.75, 0.0, "dense", id="dense", parent="")


def test_a_family_is_the_dense_network_and_what_was_pruned_from_it(lab):
    store, ids = lab
    found = family(store, ids["dense"])
    assert found.dense is not None
    assert len(found.points) == 6
    assert found.all_points[0].method == "dense"
    assert not found.living


def test_a_waiting_job_of_the_family_is_living_and_a_stopped_one_failed(lab):
    store, ids = lab
    settings = {"data": ids["data"], "dense": ids["dense"], "plan": {"method": "snip"}}
    waiting = store.submit(told("prune", settings), 7)
    assert [job.id for job in family(store, ids["dense"]).living] == [waiting]
    store.stop(waiting)
    assert [job.id for job in family(store, ids["dense"]).failed] == [waiting]


def test_a_sweep_that_trains_its_own_network_shows_how_it_learns(tmp_path):
    store = Store(Workspace(tmp_path).store_url)
    sweep = store.submit(first_sweep("0" * 16), 0)
    assert sweep_family(store, sweep).learning is None
    (train,) = store.submit_children(sweep, [Child(TrainSpec(data="0" * 16), 0)])
    found = sweep_family(store, sweep)
    assert [job.id for job in found.living] == [train.id]
    assert found.dense is None
    store.close()


def test_the_overview_counts_networks_and_finds_the_best(lab):
    store, _ = lab
    found = overview(store)
    assert found.pruned == 6
    assert found.best is not None
    assert found.best.score == pytest.approx((0.74 + 0.95) / 2)  # magnitude at 95 %


def test_children_and_answers_of_a_page_are_not_listed_as_runs(lab):
    store, _ = lab
    finish(store, told("preview", {"method": "magnitude"}), {})
    assert {job.kind for job in top_level(store, (), 100)}.isdisjoint({"preview", "behaviour"})
    assert {job.state for job in top_level(store, ("done",), 100)} == {"done"}


def test_what_is_counted_is_what_is_listed(tmp_path):
    store = Store(Workspace(tmp_path).store_url)
    sweep = store.submit(first_sweep("0" * 16), 0)
    store.submit_children(sweep, [Child(TrainSpec(data="0" * 16), 0), Child(told("prune"), 0)])
    store.submit(told("preview", {"method": "magnitude"}), 0)
    assert counts(store) == {"queued": 1}
    assert overview(store).queued == len(top_level(store, (), 100)) == 1
    store.close()


def test_many_answers_of_the_explorer_do_not_hide_a_run(tmp_path):
    store = Store(Workspace(tmp_path).store_url)
    run = store.submit(TrainSpec(data="0" * 16), 0)
    store.submit_children(run, [Child(told("preview", {"n": n}), 0) for n in range(310)])
    assert [job.id for job in top_level(store, (), 5)] == [run]
    store.close()


def test_a_sweep_that_trained_its_own_network_belongs_to_that_networks_family(tmp_path):
    store = Store(Workspace(tmp_path).store_url)
    sweep = store.submit(first_sweep("0" * 16), 0)
    store.submit(first_sweep("1" * 16), 0)
    (dense,) = store.submit_children(sweep, [Child(TrainSpec(data="0" * 16), 0)])
    assert [job.id for job in family(store, dense.id).sweeps] == [sweep]
    store.close()


def test_the_failed_parts_of_a_run_are_found(tmp_path):
    store = Store(Workspace(tmp_path).store_url)
    sweep = store.submit(first_sweep("0" * 16), 0)
    one, _ = store.submit_children(sweep, [Child(told("prune", {"n": n}), 0) for n in range(2)])
    assert failed_parts(store, store.get(sweep)) == []
    store.stop(one.id)
    assert [job.id for job in failed_parts(store, store.get(sweep))] == [one.id]
    store.close()


def test_a_recent_run_without_numbers_has_no_best(tmp_path):
    store = Store(Workspace(tmp_path).store_url)
    store.submit(TrainSpec(data="0" * 16, recipe=Recipe(epochs=3)), 0)
    (row,) = recent(store, 5)
    assert row.best == ""
    assert job_title(row.job) == "Training: Course, 3 epochs, seed 0"
    store.close()


@pytest.mark.parametrize(
    ("accuracy", "said"),
    [
        (0.752, "loses no measurable accuracy"),
        (0.70, "loses 5.0 points of accuracy"),
        (0.80, "gains 5.0 points of accuracy"),
        (0.50, "below the threshold, so its score is 0"),
    ],
)
def test_a_remark_says_what_was_lost(accuracy, said):
    text = remark(point(accuracy, 0.9), DENSE, "Magnitude")
    assert said in text
    assert "Magnitude 90.0% keeps 100 of 1,000 weights" in text
    assert "on the holdout" in text  # charts beside it have numbers of validation images


def test_a_network_without_zeros_is_not_said_to_be_below_the_threshold():
    text = remark(point(0.80, 0.0), DENSE, "Magnitude")
    assert "; it has no zeros, so its score is 0" in text


def test_the_frontier_of_a_competition_outlives_its_dense_run(tmp_path):
    workspace = Workspace(tmp_path)
    ids = fill(workspace)
    store = Store(workspace.store_url)
    spec = CompeteSpec(data=ids["data"], dense=ids["dense"])
    run = finish(store, spec, {"dense": ids["dense"], "best": ids["magnitude-0.95"], "tried": []})
    store.delete(ids["dense"])
    assert sweep_family(store, run).dense is None
    store.close()


def test_the_best_is_named_with_its_sparsity_and_its_score():
    assert best_remark(point(0.7, 0.9), "Magnitude", 6) == (
        "The best of 6 pruned networks by validation images is Magnitude 90.0%, with a score of "
        "0.800 on the holdout."
    )
    assert best_remark(point(0.5, 0.9), "Magnitude", 1) == (
        "The pruned network is Magnitude 90.0%, with a score of 0 on the holdout."
    )


def test_a_cut_is_compared_on_its_own_images_or_says_that_it_is_not():
    cut = FirstCut("magnitude", 0.8, 0.76, 2)
    start = "Cut once, without retraining: Magnitude with 80.0% zeros classifies 76.0% of "
    assert cut_remark(cut, "Magnitude", 0.83, 250, 1250, alike=True) == (
        f"{start}250 validation images (of 1,250) correctly, the network before the cut 83.0%."
    )
    assert cut_remark(cut, "Magnitude", 0.83, 250, 1250, alike=False) == (
        f"{start}250 validation images (of 1,250) correctly, the network before the cut 83.0% of "
        "all 1,250."
    )
    few = cut_remark(cut, "Magnitude", 0.83, 250, 40, alike=False)  # there are no 250
    assert few == f"{start}40 validation images correctly, the network before the cut 83.0%."


def test_the_dense_network_is_introduced_by_its_size():
    assert remark(DENSE, None, "Dense").startswith("The dense network has 1,000 weights")


def test_an_imported_run_may_not_bring_a_program(tmp_path):
    path = tmp_path / "run.py"
    path.write_text("print(1)")
    with pytest.raises(UploadError, match="which no run makes"):
        check_file(path)


def test_a_recent_pruning_run_is_listed_with_its_score(lab):
    store, _ = lab
    words = {row.best for row in recent(store, 50) if row.job.kind == "prune"}
    assert "score 0.845" in words  # magnitude at 95 %: (0.74 + 0.95) / 2
    assert "45.0% accuracy" in words  # random at 95 % is below the threshold


def test_a_network_keeps_its_frontier_however_many_runs_came_since(lab):
    store, ids = lab
    for seed in range(320):
        plan = {"method": "magnitude", "sparsity": 0.5}
        store.submit(told("prune", {"data": ids["data"], "dense": "f" * 16, "plan": plan}), seed)
    assert len(family(store, ids["dense"]).points) == 6


def test_networks_that_are_known_are_not_read_again(lab, monkeypatch):
    """Five thousand of them took a second at each change, on Home and on Prune."""
    store, ids = lab
    known = NetworkList(store).now().networks
    own, whole = family(store, ids["dense"]), overview(store)
    states, asked = [], Store.jobs

    def counted(self, *given, **named):
        found = asked(self, *given, **named)
        states.extend(job.state for job in found)
        return found

    monkeypatch.setattr(Store, "jobs", counted)
    assert family(store, ids["dense"], known) == own
    assert overview(store, known) == whole
    assert "done" not in states


def test_a_federated_network_counts_as_federated_and_as_one_to_prune(lab):
    store, ids = lab
    before = overview(store)
    made = NetworkResult.from_json(store.get(ids["dense"]).result)
    result = FederatedNetworkResult(history="history.csv", **vars(made))
    finish(store, FederatedSpec(data=ids["data"], network="cnn"), result)
    after = overview(store)
    assert (after.federated, after.dense) == (before.federated + 1, before.dense + 1)
