"""The runner's Progress: writes to the store, saves checkpoints, hears the wish to stop."""

import errno
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import numpy as np

from core.errors import StoreError
from core.jobs.runner import checkpoint
from core.jobs.runner.checkpoint import CheckpointFolder, Pointer
from core.jobs.runner.time_left import TimeLeft
from core.jobs.store.database import StoreBusy
from core.jobs.store.lease import Fenced, Lease, Update
from core.progress import Arrays, Stopped

FLUSH_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
T = TypeVar("T")


class Reporter:
    """Progress of one attempt at one job.

    A thread of its own writes what science reported, so that a locked store never slows science
    down; only `save` waits, because the work done since would be lost otherwise.
    """

    def __init__(
        self,
        lease: Lease,
        folder: CheckpointFolder,
        pointers: list[Pointer],
        on_fenced: Callable[[], None] = lambda: None,
    ) -> None:
        """folder: where checkpoints go. pointers: the checkpoints to resume from, newest first.

        on_fenced: called in the writing thread when another attempt has taken the job.
        """
        self._lease, self._folder, self._pointers = lease, folder, pointers
        self._on_fenced = on_fenced
        self._count = 0
        self._time_left = TimeLeft(time.monotonic)
        self._pending = Update()
        self._dirty = False
        self._stop = 0
        self._fenced = False
        self._guard = threading.Lock()  # of the fields above
        self._writing = threading.Lock()  # one write at a time, in order
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._keep_writing, daemon=True)
        self._thread.start()

    def report(self, done: float, total: float, message: str = "") -> None:
        """Say how far the work is. Raises Stopped or Fenced."""
        left = self._time_left.estimate(done, total)
        with self._guard:
            metrics = self._pending.metrics
            self._pending = Update(float(done), float(total), message, left, metrics)
            self._dirty = True
        self._check()

    def record(self, step: int, **values: float) -> None:
        """Keep metric values of a step; the same step overwrites. Raises Stopped or Fenced."""
        added = {(key, int(step)): float(value) for key, value in values.items()}
        with self._guard:
            old = self._pending
            self._pending = Update(
                old.done, old.total, old.message, old.seconds_left, {**old.metrics, **added}
            )
            self._dirty = True
        self._check()

    def save(self, state: Arrays) -> None:
        """Make `state` the place to resume from; waits while the disk is full or locked."""
        self._count += 1
        name = f"{self._lease.attempt}-{self._count}.npz"
        new = self._retry_transient(lambda: self._folder.write(name, state))
        kept = [new, *self._pointers][: checkpoint.KEPT]
        self._retry_transient(lambda: self._flush(kept))
        self._pointers = kept
        self._folder.collect(kept, self._lease.attempt)
        self._check()

    def load(self) -> dict[str, np.ndarray] | None:
        """Return the newest state that is whole, or None at a fresh start."""
        for position, pointer in enumerate(self._pointers):
            state = self._folder.read(pointer)
            if state is not None:
                self._pointers = self._pointers[position:]
                return state
            self._retry_transient(
                partial(self._lease.note, "checkpoint damaged", name=pointer.name)
            )
        self._pointers = []
        return None

    def close(self) -> None:
        """Write what is left and end the thread; afterwards only the lease may write."""
        self._closing.set()
        self._thread.join()
        retry_transient(self._flush, self.tell_waiting)

    def _check(self) -> None:
        if self._fenced:
            raise Fenced(self._lease.job_id)
        if self._stop:
            raise Stopped

    def _flush(self, checkpoints: list[Pointer] | None = None) -> None:
        with self._writing:
            with self._guard:
                told, self._pending = self._pending, Update(seconds_left=self._pending.seconds_left)
                self._dirty = False
            rows = None if checkpoints is None else [p.to_dict() for p in checkpoints]
            try:
                stop = self._lease.beat(
                    Update(
                        told.done, told.total, told.message, told.seconds_left, told.metrics, rows
                    )
                )
            except StoreBusy:
                self._take_back(told)
                raise
            with self._guard:
                self._stop = max(self._stop, stop)

    def _take_back(self, told: Update) -> None:
        """Keep what could not be written, below what was reported since."""
        with self._guard:
            new = self._pending
            self._pending = Update(
                told.done if new.done is None else new.done,
                told.total if new.total is None else new.total,
                told.message if new.message is None else new.message,
                new.seconds_left,
                {**told.metrics, **new.metrics},
            )
            self._dirty = True

    def _keep_writing(self) -> None:
        pause = FLUSH_SECONDS
        while not self._closing.wait(pause):
            try:
                if self._dirty:
                    self._flush()
                else:
                    self._stop = max(self._stop, self._lease.stop_asked())
                pause = FLUSH_SECONDS
            except StoreBusy as busy:
                print(passing_trouble(busy), flush=True)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            except Fenced:
                self._fenced = True
                self._on_fenced()
                return

    def _retry_transient(self, work: Callable[[], T]) -> T:
        return retry_transient(work, self.tell_waiting, self._check)

    def tell_waiting(self, reason: str) -> None:
        """Show why nothing moves at the moment."""
        with self._guard:
            old = self._pending
            self._pending = Update(old.done, old.total, reason, None, old.metrics)
            self._dirty = True


def retry_transient(
    work: Callable[[], T],
    tell: Callable[[str], None] = lambda reason: None,
    check: Callable[[], None] = lambda: None,
) -> T:
    """Call `work` until it succeeds, with growing pauses while the store or the disk refuses.

    tell: hears the reason at each refusal. check: may raise to give up, for instance Stopped.
    Errors that waiting cannot cure are raised.
    """
    pause = FLUSH_SECONDS
    while True:
        try:
            return work()
        except (StoreError, OSError) as error:
            reason = passing_trouble(error)
            if reason is None:
                raise
            tell(reason)
            print(reason, flush=True)
        check()
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


# What time or a person can cure: no room, too many open files, a network drive that went away.
PASSING_NAMES = (
    *("EAGAIN", "EDQUOT", "EHOSTDOWN", "EHOSTUNREACH", "EIO", "EMFILE", "ENETUNREACH"),
    *("ENFILE", "ENOSPC", "ESTALE", "ETIMEDOUT"),
)
PASSING = {getattr(errno, name) for name in PASSING_NAMES if hasattr(errno, name)}
NO_ROOM_WORDS = ("No space left", f"errno = {errno.ENOSPC}", "Disk quota exceeded")


def passing_trouble(error: Exception) -> str | None:
    """Return what to tell while waiting for the end of this trouble, None if it does not pass."""
    if isinstance(error, StoreBusy):
        return f"Waiting: {error}"
    if isinstance(error, StoreError):  # a sentence about what the disk said
        return passing_trouble(error.__cause__) if isinstance(error.__cause__, OSError) else None
    text = str(error)
    if any(word in text for word in NO_ROOM_WORDS):  # h5py hides the number in its message
        return "Waiting: No space left on the disk. Free some; the run goes on by itself."
    if isinstance(error, OSError) and error.errno in PASSING:
        return f"Waiting: the files of this run cannot be reached ({error.strerror})."
    return None
