"""What a report is made of, gathered from a lab in which everything has run."""

from dataclasses import replace

import pytest

from core.data.partition import Even
from core.errors import NotFoundError
from core.federated.spec import FederatedSpec
from core.jobs.store.store import Store
from core.report import notes
from core.report.evidence import gather
from core.report.report import answers
from core.runs.finished import networks
from core.runs.specs import spec_of
from core.workspace import Workspace
from tests.runs.finished_lab import federated_result, fill, filled, finish
from tests.runs.histories import history


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with filled(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


def test_evidence_brings_the_dense_network_of_a_pruned_one(lab) -> None:
    workspace, store, ids = lab
    evidence = gather(store, workspace, [ids["magnitude-0.95"]], "One")
    assert [p.method for p in evidence.points] == ["dense", "magnitude"]
    assert [run.kind for run in evidence.runs] == ["train", "prune"]
    assert evidence.runs[0].data == f"tiny garments ({ids['data']})"


def test_a_report_is_made_of_a_pruned_network_whose_dense_one_was_deleted(tmp_path) -> None:
    workspace = Workspace(tmp_path)
    ids = fill(workspace)
    store = Store(workspace.store_url)
    store.delete(ids["dense"])
    evidence = gather(store, workspace, [ids["magnitude-0.95"]], "One")
    store.close()
    assert [p.method for p in evidence.points] == ["magnitude"]
    assert answers(evidence)


def test_networks_on_other_data_are_left_out_and_that_is_said(tmp_path) -> None:
    workspace = Workspace(tmp_path)
    fill(workspace)
    store = Store(workspace.store_url)
    one = next(n for n in networks.measured_networks(store) if n.point.method == "random")
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


def test_an_unknown_run_is_a_friendly_error(lab) -> None:
    workspace, store, _ = lab
    with pytest.raises(NotFoundError, match="Runs page"):
        gather(store, workspace, ["../../etc"], "None")


def test_notes_are_kept_and_empty_ones_forgotten(tmp_path) -> None:
    notes.save(tmp_path, "abc", {"1.3.1": "Mine.", "1.3.2": "  "})
    assert notes.load(tmp_path, "abc") == {"1.3.1": "Mine."}
    assert notes.load(tmp_path, "other") == {}


def test_federated_runs_on_other_data_are_left_out_and_said(lab):
    workspace, store, ids = lab
    images = FederatedSpec(data=ids["data"], partition=Even())
    finish(store, images, federated_result(history("a", [0.1, 0.5])))
    evidence = gather(store, workspace, [job.id for job in store.jobs()], "All")
    assert "Federated runs on other data sets are left out (1)" in evidence.remark
    assert {h.data for h in evidence.histories} == {"iid", "synthetic:1,1"}
