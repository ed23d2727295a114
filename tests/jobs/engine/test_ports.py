"""What other people on this machine can reach of an engine: nothing."""

import json
import os
import subprocess
import sys

import psutil
import pytest

from tests.jobs.conftest import ROOT
from tests.jobs.told import told
from tests.jobs.watching import processes

pytestmark = pytest.mark.slow  # processes

# In a network of its own, so that what other programs do on this machine does not matter. As a
# network without loopback it also shows that jobs need none.
ALONE = """
import json, pathlib, subprocess, sys
from core.jobs.engine import control
from core.jobs.store.store import Store
from core.workspace import Workspace
from tests.jobs.told import told

workspace = Workspace(pathlib.Path(sys.argv[1]))
store = Store(workspace.store_url)
id = store.submit(told("descend", {"steps": 100, "pause": 0.05}), 0)
control.ensure(workspace)
while store.get(id).done < 5 and not store.get(id).ended:
    pass
look = subprocess.run(json.loads(sys.argv[2]), capture_output=True, text=True)
store.stop(id)
state = store.wait(id, 60).state
control.stop(workspace)
print(json.dumps({"open": look.stdout, "error": look.stderr, "state": state}))
"""
# Who looks, then every socket of this network.
LOOK = "id -u; tail -q -n +2 /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6"
LISTENS = ("0A", "07")  # the states of TCP sockets that listen, and of UDP sockets that are bound


def test_an_engine_at_work_and_its_runners_listen_on_no_port(lab, workspace):
    id = lab.submit(told("descend", {"steps": 100, "pause": 0.05}), 0)
    preview = lab.wait(lab.submit(told("preview", {"value": 1}), 0), 60)
    assert preview.result["twice"] == 2
    found = processes(workspace.root)
    assert len(found) >= 2
    sockets = [socket for process in found for socket in process.net_connections("inet")]
    assert [socket for socket in sockets if socket.status == psutil.CONN_LISTEN] == []
    lab.stop(id, force=True)
    lab.wait(id, 60)


def test_a_second_user_of_the_machine_finds_no_port(workspace, second_user):
    look = [*second_user, "sh", "-c", LOOK]
    ran = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", ALONE, str(workspace.root), json.dumps(look)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    uid, *sockets = found["open"].splitlines()
    assert (found["error"], int(uid) != os.getuid()) == ("", True)
    assert [socket for socket in sockets if socket.split()[3] in LISTENS] == []
    assert found["state"] == "stopped"
