"""Start, ask and end the engine of a workspace; what pages and the command line call."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]

from core.errors import JobError
from core.jobs import logs
from core.jobs.engine.lock import is_held
from core.jobs.engine.supervisor import end_runners
from core.jobs.engine.watch import EngineWatch
from core.jobs.store.database import StoreBusy
from core.jobs.store.dispatch import ask_to_leave, engines, location_name
from core.jobs.store.store import Store
from core.processes import module_command, module_variables
from core.workspace import Workspace

START_SECONDS = 20.0
LEAVE_SECONDS = 20.0
FROZEN_SECONDS = 5.0  # without a sign of life, while it is asked to end
KILL_SECONDS = 10.0
ENGINE_MODULE = "core.jobs.engine.daemon"


@dataclass(frozen=True)
class EngineStatus:
    """What there is to know of a workspace's engine.

    note: a sentence when it cannot work at the moment, else empty. jobs: state -> number.
    """

    running: bool
    address: str
    note: str
    jobs: dict[str, int]


def ensure(workspace: Workspace, warm: str = "") -> bool:
    """Make sure that the workspace has a living engine; return whether one had to be started.

    Cheap when there is one. warm: the resources of the runner that a new engine has ready for its
    first job. Raises JobError when none can be started.
    """
    if is_held(workspace.engine_lock):
        return False
    child = _start(workspace, warm)
    end = time.monotonic() + START_SECONDS
    while not is_held(workspace.engine_lock):
        if child.poll() not in (None, 0) or time.monotonic() > end:
            raise JobError(_cannot_start(workspace))
        time.sleep(0.02)
    return True


def _cannot_start(workspace: Workspace) -> str:
    log = workspace.log("engine")
    said = logs.tail(log, 1).strip() or "it left no reason"
    return (
        f"The engine that runs the jobs cannot start ({said[:300]}). Its log is {log}. "
        "Mend that and try again; nothing is lost."
    )


def _start(workspace: Workspace, warm: str) -> subprocess.Popen:
    # Detached, in a session of its own: jobs outlive the browser, the page server and the shell.
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS
    child = subprocess.Popen(
        module_command(ENGINE_MODULE, str(workspace.root), warm),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | module_variables(),
        cwd=workspace.root,
        start_new_session=True,
        creationflags=flags,
    )
    threading.Thread(target=child.wait, daemon=True).start()  # leaves no zombie behind
    return child


def stop(workspace: Workspace) -> bool:
    """Ask the engine to end and wait for it; return whether there was one.

    What it had in hand goes back to the queue and continues when an engine runs again. One that is
    frozen is killed.
    Raises JobError if it does not end even so.
    """
    if not is_held(workspace.engine_lock):
        return False
    store = Store(workspace.store_url)
    try:
        watch, end = EngineWatch(workspace, store), time.monotonic() + LEAVE_SECONDS
        while is_held(workspace.engine_lock):
            if watch.silent_seconds() > FROZEN_SECONDS or time.monotonic() > end:
                _kill(workspace)
                break
            with contextlib.suppress(StoreBusy):  # the engine may hear of it later
                ask_to_leave(store.database, location_name(workspace.root))
            time.sleep(0.1)
    finally:
        store.close()
    return True


def _kill(workspace: Workspace) -> None:
    """Kill the engine and its runners. Raises JobError when that is not to be had."""
    runners: list[psutil.Process] = []
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if ENGINE_MODULE in line and str(workspace.root) in line:
            with contextlib.suppress(psutil.Error):
                process.suspend()  # so that it starts no other meanwhile
                runners += process.children()
            with contextlib.suppress(psutil.Error):
                process.kill()
    end_runners(runners)
    end = time.monotonic() + KILL_SECONDS
    while is_held(workspace.engine_lock):
        if time.monotonic() > end:
            raise JobError(
                f"The engine does not end. Its log is {workspace.log('engine')}; it may be of "
                "another user or another machine."
            )
        time.sleep(0.05)


def status(workspace: Workspace, store: Store | None = None) -> EngineStatus:
    """Return whether the engine runs, where its cluster is, and how many jobs there are."""
    opened = store or Store(workspace.store_url)
    running = is_held(workspace.engine_lock)
    mine = [e for e in engines(opened.database) if e.location == location_name(workspace.root)]
    engine = mine[-1] if running and mine else None
    found = EngineStatus(
        running=running,
        address=engine.address if engine else "",
        note=engine.note if engine else "",
        jobs=opened.counts(),
    )
    if store is None:
        opened.close()
    return found
