"""Starts one runner, watches it, and kills it when that was asked; here or in a Dask worker."""

import contextlib
import dataclasses
import os
import signal
import subprocess
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from core.errors import StoreError
from core.jobs.resources import RESOURCES, threads_of
from core.jobs.runner.runner import RunnerArgs
from core.jobs.store.dispatch import Dispatcher
from core.jobs.store.store import Store
from core.processes import module_command, module_variables

HOME_VARIABLE = "PARETO_LAB_WORKER_HOME"  # of a worker that shares no folder with the engine
POLL_SECONDS = 0.05
LOOK_SECONDS = 0.25
GRACE_SECONDS = 10.0
GONE_SECONDS = 5.0  # for what is killed; a process in the middle of a disk access takes its time


def supervise(args: RunnerArgs, store_url: str, environment: dict[str, str]) -> int:
    """Run one runner to its end and return its exit code (negative: killed by that signal).

    environment: variables the runner gets beside those of this process.
    """
    if os.environ.get(HOME_VARIABLE):
        args = dataclasses.replace(args, workspace=Path(os.environ[HOME_VARIABLE]).resolve())
    store = Store(store_url)
    child = subprocess.Popen(
        module_command("core.jobs.runner.runner", *args.to_arguments()),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | _variables(args) | {"PARETO_LAB_STORE": store_url} | environment,
        start_new_session=True,
    )
    try:
        _watch(child, Dispatcher(store.database, args.owner), args)
    finally:
        end_group(child)
        store.close()
    return child.wait()


def _variables(args: RunnerArgs) -> dict[str, str]:
    threads = str(threads_of(RESOURCES[args.resources]))
    # NumPy keeps to one: its threads spin while they wait for each other, so that beside another
    # run the same product took up to 37 times as long with two as with one.
    return {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")} | {
        "TF_NUM_INTRAOP_THREADS": threads,
        "TF_NUM_INTEROP_THREADS": threads,
        # TensorFlow's own choice is off on processors without AVX-512, where it is worth
        # a quarter of a dense network's step and more than half of a small one's.
        "TF_ENABLE_ONEDNN_OPTS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        **module_variables(),
    }


def _watch(child: subprocess.Popen, dispatcher: Dispatcher, args: RunnerArgs) -> None:
    """Return when the child has ended, or must."""
    patience = Patience(args.idle_seconds)
    looked = -LOOK_SECONDS
    while child.poll() is None:
        time.sleep(POLL_SECONDS)
        if time.monotonic() - looked < LOOK_SECONDS:
            continue
        looked = time.monotonic()
        with contextlib.suppress(StoreError):  # locked: look again later
            if patience.is_over(dispatcher.work_of(args.runner), looked):
                return


class Patience:
    """Decides when a runner is killed; all times are of our own monotonic clock."""

    def __init__(self, idle_seconds: float) -> None:
        """idle_seconds: how long the runner may wait for its next job."""
        self._idle_seconds = idle_seconds
        self._subject: object = None
        self._since: float | None = None

    def is_over(self, work: tuple[str, int, int] | None, now: float) -> bool:
        """work: (job id, attempt, stop flag) the store says the runner has, or None."""
        if work is not None and work[2] >= 2:
            return True
        # Asked to stop but still there, or without work and not ended: fenced, perhaps frozen.
        overdue = work is None or work[2] == 1
        subject = None if work is None else work[:2]
        if not overdue:
            self._since = None
            return False
        if self._since is None or subject != self._subject:
            self._subject, self._since = subject, now
        allowed = GRACE_SECONDS + (self._idle_seconds if work is None else 0.0)
        return now - self._since >= allowed


def end_runners(runners: list[psutil.Process]) -> None:
    """Kill runners with all that they started, and return when they are gone.

    Without their engine they end by themselves, but not at once, and a frozen one does not.
    """
    for runner in runners:
        _kill_group(runner)
        with contextlib.suppress(psutil.Error):
            runner.kill()  # one that has no group of its own yet
    psutil.wait_procs(runners, timeout=GONE_SECONDS)


def _kill_group(runner: subprocess.Popen | psutil.Process) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError, psutil.Error):
        if os.name == "posix":
            os.killpg(runner.pid, signal.SIGKILL)
        else:
            runner.kill()


def end_group(child: subprocess.Popen) -> None:
    """Kill what is left of a runner and of everything it started."""
    _kill_group(child)
    if child.stdin is not None:
        with contextlib.suppress(OSError):
            child.stdin.close()
