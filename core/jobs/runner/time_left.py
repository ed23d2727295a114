"""An estimate of the time left that is hidden until it means something."""

from collections.abc import Callable

MEANINGFUL_SECONDS = 3.0
MEANINGFUL_SHARE = 0.02


class TimeLeft:
    """Watches one attempt; steps that were done before it started earn no credit."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """clock: seconds that never jump, as time.monotonic gives them."""
        self._clock = clock
        self._first: tuple[float, float] | None = None
        self._last = 0.0

    def estimate(self, done: float, total: float) -> float | None:
        """Return the seconds left at this attempt's pace, or None while that is a guess.

        done, total: in one unit of equal cost.
        """
        now = self._clock()
        if self._first is None or done < self._last:
            self._first = (now, done)
        self._last = done
        started, before = self._first
        if total <= 0 or done >= total:
            return None
        elapsed, gained = now - started, done - before
        if elapsed < MEANINGFUL_SECONDS or gained < MEANINGFUL_SHARE * total:
            return None
        return elapsed / gained * (total - done)
