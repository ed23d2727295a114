"""Exports are read back with the real packages."""

import subprocess
import sys
import time

import pytest

from core.errors import JobError
from core.jobs.transfer.exports import flat, to_mlflow, to_tensorboard
from tests.jobs.conftest import ROOT
from tests.jobs.finished import finish
from tests.jobs.told import told

SETTINGS = {"steps": 4}


@pytest.fixture
def run(store, workspace):
    """The id of a finished run with four steps."""
    return finish(store, workspace, "descend", SETTINGS, 1)


@pytest.mark.slow
def test_tensorboard_shows_the_same_values(run, store, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for _ in range(2):
        [folder] = to_tensorboard(store, [run], tmp_path / "tensorboard")
    assert [path.name for path in folder.parent.iterdir()] == [f"descend-{run}"]
    shown = EventAccumulator(str(folder)).Reload()
    for key, points in store.metrics(run).items():
        scalars = shown.Scalars(key)
        assert [scalar.step for scalar in scalars] == [1, 2, 3, 4]
        assert [s.value for s in scalars] == pytest.approx([value for _, value in points])
        assert scalars[-1].wall_time == pytest.approx(store.get(run).finished)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")  # MLflow's own
def test_mlflow_has_the_run_once_with_values_settings_and_files(
    run, store, workspace, tmp_path, monkeypatch
):
    from mlflow.tracking import MlflowClient

    monkeypatch.chdir(tmp_path)  # MLflow keeps files in ./mlruns
    address = f"sqlite:///{tmp_path / 'mlflow.db'}"
    first = to_mlflow(store, workspace, [run], address)
    assert to_mlflow(store, workspace, [run], address) == first
    client = MlflowClient(address)
    [experiment] = [e for e in client.search_experiments() if e.name == "Pareto Lab"]
    [there] = client.search_runs([experiment.experiment_id])
    assert there.info.status == "FINISHED"
    assert there.data.params == {"kind": "descend", "seed": "1", "steps": "4"}
    for key, points in store.metrics(run).items():
        history = client.get_metric_history(first[0], key)
        assert [(m.step, m.value) for m in sorted(history, key=lambda m: m.step)] == points
    assert [file.path for file in client.list_artifacts(first[0])] == ["weights.npy"]


def test_a_run_at_work_is_not_exported(store, workspace, tmp_path):
    id = store.submit(told("descend", SETTINGS), 1)
    with pytest.raises(JobError, match="has not ended yet"):
        to_tensorboard(store, [id], tmp_path)
    with pytest.raises(JobError, match="has not ended yet"):
        to_mlflow(store, workspace, [id])


def test_without_a_server_the_variable_is_named(run, store, workspace, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(JobError, match="MLFLOW_TRACKING_URI"):
        to_mlflow(store, workspace, [run])


@pytest.mark.slow
@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9", "http://nowhere.invalid", "gopher://x", "http://[::1", "a b"]
)
def test_a_server_that_is_not_there_is_told_as_a_sentence_soon(
    run, store, workspace, address, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    started = time.monotonic()
    with pytest.raises(JobError) as told:
        to_mlflow(store, workspace, [run], address)
    assert f"MLflow server at {address} does not take" in str(told.value)
    assert "\n" not in str(told.value)
    assert time.monotonic() - started < 60  # MLflow itself tries for minutes


@pytest.mark.slow
def test_no_password_of_an_mlflow_server_is_shown(run, store, workspace, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(JobError) as told:
        to_mlflow(store, workspace, [run], "http://anna:secret@127.0.0.1:9/?key=secret")
    assert "MLflow server at http://127.0.0.1:9/ does not take" in str(told.value)
    assert "secret" not in str(told.value)


FULL = """
import resource, signal, sys
from pathlib import Path
from core.errors import LabError
from core.jobs.store.store import Store
from core.jobs.transfer.exports import to_tensorboard
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))  # as a full disk
try:
    to_tensorboard(store, [sys.argv[2]], Path(sys.argv[3]))
except LabError as error:
    print(error)
"""


@pytest.mark.slow
def test_a_full_disk_leaves_the_events_that_were_there_and_no_stub(run, store, tmp_path):
    [folder] = to_tensorboard(store, [run], tmp_path / "events", umask=0o022)
    [events] = folder.iterdir()
    before = events.read_bytes()
    assert (folder.stat().st_mode & 0o777, events.stat().st_mode & 0o777) == (0o755, 0o644)
    command = [sys.executable, "-c", FULL, store.url, run, str(tmp_path / "events")]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ran.stdout.startswith(f"{folder} could not be written (File too large). Free some disk")
    assert ran.stderr == ""
    assert list((tmp_path / "events").rglob("*")) == [folder, events]
    assert events.read_bytes() == before


def test_nested_settings_become_flat_names():
    settings = {"data": "abc", "plan": {"method": "snip", "rates": [1, 2], "deep": {"x": None}}}
    assert flat(settings) == {
        "data": "abc",
        "plan/method": "snip",
        "plan/rates": "[1, 2]",
        "plan/deep/x": "null",
    }
