"""Start, ask and end the engine of a workspace; what pages and the command line call."""

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

from core.errors import JobError
from core.jobs import logs
from core.jobs.engine.lock import is_held
from core.jobs.store.dispatch import ask_to_leave, engines, place_name
from core.jobs.store.store import Store
from core.processes import module_command, module_variables
from core.workspace import Workspace

START_SECONDS = 20.0
LEAVE_SECONDS = 20.0


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

    Cheap when there is one. warm: a demand; a new engine has a runner ready for its first job.
    Raises JobError when none can be started.
    """
    if is_held(workspace.engine_lock):
        return False
    child = _start(workspace, warm)
    end = time.monotonic() + START_SECONDS
    while not is_held(workspace.engine_lock):
        if child.poll() not in (None, 0) or time.monotonic() > end:
            raise JobError(
                "The engine that runs the jobs cannot start. End of its log:\n"
                + logs.tail(workspace.log("engine"), 10)
            )
        time.sleep(0.02)
    return True


def _start(workspace: Workspace, warm: str) -> subprocess.Popen:
    # Detached, in a session of its own: jobs outlive the browser, the page server and the shell.
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS
    child = subprocess.Popen(
        module_command("core.jobs.engine.daemon", str(workspace.root), warm),
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

    What it had in hand goes back to the queue and continues when an engine runs again.
    Raises JobError if it does not end.
    """
    if not is_held(workspace.engine_lock):
        return False
    store = Store(workspace.store_url)
    try:
        end = time.monotonic() + LEAVE_SECONDS
        while is_held(workspace.engine_lock):
            ask_to_leave(store.database, place_name(workspace.root))
            if time.monotonic() > end:
                raise JobError("The engine does not end. Look at its log on the Runs page.")
            time.sleep(0.1)
    finally:
        store.close()
    return True


def status(workspace: Workspace, store: Store | None = None) -> EngineStatus:
    """Return whether the engine runs, where its cluster is, and how many jobs there are."""
    opened = store or Store(workspace.store_url)
    running = is_held(workspace.engine_lock)
    mine = [e for e in engines(opened.database) if e.place == place_name(workspace.root)]
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
