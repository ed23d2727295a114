"""What tests of living engines look at: processes, conditions, undisturbed results."""

import time
from pathlib import Path

import psutil

from core.jobs.runner.context import Context
from core.jobs.store.store import Store
from core.progress import Silent
from core.workspace import Workspace
from tests.jobs.work import TASKS


def until(condition, seconds=60.0, every=0.02):
    """Return the first truthy value of `condition()`; fail when the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(every)
    raise AssertionError(f"did not come true within {seconds} s")


def processes(root, module="core.jobs"):
    """Return the living processes of `module` that work for the workspace at `root`."""
    found = []
    for process in psutil.process_iter():
        try:
            line = process.cmdline()
            alive = process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            continue
        mine = any(part in (str(root), f"--workspace={root}") for part in line)
        if mine and alive and "-m" in line and line[line.index("-m") + 1].startswith(module):
            found.append(process)
    return found


def engines(root):
    """Return the engine processes of a workspace."""
    return processes(root, "core.jobs.engine.daemon")


def runners(root, job_id=""):
    """Return the runner processes of a workspace, or those started for one job."""
    found = processes(root, "core.jobs.runner.runner")
    return [p for p in found if not job_id or f"--job={job_id}" in p.cmdline()]


def undisturbed(kind: str, settings: dict, seed: int, folder: Path) -> dict:
    """Return what a task gives when nothing interrupts it: run here, without store or engine."""
    folder.mkdir(parents=True, exist_ok=True)
    nowhere = Workspace(folder)
    store = Store(f"sqlite:///{folder / 'none.db'}")
    context = Context("none", kind, settings, seed, Silent(), nowhere, folder, store)
    result = TASKS[kind](context)
    store.close()
    return result


def assert_every_step_is_there_once(store: Store, job_id: str, steps: int) -> None:
    """Check that no metric step is missing or doubled."""
    for values in store.metrics(job_id).values():
        assert [step for step, _ in values] == list(range(1, steps + 1))
