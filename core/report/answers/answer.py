"""One answer of the report: sentences computed from runs, and the evidence they rest on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.figures.theme import Chart


@dataclass(frozen=True)
class Table:
    """A table of evidence; cells are shown as they are."""

    title: str
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Answer:
    """A question of the assignment and what the chosen runs say to it.

    missing: what to run so that the question can be answered, "" when it could be.
    """

    number: str
    question: str
    sentences: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    missing: str = ""


def percent(share: float, digits: int = 1) -> str:
    """Return a share in per cent."""
    return f"{share:.{digits}%}"


def listed(names: Sequence[str]) -> str:
    """Return names as a phrase: "a, b and c"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def times(ratio: float) -> str:
    """Return a ratio as people say it: "3.2 times", "12 times"."""
    return f"{ratio:.1f} times" if ratio < 10 else f"{ratio:.0f} times"
