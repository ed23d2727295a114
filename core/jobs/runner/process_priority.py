"""Lets pages, the explorer and the user's other programs go before a run in the background."""

import contextlib
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]

NICENESS = 5
TRIES, PAUSE_SECONDS = 5, 0.15
# Desktop Linux shares the processor among sessions first, and a runner is a session of its own:
# there niceness says nothing unless the session has it too. See sched(7), "The autogroup feature".
SESSION = Path("/proc/self/autogroup")


def lower_priority() -> None:
    """Lower the priority of this process, of the threads it starts later and of its session.

    To be called before libraries start their threads. What the system refuses is left as it is.
    """
    with contextlib.suppress(psutil.Error, OSError):
        process = psutil.Process()
        lower = max(NICENESS, process.nice())
        process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if psutil.WINDOWS else lower)
    with contextlib.suppress(OSError):
        _lower_session()


def _lower_session() -> None:
    """Write the session's niceness; the system takes one such wish in a tenth of a second."""
    for _ in range(TRIES):
        try:
            SESSION.write_text(str(NICENESS))
            return
        except BlockingIOError:
            time.sleep(PAUSE_SECONDS)
