"""Confined children that read uploads, forked from a process that has imported NumPy already.

Hundreds of odd files are read, each by a child of its own, with all its limits. To start Python and
import NumPy takes ten times as long as to read; `tests/archives/test_sandbox.py` has real starts.
"""

import importlib
import json
import os
import select
import socket
import struct
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.archives import child, child_process

LARGEST_REQUEST = 1 << 16
NUMBER = struct.Struct("i")


class WarmChild:
    """As much of `subprocess.Popen` as `execute` uses, for a child that the server forks."""

    def __init__(self, server: subprocess.Popen, line: socket.socket, request: dict, **how: Any):
        self._line, self._status = line, None
        about = {"request": request | {"parent": server.pid}, "cwd": str(how["cwd"])}
        content = json.dumps(about | {"env": how["env"]}).encode()
        assert len(content) < LARGEST_REQUEST
        socket.send_fds(line, [content], [how["stdin"].fileno(), how["stdout"].fileno()])
        self.pid = _number(line)

    def wait(self, timeout: float | None = None) -> int:
        if self._status is None:
            if not select.select([self._line], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("a warm child", timeout)
            self._status = _number(self._line)
        return self._status

    def poll(self) -> int | None:
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None


@contextmanager
def warm_children(folder: Path) -> Iterator[None]:
    """Fork what `execute` would start, from a server that works in the empty `folder`.

    Only on Linux, which confines children; elsewhere each is started as ever.
    """
    if sys.platform != "linux":
        yield
        return
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-P", "-m", "tests.inputs.warm_children", str(its.fileno())]
    env = child_process.environment(folder)
    server = subprocess.Popen(command, cwd=folder, env=env, pass_fds=[its.fileno()])
    its.close()

    def popen(command: list[str], **how: Any) -> WarmChild:
        request = json.loads((how["cwd"] / child.REQUEST).read_text("utf-8"))
        return WarmChild(server, ours, request, **how)

    with pytest.MonkeyPatch.context() as patch:
        known = SimpleNamespace(Popen=popen, TimeoutExpired=subprocess.TimeoutExpired)
        patch.setattr(child_process, "subprocess", known)
        yield
    ours.close()  # the server ends
    server.wait(60)


def _number(line: socket.socket) -> int:
    return NUMBER.unpack(line.recv(NUMBER.size))[0]


def _serve(line: socket.socket) -> None:
    while True:
        content, fds, *_ = socket.recv_fds(line, LARGEST_REQUEST, 2)
        if not content:
            return
        told = json.loads(content)
        importlib.import_module(told["request"]["reader"].partition(":")[0])
        pid = os.fork()
        if pid == 0:
            _become_child(told, fds, line)
        for each in fds:
            os.close(each)
        line.send(NUMBER.pack(pid))
        line.send(NUMBER.pack(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])))


def _become_child(told: dict[str, Any], fds: list[int], line: socket.socket) -> None:
    status = 1
    try:
        os.setsid()
        line.close()
        os.chdir(told["cwd"])
        os.environ.clear()
        os.environ.update(told["env"])
        for source, target in ((fds[0], 0), (fds[1], 1), (fds[1], 2)):
            os.dup2(source, target)
        os.closerange(3, max(fds) + 1)
        child._child(told["request"])
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
