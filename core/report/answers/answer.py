"""One answer of the report: sentences computed from runs, and the evidence they rest on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.figures.theme import Chart

Cell = str | int | float | None
Row = Mapping[str, Cell]  # name of the column -> what stands there


@dataclass(frozen=True)
class Table:
    """A table of evidence; cells are shown as they are."""

    title: str
    rows: Sequence[Row]


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
