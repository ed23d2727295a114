"""What version 0.1 left behind is listed, read, shown and imported, under the ids it has there."""

import io
import json
import lzma
import sqlite3
import tarfile
import zipfile
from functools import cache
from pathlib import Path

import pytest

from core.errors import StoreError
from core.evaluation.results import NetworkResult
from core.federated.results import FederatedResult
from core.grading.leaderboard import board_of, gradings
from core.jobs.engine.lock import FileLock
from core.jobs.store.job import DONE
from core.jobs.store.lease import Lease
from core.jobs.store.schema import MIGRATIONS
from core.jobs.store.store import Store, identity
from core.jobs.transfer.bundle import export_run
from core.jobs.transfer.bundle_import import import_run
from core.records import FORMAT
from core.report.evidence import gather
from core.runs.activity import counts, family, overview, recent, sweep_family, top_level
from core.runs.finished import histories, network_files, networks
from core.runs.import_checks import check_file
from core.runs.setting_rows import run_settings
from core.runs.specs import RECORDS, data_of, resources_of, result_of, source_of, spec_of
from core.runs.titles import UNKNOWN, job_title, names_of
from core.workspace import Workspace

FIXTURE = Path(__file__).parents[1] / "fixtures" / "version_0_1"
ZIPS = ("pruned", "sweep", "federated")


@cache
def as_tar() -> bytes:
    return lzma.decompress((FIXTURE / "workspace.tar.xz").read_bytes())


def unpacked(folder: Path) -> Workspace:
    """Return a fresh copy of the workspace as version 0.1 left it."""
    with tarfile.open(fileobj=io.BytesIO(as_tar())) as archive:
        archive.extractall(folder, filter="data")
    return Workspace(folder / "workspace")


NEWER = {"federated_grid", "forgetting", "forgotten"}  # kinds of run that version 0.1 did not have


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    workspace = unpacked(tmp_path_factory.mktemp("old"))
    store = Store(workspace.store_url)
    yield workspace, store
    store.close()


def test_the_workspace_holds_a_run_of_every_kind(old):
    assert {job.kind for job in old[1].jobs()} == set(RECORDS) - NEWER


def test_every_run_is_told_and_left_what_its_records_say(old):
    """The specs' own JSON gives the stored ids, so nothing is computed a second time."""
    for job in old[1].jobs():
        spec = spec_of(job)
        assert spec.kind == job.kind
        assert spec.to_json() == job.settings
        assert identity(spec, job.seed) == job.id
        assert spec.resources == resources_of(job.spec)
        assert (result_of(job) is None) == (job.state != DONE)


def test_results_say_what_they_said(old):
    for job in old[1].jobs(states=[DONE]):
        result = result_of(job)
        written = json.loads(json.dumps(result.to_json()))
        for grade in written.get("grades", ()):
            assert grade.pop("findings") == []  # no doctor looked at them then
        if job.kind not in ("behaviour", "preview"):  # under other names today
            assert written == job.result, job.kind
        if isinstance(result, NetworkResult):
            assert result.point.accuracy == job.result["point"]["accuracy"]
        if isinstance(result, FederatedResult):
            assert result.rows[-1]["train_loss"] == job.result["rows"][-1]["train_loss"]


def test_every_run_has_a_title_and_readable_settings(old):
    workspace, store = old
    jobs = store.jobs()
    names = names_of(store, workspace, jobs)
    titles = {job.id: job_title(job, names) for job in jobs}
    assert not [title for title in titles.values() if UNKNOWN in title]
    assert len(set(titles.values())) > 15
    by_kind = {job.kind: titles[job.id] for job in jobs}
    assert by_kind["sweep"].startswith("Sweep: Magnitude, ThiNet at 98.5%, 1 epoch · from")
    name = "Federated network: FedAvg (1 local epoch, the CNN"
    assert by_kind["federate_network"].startswith(name)
    for job in jobs:
        assert run_settings(job, names)[0][0] != "settings"


def test_lists_families_and_the_leaderboard_read_it(old):
    _, store = old
    assert len(top_level(store, (), 100)) == sum(counts(store).values())
    (sweep,) = store.jobs(kind="sweep")
    assert len(sweep_family(store, sweep.id).points) == 2
    assert len(family(store, source_of(sweep)).points) == 5
    assert overview(store).federated == 5
    assert len(recent(store, 100)) == len(top_level(store, (), 100))
    (grading,) = store.jobs(kind="grade")
    assert board_of(gradings(store, data_of(grading)), grading)


def test_a_report_is_made_of_it(old):
    workspace, store = old
    evidence = gather(store, workspace, [job.id for job in store.jobs()], "Old")
    assert len(evidence.points) >= 6
    assert evidence.histories


def test_weights_and_histories_are_where_they_were(old):
    workspace, store = old
    for network in networks.measured_networks(store):
        assert network_files.weights_path(network, workspace).is_file()
    found = [histories.history_of(job, workspace) for job in store.jobs(states=[DONE])]
    assert sum(history is not None for history in found) == 5


@pytest.mark.parametrize("name", ZIPS)
def test_a_zip_of_version_0_1_is_imported_under_its_ids(tmp_path, name):
    workspace = Workspace(tmp_path)
    store = Store(workspace.store_url)
    path = FIXTURE / f"{name}.zip"
    done = import_run(store, workspace, path, check_file, resources_of)
    with zipfile.ZipFile(path) as archive:
        assert set(done.added) == set(json.loads(archive.read("bundle.json"))["runs"])
    for job in store.jobs():
        assert (job.spec_format, job.result_format) == (1, 1)
        assert identity(spec_of(job), job.seed) == job.id
        assert job.resources == spec_of(job).resources
        assert result_of(job) is not None
    store.close()


def test_what_is_exported_again_says_its_forms_and_comes_back_alike(old, tmp_path):
    workspace, store = old
    (behaviour,) = store.jobs(kind="behaviour")
    path = export_run(store, workspace, behaviour.id, tmp_path / "again.zip")
    there = Workspace(tmp_path / "there")
    there.root.mkdir()
    other = Store(there.store_url)
    import_run(other, there, path, check_file, resources_of)
    assert result_of(other.get(behaviour.id)) == result_of(behaviour)
    with zipfile.ZipFile(path) as archive:
        record = json.loads(archive.read(f"runs/{behaviour.id}/run.json"))
    assert (record["spec_format"], record["result_format"]) == (1, 1)
    other.close()


def test_a_new_result_in_an_old_workspace_is_of_todays_form(tmp_path):
    """A run of version 0.1 that was not finished there is finished here."""
    workspace = unpacked(tmp_path)
    store = Store(workspace.store_url)
    (failed,) = store.jobs(states=["failed"])
    with store.database.write() as connection:
        connection.exec_driver_sql(
            f"UPDATE job SET state = 'running', attempt = 7 WHERE id = '{failed.id}'"
        )
    Lease(store.database, failed.id, 7).settle("done", {"weights": "dense.h5"})
    found = store.get(failed.id)
    assert (found.spec_format, found.result_format) == (1, FORMAT)
    store.close()


def test_the_migration_keeps_every_row_and_asks_the_old_engine_to_leave(tmp_path):
    workspace = unpacked(tmp_path)
    database = workspace.root / "jobs.db"
    with sqlite3.connect(database) as connection:
        columns = "id, kind, seed, state, settings, result, demand, losses, crashes"
        before = connection.execute(f"SELECT {columns} FROM job ORDER BY sequence").fetchall()
        connection.execute("INSERT INTO engine VALUES ('me', 'here', 5, 0, '', '')")
    connection.close()
    Store(workspace.store_url).close()
    with sqlite3.connect(database) as connection:
        columns = "id, kind, seed, state, settings, result, resources, worker_losses, crashes"
        after = connection.execute(f"SELECT {columns} FROM job ORDER BY sequence").fetchall()
        assert connection.execute("SELECT leave FROM engine").fetchall() == [(1,)]
        assert connection.execute("SELECT version FROM schema_version").fetchall() == [
            (len(MIGRATIONS) + 1,)
        ]
    connection.close()
    assert after == before
    Store(workspace.store_url).close()  # once more: nothing is left to do


def test_a_store_of_a_newer_version_is_refused_with_the_remedy(tmp_path):
    workspace = unpacked(tmp_path)
    with sqlite3.connect(workspace.root / "jobs.db") as connection:
        connection.execute("UPDATE schema_version SET version = 99")
    connection.close()
    with pytest.raises(StoreError, match="Update Pareto Lab"):
        Store(workspace.store_url)


def test_the_engine_lock_of_an_old_workspace_is_free(tmp_path):
    lock = FileLock(unpacked(tmp_path).engine_lock)
    assert lock.acquire()
    lock.release()
