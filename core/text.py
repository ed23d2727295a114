"""Numbers, counts, shares and times as people read them: the one place that writes them."""

import math
import time
from collections.abc import Iterable

NO_NUMBER = "–"
MINUS = "−"


def thousands(number: float) -> str:
    """Return a whole number with commas: 2,196,854."""
    return f"{round(number):,}" if math.isfinite(number) else NO_NUMBER


def plural(count: float, one: str, many: str | None = None) -> str:
    """Return a count with its noun: 1 run, 1,200 runs, 0.5 epochs, 2 classes (many="classes")."""
    shown = f"{int(count):,}" if count == int(count) else f"{count:,.3g}"
    return f"{shown} {one if count == 1 else many or one + 's'}"


def percent(share: float, digits: int = 1) -> str:
    """Return a share (0.975) in percent with a fixed number of decimals: 97.5%."""
    return f"{share:.{digits}%}" if math.isfinite(share) else NO_NUMBER


def score_text(score: float) -> str:
    """Return a score with three decimals, as every page shows it: 0.886."""
    return f"{score:.3f}"


def signed_points(difference: float) -> str:
    """Return a difference of two shares (-0.021) in percentage points: −2.1 points."""
    return f"{signed(difference * 100)} points"


def signed(number: float, digits: int = 1) -> str:
    """Return a number with its sign, a minus as typesetters write it: +2.0, −6.0."""
    return f"{round(number, digits) + 0.0:+.{digits}f}".replace("-", MINUS)  # never -0.0


def rounded_down_percent(share: float, digits: int) -> str:
    """Return a share in percent with at most so many decimals, never more than it is: a limit."""
    steps = 10 ** (digits + 2)
    return f"{math.floor(share * steps) / steps * 100:.{digits}f}".rstrip("0").rstrip(".") + "%"


def exact_percent(share: float) -> str:
    """Return a share that somebody chose with the decimals it needs: 95%, 97.5%, 99.25%."""
    return f"{100 * share:.6g}%"


def some_of(count: int, total: int, one: str) -> str:
    """Return a count with its noun and, where there are more, of how many: 4 images (of 9)."""
    return plural(count, one) + (f" (of {total:,})" if count < total else "")


def listed(names: Iterable[str], word: str = "and") -> str:
    """Return names as a phrase: a, b and c."""
    *first, last = list(names) or [""]
    return f"{', '.join(first)} {word} {last}" if first else last


def unlike(names: Iterable[str]) -> list[str]:
    """Return names as headers of one table, those that stood before numbered: P, P (2)."""
    taken: dict[str, None] = {}
    for name in names:
        number, header = 1, name
        while header in taken:
            number += 1
            header = f"{name} ({number})"
        taken[header] = None
    return list(taken)


def times(ratio: float) -> str:
    """Return a ratio as people say it: 3.2 times, 12 times."""
    return f"{ratio:.1f} times" if ratio < 9.95 else f"{ratio:,.0f} times"


def size(number_of_bytes: float) -> str:
    """Return a size on disk in powers of 1,000, in the unit that fits: 2.38 MB."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if number_of_bytes < 999.5:  # which three digits show as 999
            return f"{number_of_bytes:.3g} {unit}"
        number_of_bytes /= 1000
    return f"{number_of_bytes:,.0f} PB"


def binary_size(number_of_bytes: float) -> str:
    """Return a limit in powers of 1,024, as limits are set: 500 MiB, 12 KiB."""
    if number_of_bytes >= 1024**2:
        return f"{number_of_bytes / 1024**2:,.0f} MiB"
    return f"{number_of_bytes / 1024:,.0f} KiB"


def duration(seconds: float) -> str:
    """Return a rounded time span: 250 ms, 8 s, 3 min, 1 h 20 min."""
    if seconds < 0.95:
        return f"{max(seconds, 0) * 1000:.0f} ms"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours:,} h {rest} min" if rest else f"{hours:,} h"


def time_left(seconds: float) -> str:
    """Return an estimate of what is left, no finer than it is good for: about 20 s left."""
    if seconds < 10:
        return "a few seconds left"
    coarse = 5 * round(seconds / 5) if seconds < 90 else seconds
    return f"about {duration(coarse)} left"


def ago(moment: float | None) -> str:
    """Return how long ago a moment (seconds since 1970) was, "" for none."""
    if moment is None:
        return ""
    passed = max(0.0, time.time() - moment)
    return "just now" if passed < 10 else f"{duration(passed)} ago"


def clock(moment: float | None) -> str:
    """Return a moment (seconds since 1970) as this machine's date and time, "" for none."""
    return time.strftime("%d %b %H:%M", time.localtime(moment)) if moment else ""
