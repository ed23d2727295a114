"""The engine process: one a workspace; it brings queued jobs to free workers."""

import contextlib
import os
import signal
import sys
import threading
import time
import traceback
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from core.errors import LabError, NotFoundError
from core.files import PRIVATE_UMASK
from core.graphics_cards import variables
from core.jobs import logs
from core.jobs.engine import cluster
from core.jobs.engine.cluster import Cluster
from core.jobs.engine.lock import FileLock
from core.jobs.engine.periodic import Periodic
from core.jobs.engine.running import HERE, Running
from core.jobs.engine.supervisor import end_runners, supervise
from core.jobs.engine.workers import Worker, allowed_resources, free_worker
from core.jobs.resources import RESOURCES, lane_resources
from core.jobs.runner.remote_files import VARIABLE as MIRROR_VARIABLE
from core.jobs.runner.remote_files import give_inputs, open_mirror
from core.jobs.runner.reporting import retry_transient
from core.jobs.runner.runner import TABLE_VARIABLE, RunnerArgs
from core.jobs.store.database import StoreBusy
from core.jobs.store.dispatch import Claim, Dispatcher, engines, location_name
from core.jobs.store.job import DISPATCHED, DONE, FAILED
from core.jobs.store.store import Store
from core.stale_files import remove_stale
from core.workspace import Workspace

TICK_SECONDS = 0.1
BEAT_SECONDS = 1.0
SILENT_SECONDS = 15.0  # an engine elsewhere whose counter stood still that long is dead
LOOK_SECONDS = 5.0
TIDY_SECONDS = 3600.0
LIGHT_RUNNERS = 4


class Engine:
    """The loop of the engine process; everything it knows can be lost at any moment."""

    def __init__(
        self, workspace: Workspace, lock: FileLock, address: str | None, warm: str = ""
    ) -> None:
        self._workspace, self._lock, self._address = workspace, lock, address
        self.owner = uuid.uuid4().hex[:12]
        self._location = location_name(workspace.root)
        self._store = Store(workspace.store_url)
        self._store_file = self._store.database.file
        self._dispatcher = Dispatcher(self._store.database, self.owner)
        self._cluster: Cluster | None = None
        self._running = Running()
        self._here = ThreadPoolExecutor(LIGHT_RUNNERS + 2, thread_name_prefix="supervisor")
        self._workers: list[Worker] = []
        self._mirror = open_mirror()
        self._last_event = 0
        self._beats = 0
        self._seen_token: int | None = None
        self._all_quiet = False
        self._seen: dict[str, tuple[int, float]] = {}
        self._note, self._warm = "", warm
        self._leaving = threading.Event()
        self._periodic = [
            Periodic(BEAT_SECONDS, self._beat),
            Periodic(BEAT_SECONDS, self._look_at_workers),
            Periodic(BEAT_SECONDS, self._fetch_results),
            Periodic(LOOK_SECONDS, self._reclaim),
            Periodic(TIDY_SECONDS, self._tidy),
        ]

    def run(self) -> None:
        """Work until asked to leave or until the workspace or its store is gone."""
        signal.signal(signal.SIGTERM, lambda *_: self._leaving.set())
        pause = TICK_SECONDS
        while not self._leaving.wait(pause) and self._is_home():
            try:
                self._tick()
                pause = TICK_SECONDS
            except StoreBusy as busy:
                print(f"Waiting: {busy}", flush=True)
                pause = min(2 * pause, LOOK_SECONDS)
            except Exception:  # whatever went wrong, the next jobs still need an engine
                traceback.print_exc()
                pause = min(2 * pause, LOOK_SECONDS)
        self._leave()

    def _is_home(self) -> bool:
        """Return whether workspace and store are still those that this engine began with."""
        return self._lock.still_there() and self._store.database.file == self._store_file

    def _tick(self) -> None:
        self._connect()
        for each in self._periodic:
            each.run_if_due()
        self._collect()
        token = self._store.database.change_token()  # before looking: nothing slips between
        if self._all_quiet and token is not None and token == self._seen_token:
            return
        self._seen_token = token
        self._warm_up()
        self._dispatcher.wake_parents()
        queued = self._dispatcher.queued_resources()
        self._all_quiet = not queued
        if queued and not self._leaving.is_set():
            self._fill(queued)

    def _connect(self) -> None:
        """(Re)connect; what was in flight on a lost Dask cluster goes back to the queue."""
        if self._cluster is not None and self._cluster.alive:
            return
        if self._cluster is not None:
            self._cluster.close()
            self._cluster = None
            for runner in self._running.take_distant():
                self._dispatcher.runner_ended(runner, "the Dask scheduler was lost", False)
        try:
            self._cluster = cluster.connect(self._address)
            self._note, self._workers = "", self._cluster.workers()
        except OSError as error:
            self._workers = []
            self._note = f"Waiting for the Dask scheduler at {self._address} ({error})."[:300]
        except LabError as error:
            self._workers, self._note = [], str(error)

    def _look_at_workers(self) -> None:
        if self._cluster is not None and self._cluster.alive:
            self._workers = self._cluster.workers()

    def _beat(self) -> None:
        self._beats += 1
        address = self._cluster.address if self._cluster else ""
        if self._dispatcher.beat(self._location, self._beats, address, self._note):
            self._leaving.set()
        self._adopt()

    def _adopt(self) -> None:
        """Take over from engines that are dead.

        On this workspace our lock proves it; elsewhere a counter that stood still by our clock.
        """
        now = time.monotonic()
        for other in engines(self._store.database):
            if other.owner == self.owner:
                continue
            if self._seen.get(other.owner, (None, now))[0] != other.beat:
                self._seen[other.owner] = (other.beat, now)
            silent = now - self._seen[other.owner][1]
            if other.location == self._location or silent > SILENT_SECONDS:
                count = self._dispatcher.adopt(other.owner)
                print(f"Adopted {count} jobs of engine {other.owner}", flush=True)

    def _collect(self) -> None:
        for runner, _, end in self._running.take_ended(self._workers, self._began):
            work = self._dispatcher.work_of(runner)  # perhaps not the job that it was started for
            log = logs.tail(self._workspace.log(work[0]), 20) if work else ""
            self._dispatcher.runner_ended(runner, end[0], end[1], log)

    def _began(self, job_id: str) -> bool:
        try:
            return self._store.get(job_id).state != DISPATCHED
        except NotFoundError:  # deleted by now, so it had ended
            return True

    def _reclaim(self) -> None:
        self._dispatcher.reclaim(self._running)

    def _tidy(self) -> None:
        """Remove what killed processes left; in a thread, as heart beats do not wait for it."""
        self._here.submit(remove_stale, self._workspace.scratch)

    def _fill(self, queued: dict[str, int]) -> None:
        for lane, limit in (("interactive", 1), ("light", LIGHT_RUNNERS)):
            names = lane_resources(lane)
            while any(queued.get(n) for n in names) and self._running.count_of(names) < limit:
                if not self._launch(lane, frozenset(names), lambda resources: HERE):
                    break
        while any(queued.get(name) for name in lane_resources("background")):
            allowed = allowed_resources(self._workers, self._running.occupied())
            if not allowed or not self._launch("background", allowed, self._free):
                break

    def _free(self, resources: str) -> str | None:
        return free_worker(RESOURCES[resources], self._workers, self._running.occupied())

    def _launch(
        self, lane: str, allowed: frozenset[str], choose: Callable[[str], str | None]
    ) -> bool:
        """Claim the next job of a lane and start a runner for it; return whether there was one."""
        runner = uuid.uuid4().hex[:16]
        claim = self._dispatcher.claim(lane, allowed, runner)
        if claim is None:
            return False
        self._send(runner, claim, choose(claim.resources) or HERE)
        return True

    def _warm_up(self) -> None:
        """Once, for an engine on this machine: have a runner ready before there is a job."""
        warm, self._warm = self._warm, ""
        if warm and not self._address and (worker := self._free(warm)):
            self._send(uuid.uuid4().hex[:16], Claim("", 0, warm), worker)

    def _send(self, runner: str, claim: Claim, worker: str) -> None:
        args = self._runner_args(claim, runner)
        card = self._running.free_card(claim.resources, self._workers, worker)
        if worker == HERE or self._cluster is None:
            future: Any = self._here.submit(supervise, args, self._store.url, variables(card))
        else:
            future = self._cluster.start(worker, args, self._store.url, self._environment(card))
        self._running.add(runner, worker, claim, future, card)

    def _environment(self, card: str) -> dict[str, str]:
        """Return what a runner on another host must know as this one does, and its card."""
        if self._mirror is not None:
            give_inputs(self._mirror, self._workspace)
        names = (TABLE_VARIABLE, MIRROR_VARIABLE)
        told = {name: os.environ[name] for name in names if name in os.environ}
        return told if self._address else told | variables(card)

    def _fetch_results(self) -> None:
        """Copy what finished elsewhere to this host, where the pages look for it."""
        if self._mirror is None:
            return
        for event in self._store.events(after=self._last_event):
            if event.kind in (DONE, FAILED):
                folder = self._workspace.artifacts(event.job)
                self._mirror.fetch_folder(self._workspace, folder)
                self._mirror.fetch(self._workspace, self._workspace.log(event.job))
            self._last_event = event.id

    def _runner_args(self, claim: Claim, runner: str) -> RunnerArgs:
        return RunnerArgs(
            workspace=self._workspace.root,
            owner=self.owner,
            runner=runner,
            job=claim.job_id,
            attempt=claim.attempt,
            resources=claim.resources,
            idle_seconds=RESOURCES[claim.resources].warm_seconds,
        )

    def _leave(self) -> None:
        """End our runners, give what they had back to the queue, and end."""
        end_runners(psutil.Process().children())  # first: none may claim another job meanwhile
        with contextlib.suppress(LabError):
            self._dispatcher.adopt(self.owner)
        os._exit(0)


def main(root: str, warm: str = "") -> None:
    """Be the engine of the workspace at `root`, unless there is one.

    warm: the resources to have a runner ready for, or nothing.
    """
    os.umask(PRIVATE_UMASK)
    workspace = Workspace(Path(root))
    logs.redirect(workspace.log("engine"))
    _check(workspace)
    lock = FileLock(workspace.engine_lock)
    for _ in range(20):  # somebody may be probing the lock at this very moment
        if lock.acquire():
            break
        time.sleep(0.05)
    else:
        return
    print(f"Engine {os.getpid()} starts for {workspace.root}", flush=True)
    address = os.environ.get(cluster.ADDRESS_VARIABLE) or None
    engine = retry_transient(lambda: Engine(workspace, lock, address, warm))
    engine.run()


def _check(workspace: Workspace) -> None:
    """End with a sentence, which whoever started us shows, when there is nothing to work with.

    Before the lock is taken: an engine that holds it counts as started.
    """
    try:
        open_mirror()
        Store(workspace.store_url).close()
    except StoreBusy:  # passes
        pass
    except LabError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(*sys.argv[1:])
