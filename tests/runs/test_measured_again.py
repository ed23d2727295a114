"""A zip's network, measured again here by the engine: from its own weights, on the images here."""

import json
import zipfile
from pathlib import Path

import pytest

from core.data import store as datasets
from core.evaluation.point import Origin, measure
from core.evaluation.results import NetworkResult
from core.jobs.engine import control
from core.jobs.store.store import Store
from core.jobs.transfer.bundle import export_run
from core.jobs.transfer.bundle_import import import_run
from core.networks.formats import keras_h5
from core.networks.network import REFERENCE, NetworkShape, Weights
from core.networks.prepare import prepare
from core.report.evidence import gather
from core.report.report import answers, render
from core.runs import imported
from core.runs.activity import overview
from core.runs.finished.networks import network_of
from core.runs.import_checks import check_file, check_run, measured_from_file
from core.runs.specs import resources_of
from core.training.spec import ImportSpec
from core.workspace import Workspace
from tests import odd_bundles
from tests.runs.finished_lab import dataset, fill, finish, pruned_weights

FORGED = odd_bundles.FORGED
pytestmark = pytest.mark.slow  # an engine, and every page's store


def computed_elsewhere(root: Path) -> tuple[Path, str, Weights]:
    """Return the zip of a network that was truly measured, its run, and its weights."""
    workspace = Workspace(root)
    data = datasets.save(workspace, dataset())
    shape = NetworkShape(REFERENCE.input_shape, 5)
    weights = pruned_weights(0.9, 3)
    file = root / "w.h5"
    keras_h5.write(file, weights)
    prepared = prepare(datasets.load(workspace, data), shape)
    point = measure(file, shape, prepared, Origin(id="x", label="theirs"))
    store = Store(workspace.store_url)
    spec = ImportSpec(data=data, weights=keras_h5.keep(workspace.weights, weights), name="w.h5")
    run = finish(store, spec, NetworkResult(weights="w.h5", shape=shape, point=point))
    workspace.artifacts(run).mkdir(parents=True, exist_ok=True)
    file.rename(workspace.artifacts(run) / "w.h5")
    exported = export_run(store, workspace, run, root / "run.zip")
    store.close()
    return exported, run, weights


def forged(path: Path, run: str) -> Path:
    """Return the zip with an accuracy and a score that nobody measured."""
    name, target = f"runs/{run}/run.json", path.with_name("forged.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for member in old.namelist():
            content = old.read(member)
            if member == name:
                record = json.loads(content)
                lies = {"accuracy": FORGED, "validation_accuracy": FORGED, "score": FORGED}
                record["result"]["point"] |= lies
                content = json.dumps(record).encode()
            new.writestr(member, content)
    return target


def test_an_imported_network_gets_the_accuracy_that_its_weights_have_here(tmp_path, monkeypatch):
    monkeypatch.delenv("PARETO_LAB_STORE", raising=False)
    bundle, run, weights = computed_elsewhere(tmp_path / "there")
    here = Workspace(tmp_path / "here")
    data = datasets.save(here, dataset())
    store = Store(here.store_url)
    content = forged(bundle, run)
    done = import_run(store, here, content, check_file, resources_of, check_run, measured_from_file)
    claimed = network_of(store.get(done.run)).point
    assert (claimed.accuracy, claimed.imported) == (FORGED, True)
    [spec] = imported.to_measure(store, here, done.added)
    measuring = store.submit(spec, 0)
    control.ensure(here)
    try:
        job = store.wait(measuring, 240)
    finally:
        control.stop(here)
    assert (job.state, job.error, job.imported) == ("done", None, False)
    found = network_of(job).point
    kept = keras_h5.read(here.artifacts(measuring) / "dense.h5")
    assert all((kept[name] == array).all() for name, array in weights.items())
    truth = json.loads(zipfile.ZipFile(bundle).read(f"runs/{run}/run.json"))["result"]["point"]
    for name in ("accuracy", "validation_accuracy", "score", "sparsity", "zeros"):
        assert getattr(found, name) == truth[name], name
    assert found.accuracy < FORGED
    assert spec.data == data
    # The claim is shown and marked; what counts is what was measured here.
    evidence = gather(store, here, [done.run, measuring], "Both")
    assert [point.id for point in evidence.points] == [measuring]
    store.close()


def test_a_report_lists_imported_runs_marked_and_computes_nothing_from_them(tmp_path):
    workspace = Workspace(tmp_path)
    ids = fill(workspace)
    store = Store(workspace.store_url)
    before = gather(store, workspace, [job.id for job in store.jobs()], "All")
    for content in (
        odd_bundles.odd_ones(ids["data"], ids["dense"], tmp_path)[name]
        for name in ("forged score", "labels alone")
    ):
        import_run(store, workspace, content, check_file, resources_of, check_run)
    evidence = gather(store, workspace, [job.id for job in store.jobs()], "All")
    assert evidence.points == before.points
    assert evidence.histories == before.histories
    marked = [run for run in evidence.runs if run.state == "done, imported"]
    assert len(marked) == 2
    assert "2 imported runs of others' machines" in evidence.remark
    assert "done, imported" in render(evidence)
    assert [a.sentences for a in answers(evidence)] == [a.sentences for a in answers(before)]
    assert not overview(store).best.imported
    store.close()
