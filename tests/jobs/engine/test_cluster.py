"""A real Dask scheduler, two real workers and a real PostgreSQL server, on loopback, by TLS."""

import contextlib
import os
import subprocess
import sys

import pytest

from core.jobs.engine import control
from core.jobs.store.store import Store
from core.workspace import Workspace
from tests.jobs.certificates import documented_commands, make_certificates
from tests.jobs.conftest import ROOT
from tests.jobs.postgres import free_port
from tests.jobs.told import told
from tests.jobs.watching import (
    assert_every_step_is_there_once,
    processes,
    runners,
    undisturbed,
    until,
)

pytestmark = pytest.mark.cluster
POINT = {"steps": 60, "pause": 0.05, "save_every": 5}
# Not at port 8787, which another cluster on this machine may have.
NO_PAGE = ("--no-dashboard", "--dashboard-address", "127.0.0.1:0")


class LoopbackCluster:
    """A scheduler and workers as separate processes that can be killed and started again."""

    def __init__(self, folder, environment):
        self._folder, self._environment = folder, environment
        self._port = free_port()
        self.address = f"tls://127.0.0.1:{self._port}"
        self._all = []
        self.scheduler = self.start_scheduler()
        self.workers = [self.start_worker(n) for n in range(2)]

    def start_scheduler(self):
        """Start the scheduler, always at the same address."""
        self.scheduler = self._start(
            ["scheduler", "--host", "127.0.0.1", "--port", str(self._port), *NO_PAGE]
        )
        return self.scheduler

    def start_worker(self, number):
        """Start a worker with a workspace of its own: the hosts share no folder."""
        home = self._folder / f"worker-{number}"
        home.mkdir(exist_ok=True)
        plain = ["--host", "127.0.0.1", *NO_PAGE, "--no-nanny", "--nthreads", "1"]
        return self._start(
            ["worker", self.address, *plain, "--local-directory", str(home)],
            PARETO_LAB_WORKER_HOME=str(home),
        )

    def close(self):
        """End everything."""
        for process in self._all:
            process.kill()
            process.wait()

    def _start(self, arguments, **more):
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments],
            env=os.environ | self._environment | more,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._all.append(process)
        return process


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """What protects every cluster here, in the environment of all that belongs to it."""
    return make_certificates(tmp_path_factory.mktemp("certificates") / "tls")


@pytest.fixture
def cluster(tmp_path, monkeypatch, postgres_url, certificates):
    """A cluster, and the environment that makes an engine use it."""
    home = tmp_path / "home"
    home.mkdir()
    environment = {
        "PARETO_LAB_TASKS": "tests.jobs.work:TASKS",
        "PARETO_LAB_STORE": postgres_url,
        "PARETO_LAB_ARTIFACTS": (tmp_path / "artifacts").as_uri(),
        "PYTHONPATH": str(ROOT),
        "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "60s",
        **certificates,
    }
    cluster = LoopbackCluster(tmp_path, environment)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", cluster.address)
    workspace, store = Workspace(home), Store(postgres_url)
    yield cluster, workspace, store
    with contextlib.suppress(Exception):
        control.stop(workspace)
    store.close()
    cluster.close()
    for folder in (home, tmp_path / "worker-0", tmp_path / "worker-1"):
        for process in processes(folder):
            process.kill()


def runners_of(cluster_folder):
    """Return the runners on both workers."""
    return [p for n in range(2) for p in runners(cluster_folder / f"worker-{n}")]


@pytest.mark.nightly  # kills of both are in tests/faults, too
def test_a_sweep_survives_the_loss_of_a_worker_and_of_the_scheduler(cluster, tmp_path):
    processes_, workspace, store = cluster
    id = store.submit(told("sweep", {"points": 8, **POINT}), 0)
    control.ensure(workspace)
    until(lambda: len(store.jobs(kind="descend", states=["running"])) == 2, 120)
    until(lambda: any(job.done > 10 for job in store.jobs(kind="descend")), 120)
    assert len(runners_of(tmp_path)) == 2  # one on each worker
    processes_.workers[0].kill()
    until(lambda: any(e.kind == "place lost" for e in store.events()), 120)
    processes_.workers[0] = processes_.start_worker(0)
    until(lambda: store.jobs(kind="descend", states=["running"]), 120)
    assert not store.get(id).ended
    processes_.scheduler.kill()
    until(lambda: control.status(workspace, store).note, 120)
    assert "Waiting for the Dask scheduler" in control.status(workspace, store).note
    processes_.start_scheduler()
    for number, worker in enumerate(processes_.workers):
        if worker.poll() is not None:
            processes_.workers[number] = processes_.start_worker(number)
    job = store.wait(id, 300)
    expected = [
        undisturbed("descend", POINT | {"pause": 0}, seed, tmp_path / "bare") for seed in range(8)
    ]
    assert job.result == {"points": expected, "states": ["done"] * 8}
    for point in store.jobs(kind="descend"):
        assert point.crashes == 0
        assert_every_step_is_there_once(store, point.id, POINT["steps"])
        # What workers made is where the pages look for it, though they share no folder.
        until(lambda id=point.id: (workspace.artifacts(id) / "weights.npy").is_file(), 30)


def test_a_killed_engine_finds_its_cluster_jobs_again(cluster, tmp_path):
    _, workspace, store = cluster
    settings = POINT | {"steps": 150}
    id = store.submit(told("descend", settings), 3)
    control.ensure(workspace)
    until(lambda: store.get(id).done > 10, 120)
    [process] = processes(workspace.root, "core.jobs.engine.daemon")
    process.kill()
    process.wait()
    control.ensure(workspace)
    job = store.wait(id, 120)
    assert (job.state, job.crashes) == ("done", 0)
    assert job.result == undisturbed("descend", settings | {"pause": 0}, 3, tmp_path / "bare")
    assert_every_step_is_there_once(store, id, settings["steps"])
    until(lambda: not runners_of(tmp_path), 60)


def test_a_network_made_on_one_worker_is_read_on_both(cluster, tmp_path):
    _, workspace, store = cluster
    dense = store.submit(told("network"), 0)
    control.ensure(workspace)
    assert store.wait(dense, 120).state == "done"
    ids = [store.submit(told("norm", {"dense": dense, "pause": 2.0}), seed) for seed in range(2)]
    results = [store.wait(id, 120).result for id in ids]
    assert {found["home"] for found in results} == {str(tmp_path / f"worker-{n}") for n in (0, 1)}
    assert results[0]["total"] == results[1]["total"]


def test_the_documented_certificates_protect_a_cluster(cluster):
    _, workspace, store = cluster
    assert len(documented_commands()) == 3
    id = store.submit(told("descend", {"steps": 5}), 0)
    control.ensure(workspace)
    assert store.wait(id, 120).state == "done"
    address = control.status(workspace, store).address
    assert address.startswith("tls://")
    refused = subprocess.run(
        [sys.executable, "-c", STRANGER, address], capture_output=True, text=True
    )
    assert refused.returncode != 0
    assert "ssl" in refused.stderr.lower()


def test_an_engine_told_of_an_unprotected_scheduler_says_so_and_starts_nothing(
    store, workspace, monkeypatch
):
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", "tcp://127.0.0.1:8786")
    id = store.submit(told("descend", {"steps": 5}), 0)
    control.ensure(workspace)
    note = until(lambda: control.status(workspace, store).note)
    assert "tcp://127.0.0.1:8786 is not protected" in note
    assert "tls:// address" in note
    assert store.get(id).state == "queued"


STRANGER = """
import os, sys
for name in [name for name in os.environ if name.startswith("DASK_")]:
    del os.environ[name]
from distributed import Client, Security
Client(sys.argv[1], timeout=5, security=Security(require_encryption=True, tls_client_cert=None))
"""
