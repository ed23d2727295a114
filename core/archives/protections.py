"""Which protections the child that reads strangers' files has on this machine, as sentences."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from core.archives import sandbox
from core.archives.child import ALLOW_UNCONFINED, Source
from core.archives.confinement import CALLS, ESSENTIAL, NETWORK, READING
from core.archives.limits import LIMITS

WHAT = {
    CALLS: "It cannot start programs, reach the network or change files (seccomp).",
    READING: "It reads only its own code and the uploaded file (Landlock).",
    NETWORK: "It is in a network namespace of its own, without any network.",
}
LIMITED = "Its time, memory and output are limited."


@dataclass(frozen=True)
class Protection:
    """One protection of the child that reads uploads: what it means, whether this machine has it.

    is_essential: without it, uploads are refused.
    """

    sentence: str
    is_on: bool
    is_essential: bool


@cache
def protections() -> tuple[Protection, ...]:
    """Return the protections of this machine, found by starting such a child once."""
    reader = "core.archives.protections:probe"
    answer = sandbox.run(reader, b"probe", {}, limits=LIMITS, needs_confinement=False)
    found = set(answer.protections)
    limited = ESSENTIAL - set(WHAT) <= found
    return (
        Protection(LIMITED, limited, True),
        *(Protection(says, name in found, name in ESSENTIAL) for name, says in WHAT.items()),
    )


def probe(source: Source) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Entry in the child: nothing is read."""
    return {}, {}


def described() -> list[str]:
    """Return a sentence for each protection, and what becomes of uploads where one is missing."""
    found = protections()
    lines = [each.sentence if each.is_on else f"Not here: {each.sentence}" for each in found]
    if not all(each.is_on for each in found if each.is_essential):
        lines.append(
            f"Uploads are read all the same, as {ALLOW_UNCONFINED}=1 asks."
            if sandbox.is_unconfined_allowed()
            else f"Without it, uploads are refused unless {ALLOW_UNCONFINED}=1 is set."
        )
    return lines
