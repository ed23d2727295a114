"""Numbers as people read them."""

import time


def duration(seconds: float) -> str:
    """Return a rounded time span: 8 s, 3 min, 1 h 20 min."""
    if seconds < 0.95:
        return f"{max(seconds, 0) * 1000:.0f} ms"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def size(number_of_bytes: float) -> str:
    """Return a size on disk in the unit that fits."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if number_of_bytes < 999.5:  # which three digits show as 999
            return f"{number_of_bytes:.3g} {unit}"
        number_of_bytes /= 1000
    return f"{number_of_bytes:,.0f} PB"


def percent(share: float, digits: int = 1) -> str:
    """Return a share in [0, 1] in per cent."""
    return f"{share:.{digits}%}"


def ago(moment: float | None) -> str:
    """Return how long ago a moment (seconds since 1970) was."""
    if moment is None:
        return ""
    passed = max(0.0, time.time() - moment)
    return "just now" if passed < 10 else f"{duration(passed)} ago"


def clock(moment: float | None) -> str:
    """Return a moment (seconds since 1970) as this machine's date and time; it never changes."""
    return time.strftime("%d %b %H:%M", time.localtime(moment)) if moment else ""


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return "1 run", "2 runs"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
