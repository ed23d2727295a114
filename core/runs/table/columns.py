"""The columns of the table of runs: what each shows, and which of them a workspace shows."""

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from core.errors import SettingsError
from core.files import atomic_write, storage_errors
from core.runs.table.filter import data_called
from core.runs.table.row import RunRow
from core.workspace import Workspace

Cell = str | float | None


@dataclass(frozen=True)
class Column:
    """A column: its title, and what it shows of a row. kind: text, share, number, seconds, time."""

    title: str
    kind: str
    value: Callable[[RunRow], Cell]
    help: str = ""


COLUMNS: Mapping[str, Column] = {
    "name": Column("Name", "text", lambda row: row.name),
    "state": Column("State", "text", lambda row: row.state),
    "kind": Column("Kind", "text", lambda row: row.title),
    "data": Column("Data", "text", lambda row: row.data),
    "network": Column("Network", "text", lambda row: row.network),
    "method": Column("Method", "text", lambda row: row.method),
    "sparsity": Column(
        "Sparsity", "share", lambda row: row.sparsity, "Zeros over all parameters, as measured."
    ),
    "accuracy": Column(
        "Accuracy",
        "share",
        lambda row: row.accuracy,
        "On the holdout. Sweeps and competitions show their best network, federated runs their "
        "best accuracy on validation images.",
    ),
    "score": Column(
        "Score",
        "number",
        lambda row: row.score,
        "(accuracy + sparsity) / 2; 0 up to 60% accuracy or without zeros.",
    ),
    "seconds": Column("Duration", "seconds", lambda row: row.seconds),
    "started": Column("Started", "time", lambda row: row.started),
    "started_by": Column("Owner", "text", lambda row: row.started_by, "Account that started it."),
    "tags": Column("Tags", "text", lambda row: ", ".join(row.tags)),
    "note": Column("Note", "text", lambda row: row.note.partition("\n")[0]),
    "id": Column("Id", "text", lambda row: row.id),
}
USUAL = (
    *("name", "state", "kind", "method", "sparsity", "accuracy", "score"),
    *("data", "network", "seconds", "started", "tags"),
)


@dataclass(frozen=True)
class TableView:
    """Which columns a workspace shows, and what its rows are sorted by ("" is newest first).

    Raises SettingsError for columns that are none.
    """

    columns: tuple[str, ...] = USUAL
    sort: str = ""
    descending: bool = True

    def __post_init__(self) -> None:
        unknown = {*self.columns, *filter(None, [self.sort])} - set(COLUMNS)
        if unknown or not self.columns:
            raise SettingsError("The table of runs needs a column. Choose at least one.")

    def ordered(self, rows: Sequence[RunRow], names: Mapping[str, str]) -> list[RunRow]:
        """Return the rows in the chosen order; those that have no value come last."""
        if not self.sort:
            return list(rows)
        values = {row.id: cell(row, self.sort, names) for row in rows}
        empty = [row for row in rows if values[row.id] in (None, "")]
        known = [row for row in rows if values[row.id] not in (None, "")]
        key = _comparable(values)
        return sorted(known, key=key, reverse=self.descending) + empty


def cell(row: RunRow, name: str, names: Mapping[str, str]) -> Cell:
    """Return what a column shows of a row. names: what data sets are called, by digest."""
    return data_called(row.data, names) if name == "data" else COLUMNS[name].value(row)


def _comparable(values: Mapping[str, Cell]) -> Callable[[RunRow], tuple[str, float]]:
    def key(row: RunRow) -> tuple[str, float]:
        value = values[row.id]
        return (value.casefold(), 0.0) if isinstance(value, str) else ("", float(value or 0.0))

    return key


def load_view(workspace: Workspace) -> TableView:
    """Return how this workspace shows its runs; the usual way if nobody has chosen."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, SettingsError):
        values = json.loads(workspace.runs_table.read_text("utf-8"))
        return TableView(
            tuple(map(str, values["columns"])), str(values["sort"]), values["descending"] is True
        )
    return TableView()


def save_view(workspace: Workspace, view: TableView) -> None:
    """Keep how this workspace shows its runs. Raises StoreError when there is no room."""
    content = json.dumps(vars(view))
    with (
        storage_errors("The choice of columns", workspace.root),
        atomic_write(workspace.runs_table) as part,
    ):
        part.write_text(content, "utf-8")
