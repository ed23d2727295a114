"""From the store to what pages and reports show, on a lab in which everything has run."""

from dataclasses import replace

import pytest

from core.data import store as datasets
from core.data.partition import Even
from core.errors import NotFoundError
from core.federated.spec import FederatedSpec
from core.jobs.store.store import Store
from core.report import notes
from core.report.evidence import gather
from core.report.report import answers
from core.runs import results
from core.runs.specs import spec_of
from core.workspace import Workspace
from tests.runs.finished_lab import CLASSES, PRUNED, federated_result, fill, finish
from tests.runs.histories import history


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    workspace = Workspace(tmp_path_factory.mktemp("lab"))
    ids = fill(workspace)
    store = Store(workspace.store_url)
    yield workspace, store, ids
    store.close()


def test_every_finished_network_is_a_point_with_its_jobs_id(lab) -> None:
    _, store, ids = lab
    found = {network.point.id: network for network in results.networks(store)}
    assert set(found) == {ids["dense"], *(ids[f"{m}-{s}"] for m, s, _ in PRUNED)}
    assert found[ids["random-0.95"]].point.parent == ids["dense"]
    assert results.networks(store, data="another") == []


def test_the_common_dense_network_of_two_pruned_ones_is_found(lab) -> None:
    _, store, ids = lab
    by_id = {network.job.id: network for network in results.networks(store)}
    chosen = [by_id[ids["magnitude-0.8"]], by_id[ids["l1_filter-0.95"]]]
    found = results.common_dense(chosen, by_id)
    assert found is not None
    assert found.job.id == ids["dense"]


def test_networks_of_two_families_have_no_common_dense_network(lab) -> None:
    _, store, ids = lab
    by_id = {network.job.id: network for network in results.networks(store)}
    alone = by_id[ids["magnitude-0.8"]]
    stranger = replace(alone, point=replace(alone.point, id="s", parent="gone"))
    stranger = replace(stranger, job=replace(alone.job, id="s"))
    assert results.common_dense([alone, stranger], by_id | {"s": stranger}) is None


def test_weights_that_were_deleted_are_asked_for_again(lab) -> None:
    workspace, store, _ids = lab
    network = results.networks(store)[0]
    gone = replace(network, job=replace(network.job, id="gone"))
    with pytest.raises(NotFoundError, match="Run it again"):
        results.weights_path(gone, workspace)
    assert results.weights_path(network, workspace).is_file()


def test_a_format_that_is_not_offered_is_explained(lab) -> None:
    _, store, ids = lab
    job = store.get(ids["magnitude-0.95"])
    network = results.network_of(job)
    assert results.not_offered(network) == ""
    refused = {**job.result, "compact": {"tflite_refused": "It predicts differently."}}
    told = replace(network, job=replace(job, result=refused))
    assert results.not_offered(told) == "It predicts differently."
    both = {"compact": {"tflite_refused": "Not LiteRT.", "onnx_refused": "Not ONNX."}}
    told = replace(network, job=replace(job, result={**job.result, **both}))
    assert results.not_offered(told) == "Not LiteRT. Not ONNX."


def test_a_deleted_data_set_leaves_numbered_classes(lab) -> None:
    workspace, store, _ids = lab
    network = results.networks(store)[0]
    assert results.class_names_of(workspace, network) == CLASSES
    orphan = replace(network, job=replace(network.job, settings={"data": "gone"}))
    assert results.class_names_of(workspace, orphan)[0] == "class 1"


def test_evidence_brings_the_dense_network_of_a_pruned_one(lab) -> None:
    workspace, store, ids = lab
    evidence = gather(store, workspace, [ids["magnitude-0.95"]], "One")
    assert [p.method for p in evidence.points] == ["dense", "magnitude"]
    assert [run.kind for run in evidence.runs] == ["train", "prune"]
    assert evidence.runs[0].data == f"tiny garments ({ids['data']})"


def test_networks_on_other_data_are_left_out_and_that_is_said(tmp_path) -> None:
    workspace = Workspace(tmp_path)
    fill(workspace)
    store = Store(workspace.store_url)
    one = next(n for n in results.networks(store) if n.point.method == "random")
    spec = replace(spec_of(one.job), data="feedfeedfeedfeed")
    stray = finish(store, spec, one.job.result)
    everything = [job.id for job in store.jobs()]
    evidence = gather(store, workspace, everything, "All")
    store.close()
    assert stray not in {point.id for point in evidence.points}
    assert evidence.remark.startswith("Networks on other data sets are left out (1)")


def test_the_reports_numbers_are_the_stores_numbers(lab) -> None:
    workspace, store, _ = lab
    evidence = gather(store, workspace, [job.id for job in store.jobs()], "All")
    for point in evidence.points:
        kept = store.get(point.id).result["point"]
        assert (point.accuracy, point.zeros, point.seed) == (
            kept["accuracy"],
            kept["zeros"],
            kept["seed"],
        )
    best = max(evidence.points, key=lambda p: p.score)
    comparison = answers(evidence)[1]
    assert f"score on the holdout is {best.score:.4f}" in " ".join(comparison.sentences)


def test_federated_rows_keep_everything_that_was_measured(lab) -> None:
    workspace, store, _ = lab
    job = store.jobs(kind="federate")[0]
    found = results.history_of(job, workspace)
    assert found is not None
    assert found.rows[1]["drift"] == 1.5
    assert "drift" not in found.rows[0]


def test_history_csv_is_read_with_empty_cells_left_out() -> None:
    text = "round,train_loss,drift\n0,1.5,\n1,1.25,0.5\n"
    assert results.read_history(text) == [
        {"round": 0.0, "train_loss": 1.5},
        {"round": 1.0, "train_loss": 1.25, "drift": 0.5},
    ]


def test_an_unknown_run_is_a_friendly_error(lab) -> None:
    workspace, store, _ = lab
    with pytest.raises(NotFoundError, match="Runs page"):
        gather(store, workspace, ["../../etc"], "None")


def test_notes_are_kept_and_empty_ones_forgotten(tmp_path) -> None:
    notes.save(tmp_path, "abc", {"1.3.1": "Mine.", "1.3.2": "  "})
    assert notes.load(tmp_path, "abc") == {"1.3.1": "Mine."}
    assert notes.load(tmp_path, "other") == {}


def test_stored_data_sets_are_called_by_name_and_deleted_ones_by_digest(lab) -> None:
    workspace, _, ids = lab
    names = results.data_names(workspace, [ids["data"], "feedfeedfeedfeed"])
    assert names[ids["data"]] == datasets.load(workspace, ids["data"]).name
    assert names["feedfeedfeedfeed"] == "deleted data set feedfeed"


def test_federated_runs_on_other_data_are_left_out_and_said(lab):
    workspace, store, ids = lab
    images = FederatedSpec(data=ids["data"], partition=Even())
    finish(store, images, federated_result(history("a", [0.1, 0.5])))
    evidence = gather(store, workspace, [job.id for job in store.jobs()], "All")
    assert "Federated runs on other data sets are left out (1)" in evidence.remark
    assert {h.data for h in evidence.histories} == {"iid", "synthetic:1,1"}
