"""One child process that works on one job at a time, and on the next of its kind after it."""

import argparse
import importlib
import itertools
import os
import shutil
import signal
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import psutil  # type: ignore[import-untyped]

from core.errors import JobError, LabError
from core.files import PRIVATE_UMASK
from core.jobs import logs
from core.jobs.resources import RESOURCES
from core.jobs.runner.checkpoint import CheckpointFolder, Pointer
from core.jobs.runner.context import ChildrenUnfinished, Context, Task
from core.jobs.runner.process_priority import lower_priority
from core.jobs.runner.remote_files import open_mirror, take_inputs
from core.jobs.runner.reporting import Reporter, retry_transient
from core.jobs.store.dispatch import Claim, Dispatcher
from core.jobs.store.job import DONE, FAILED, STOPPED
from core.jobs.store.lease import Fenced, Lease
from core.jobs.store.store import Store
from core.progress import Stopped
from core.workspace import Workspace

TABLE_VARIABLE = "PARETO_LAB_TASKS"
DEFAULT_TABLE = "core.tasks.table:TASKS"
EXIT_ORPHAN, EXIT_FENCED = 113, 114
JOBS_PER_RUNNER = 200  # then a fresh process: what libraries leak is given back
LULL_SECONDS = 30.0
POLL_BUSY_SECONDS, POLL_QUIET_SECONDS, BUSY_SECONDS = 0.01, 0.1, 60.0


@dataclass(frozen=True)
class RunnerArgs:
    """What the supervisor tells a runner on its command line; no job: get ready for one."""

    workspace: Path
    owner: str
    runner: str
    job: str
    attempt: int
    resources: str
    idle_seconds: float

    def to_arguments(self) -> list[str]:
        """Return the command line that `from_arguments` reads."""
        return [f"--{name}={value}" for name, value in vars(self).items()]

    @staticmethod
    def from_arguments(arguments: list[str]) -> "RunnerArgs":
        """Return the arguments of a command line."""
        parser = argparse.ArgumentParser(prog="core.jobs.runner.runner", allow_abbrev=False)
        kinds = {"workspace": Path, "attempt": int, "idle_seconds": float}
        for name in RunnerArgs.__dataclass_fields__:
            parser.add_argument(f"--{name}", type=kinds.get(name, str), required=True)
        return RunnerArgs(**vars(parser.parse_args(arguments)))


def load_tasks() -> dict[str, Task]:
    """Return the table of tasks that PARETO_LAB_TASKS names as module:variable."""
    module, _, variable = os.environ.get(TABLE_VARIABLE, DEFAULT_TABLE).partition(":")
    table: dict[str, Task] = getattr(importlib.import_module(module), variable)
    return table


def patience(worked: int, args: RunnerArgs) -> float | None:
    """Return for how many seconds to wait for the next job after so many; None: leave at once.

    Somebody who moves a slider is not made to wait for a fresh process: that waits for a lull.
    """
    if worked < JOBS_PER_RUNNER:
        return args.idle_seconds
    is_looked_at = RESOURCES[args.resources].lane == "interactive"
    return min(args.idle_seconds, LULL_SECONDS) if is_looked_at else None


def die_with_supervisor() -> None:
    """End this process and all it started when standard input, held by the supervisor, closes."""

    def watch() -> None:
        while os.read(0, 1):
            pass
        if os.name == "posix" and os.getpgrp() == os.getpid():
            os.killpg(os.getpgrp(), signal.SIGKILL)
        os._exit(EXIT_ORPHAN)

    threading.Thread(target=watch, daemon=True).start()


def leave_fenced() -> NoReturn:
    """End at once: another attempt owns the job, and nothing of ours may reach it."""
    os._exit(EXIT_FENCED)


class Runner:
    """Works on the claimed job, then on what it may claim next."""

    def __init__(self, args: RunnerArgs, store: Store, workspace: Workspace) -> None:
        self._args, self._store, self._workspace = args, store, workspace
        self._dispatcher = Dispatcher(store.database, args.owner)
        self._tasks: dict[str, Task] = {}
        self._mirror = open_mirror()

    def run(self) -> None:
        """Return when there is nothing more to do for this runner."""
        claim = self._first()
        for worked in itertools.count(1):
            if claim is None or not self._work(claim):
                return
            claim = self._next(patience(worked, self._args))

    def _first(self) -> Claim | None:
        if self._args.job:
            return Claim(self._args.job, self._args.attempt, self._args.resources)
        if library := RESOURCES[self._args.resources].imports:
            importlib.import_module(library)
        return self._next(self._args.idle_seconds)

    def _next(self, seconds: float | None) -> Claim | None:
        """Claim the next job, waiting so long for one; None: neither waits nor claims."""
        if seconds is None:
            return None
        started = time.monotonic()
        seen: int | None = None
        while True:
            # Before looking, so that nothing slips between.
            token = retry_transient(self._store.database.change_token)
            unchanged = token is not None and token == seen
            claim = None if unchanged else retry_transient(self._claim)
            seen = token
            idle = time.monotonic() - started
            if claim is not None or idle >= seconds:
                return claim
            if not unchanged and retry_transient(self._is_in_the_way):
                return None
            busy = token is not None and idle < BUSY_SECONDS
            time.sleep(POLL_BUSY_SECONDS if busy else POLL_QUIET_SECONDS)

    def _is_in_the_way(self) -> bool:
        return self._dispatcher.others_wait(self._args.resources)

    def _claim(self) -> Claim | None:
        return self._dispatcher.claim_next(self._args.resources, self._args.runner)

    def _work(self, claim: Claim) -> bool:
        """Make one attempt at one job; return whether this process is fit for another."""
        logs.redirect(self._workspace.log(claim.job_id))
        lease = Lease(self._store.database, claim.job_id, claim.attempt)
        try:
            return self._attempt(lease)
        except Fenced:
            leave_fenced()

    def _attempt(self, lease: Lease) -> bool:
        rows = retry_transient(lease.start)
        folder = self._workspace.artifacts(lease.job_id)
        if lease.attempt == 1:  # the files of an import that is computed here after all
            shutil.rmtree(folder, ignore_errors=True)
        retry_transient(lambda: folder.mkdir(parents=True, exist_ok=True))
        pointers = [Pointer(**row) for row in rows]
        checkpoints = CheckpointFolder(self._workspace, lease.job_id, self._mirror)
        reporter = Reporter(lease, checkpoints, pointers, leave_fenced)
        outcome = self._outcome(lease, reporter, folder)
        reporter.close()
        if self._mirror is not None:
            self._mirror.put(self._workspace, self._workspace.log(lease.job_id))
        retry_transient(lambda: outcome.settle(lease))
        if outcome.state == DONE:
            checkpoints.collect([], lease.attempt)
        return outcome.reusable and not self._is_bloated()

    def _is_bloated(self) -> bool:
        """Return whether this process holds more memory than it may between two jobs."""
        most = RESOURCES[self._args.resources].most_between_jobs(psutil.virtual_memory().total)
        return bool(psutil.Process().memory_info().rss > most)

    def _outcome(self, lease: Lease, reporter: Reporter, folder: Path) -> "Outcome":
        job = retry_transient(lambda: self._store.get(lease.job_id))
        context = Context(
            job_id=job.id,
            kind=job.kind,
            settings=job.settings,
            seed=job.seed,
            progress=reporter,
            workspace=self._workspace,
            folder=folder,
            store=self._store,
            mirror=self._mirror,
            spec_format=job.spec_format,
        )
        try:
            result = retry_transient(lambda: self._run_task(context), reporter.tell_waiting)
        except Stopped:
            return Outcome(STOPPED)
        except ChildrenUnfinished:
            return Outcome(None)
        except LabError as error:
            return Outcome(FAILED, error=str(error))
        except Fenced:
            raise
        except Exception as error:
            traceback.print_exc()
            return Outcome(FAILED, error=_unexpected(error), reusable=False)
        return Outcome(DONE, result=result)

    def _run_task(self, context: Context) -> object:
        """Run the task between fetching what it starts from and handing on what it made."""
        if self._mirror is None:
            return self._task(context.kind)(context)
        take_inputs(self._mirror, self._workspace)
        result = self._task(context.kind)(context)
        self._mirror.put_folder(self._workspace, context.folder)
        return result

    def _task(self, kind: str) -> Task:
        if not self._tasks:
            self._tasks = load_tasks()
        if kind not in self._tasks:
            known = ", ".join(sorted(self._tasks))
            raise JobError(f"There is no kind of job called {kind!r}. Known kinds: {known}.")
        return self._tasks[kind]


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended; state None means that the job waits for its children."""

    state: str | None
    result: object = None
    error: str | None = None
    reusable: bool = True

    def settle(self, lease: Lease) -> None:
        """Write the outcome to the store."""
        if self.state is None:
            lease.wait_for_children()
        else:
            lease.settle(self.state, self.result, self.error)


def _unexpected(error: Exception) -> str:
    what = f"{type(error).__name__}: {error}".strip().removesuffix(":")
    return f"Something unforeseen went wrong ({what[:300]}). The log of this run says where."


def main(arguments: list[str]) -> None:
    """Run as a child of the supervisor, with `RunnerArgs` on the command line."""
    os.umask(PRIVATE_UMASK)
    args = RunnerArgs.from_arguments(arguments)
    die_with_supervisor()
    if RESOURCES[args.resources].lane == "background":
        lower_priority()
    workspace = Workspace(args.workspace)
    store = retry_transient(lambda: Store(workspace.store_url))
    Runner(args, store, workspace).run()
    sys.stdout.flush()
    os._exit(0)  # no atexit of heavy libraries: the job is settled, the worker is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
