"""What the parsing child may no longer do once it has loaded its code.

Linux on x86-64 and 64-bit ARM: limits of time, memory and output; no network, no new process and
no writing by name (seccomp); and, where the kernel has Landlock, no reading of anything but the
program itself. Elsewhere the limits alone remain.
"""

import ctypes
import sys
from collections.abc import Callable
from pathlib import Path

from core.archives.landlock import confine_reading
from core.archives.limits import Limits
from core.archives.seccomp import filter_system_calls

SET_NO_NEW_PRIVILEGES = 38
NEW_USER_NAMESPACE, NEW_NETWORK_NAMESPACE = 0x10000000, 0x40000000
NETWORK, PRIVILEGES = "empty network namespace", "no new privileges"
READING, CALLS = "Landlock", "seccomp filter"
TIME, MEMORY, OUTPUT = "RLIMIT_CPU", "RLIMIT_AS", "RLIMIT_FSIZE"
# Without these a defect of a parser would be the whole account's: strangers' files are refused.
ESSENTIAL = frozenset({CALLS, TIME, MEMORY, OUTPUT})


def limit_resources(limits: Limits) -> list[str]:
    """Bound CPU, memory and files of this process; return what was bounded."""
    try:
        import resource
    except ImportError:  # Windows: the parent's wall-clock limit remains
        return []
    bounds = {
        TIME: limits.cpu_seconds,
        MEMORY: limits.address_bytes,
        "RLIMIT_DATA": limits.memory_bytes,
        OUTPUT: limits.output_bytes,
        "RLIMIT_CORE": 0,
    }
    held = []
    for name, bound in bounds.items():
        try:
            kind = getattr(resource, name)
            inherited = resource.getrlimit(kind)[1]
            # Who started us may allow less already: nobody can raise that, and it holds too.
            if inherited != resource.RLIM_INFINITY:
                bound = min(bound, inherited)
            resource.setrlimit(kind, (bound, bound))
            held.append(name)
        except (AttributeError, ValueError, OSError):
            continue  # macOS refuses some; the others still hold
    return held


def lock_down(scratch: Path) -> list[str]:
    """Give up network, processes, writing by name and reading, for good; return what took effect.

    scratch: the one folder that may still be read, beside the program's own code.
    """
    if not sys.platform.startswith("linux"):
        return []
    steps: dict[str, Callable[[ctypes.CDLL], bool]] = {
        NETWORK: _leave_network,
        PRIVILEGES: lambda c: c.prctl(SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0,
        READING: lambda c: confine_reading(c, scratch),
        CALLS: filter_system_calls,  # last: it forbids the calls that the others need
    }
    library = ctypes.CDLL(None, use_errno=True)
    return [name for name, step in steps.items() if step(library)]


def _leave_network(library: ctypes.CDLL) -> bool:
    ways = (NEW_NETWORK_NAMESPACE, NEW_USER_NAMESPACE | NEW_NETWORK_NAMESPACE)
    return any(library.unshare(flags) == 0 for flags in ways)
