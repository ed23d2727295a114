"""Files of runs reach hosts that share no folder, through any place fsspec knows."""

import os
from dataclasses import replace

import numpy as np
import pytest

from core.errors import NotFoundError, StoreError
from core.jobs.runner.checkpoint import CheckpointFolder
from core.jobs.runner.context import Context
from core.jobs.runner.remote_files import Mirror, give_inputs, open_mirror, take_inputs
from core.jobs.store.store import Store
from core.progress import Silent
from core.tasks.inputs import network, open_network
from core.workspace import Workspace
from tests.jobs.finished import finish


@pytest.fixture
def hosts(tmp_path):
    """Two workspaces that share nothing."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    return Workspace(tmp_path / "one"), Workspace(tmp_path / "two")


@pytest.fixture(params=["folder", "memory"])
def mirror(request, tmp_path):
    """A mirror in a plain folder, and one behind a URL."""
    return Mirror(str(tmp_path / "m") if request.param == "folder" else f"memory://{tmp_path.name}")


def test_results_of_one_host_are_found_on_another(hosts, mirror):
    one, two = hosts
    folder = one.artifacts("a" * 16)
    (folder / "plots").mkdir(parents=True)
    (folder / "dense.h5").write_bytes(b"weights")
    (folder / "plots" / "loss.png").write_bytes(b"picture")
    mirror.put_folder(one, folder)
    mirror.fetch_folder(two, two.artifacts("a" * 16))
    assert (two.artifacts("a" * 16) / "dense.h5").read_bytes() == b"weights"
    assert (two.artifacts("a" * 16) / "plots" / "loss.png").read_bytes() == b"picture"


def test_a_checkpoint_written_on_one_host_is_resumed_on_another(hosts, mirror):
    one, two = (CheckpointFolder(host, "a" * 16, mirror) for host in hosts)
    pointer = one.write("1-1.npz", {"step": 3})
    assert int(two.read(pointer)["step"]) == 3
    one.collect([], attempt=1)
    (two.folder / "1-1.npz").unlink()
    assert two.read(pointer) is None


def test_what_jobs_start_from_is_given_to_workers(hosts, mirror):
    one, two = hosts
    (one.datasets / "abc.npz").write_bytes(b"images")
    give_inputs(mirror, one)
    take_inputs(mirror, two)
    assert (two.datasets / "abc.npz").read_bytes() == b"images"


def context(workspace, mirror=None):
    folder = workspace.artifacts("b" * 16)
    return Context("b" * 16, "prune", {}, 0, Silent(), workspace, folder, None, mirror)


def test_a_task_finds_what_another_job_made_elsewhere(hosts, mirror):
    one, two = hosts
    path = one.artifacts("a" * 16) / "dense.h5"
    path.parent.mkdir()
    path.write_bytes(b"weights")
    mirror.put(one, path)
    assert context(two, mirror).artifact("a" * 16, "dense.h5").read_bytes() == b"weights"
    with pytest.raises(NotFoundError, match=r"has no file other\.h5"):
        context(two, mirror).artifact("a" * 16, "other.h5")


def test_a_network_made_on_one_host_is_read_on_another(hosts, mirror):
    one, two = hosts
    store = Store(one.store_url)
    id = finish(store, one, "network", {}, 0)
    mirror.put_folder(one, one.artifacts(id))
    elsewhere = replace(context(two, mirror), store=store)
    made, found = open_network(store, one, id), network(elsewhere, id)
    store.close()
    assert all(np.array_equal(found.weights[name], made.weights[name]) for name in made.weights)


def test_a_name_that_leads_out_of_the_run_is_not_found(hosts):
    one, _ = hosts
    (one.root / "secret").write_bytes(b"secret")
    one.artifacts("a" * 16).mkdir()
    with pytest.raises(NotFoundError):
        context(one).artifact("a" * 16, "../../secret")


def test_an_address_nobody_serves_is_refused(monkeypatch):
    monkeypatch.setenv("PARETO_LAB_ARTIFACTS", "nothing://bucket")
    with pytest.raises(StoreError, match="PARETO_LAB_ARTIFACTS is 'nothing://bucket'"):
        open_mirror()
    monkeypatch.delenv("PARETO_LAB_ARTIFACTS")
    assert open_mirror() is None
    assert "PARETO_LAB_ARTIFACTS" not in os.environ
