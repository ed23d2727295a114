"""All runs as one table, whose rows are selected by what they are, not by where they stand."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import streamlit as st
from streamlit.elements.lib.column_types import ButtonColumnResult, ColumnConfig

from core.runs.table.columns import COLUMNS, USUAL, TableView, cell
from core.runs.table.row import RunRow
from core.settings import digest

CHOSEN, DRAWN = "runs-chosen", "runs-drawn"  # ids of the selected and of the shown rows
HEIGHT = 420
OPEN = "open"
WIDTHS = {"name": 265, "note": 250}  # pixels
FORMATS = {"share": "percent", "number": "%.3f", "seconds": "%.1f s"}


def select_rows(rows: Sequence[RunRow], view: TableView, names: Mapping[str, str]) -> list[RunRow]:
    """Show the rows; return the selected ones. names: what data sets are called, by digest."""
    ids = [row.id for row in rows]
    # A selection is of positions. Other rows make another table, in which the same runs are
    # selected: a run that ended meanwhile must not put its neighbour in its place.
    key = f"runs-table-{digest({'ids': ids})}"
    kept = set(st.session_state.get(CHOSEN, ()))
    st.session_state[DRAWN] = ids
    columns = _in_sight(view.columns, rows)
    st.dataframe(
        _cells(rows, columns, names),
        key=key,
        height=min(HEIGHT, 38 + 35 * len(rows)),
        hide_index=True,
        column_config={
            OPEN: _open_button(key),
            **{COLUMNS[name].title: _config(name) for name in columns},
        },
        placeholder="",
        alt="Runs with their state and results; select rows to work with them",
        on_select=lambda: _remember(key),
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [n for n, id in enumerate(ids) if id in kept]}},
    )
    return [row for row in rows if row.id in kept]


def _in_sight(columns: tuple[str, ...], rows: Sequence[RunRow]) -> tuple[str, ...]:
    """Return the columns; of the usual ones, tags stand beside the state once a run has one.

    They are the last of twelve, out of sight, while nobody uses them.
    """
    if columns != USUAL or not any(row.tags for row in rows):
        return columns
    others = [name for name in columns if name != "tags"]
    return (*others[:2], "tags", *others[2:])


def _remember(key: str) -> None:
    drawn = st.session_state.get(DRAWN, [])
    if key not in st.session_state:
        return  # a table of other rows, which is no longer drawn
    positions = st.session_state[key]["selection"]["rows"]
    st.session_state[CHOSEN] = [drawn[n] for n in positions if n < len(drawn)]


def _open_button(key: str) -> ButtonColumnResult | ColumnConfig:
    clicked = f"{key}-open"
    return st.column_config.ButtonColumn(
        "",
        width=44,
        pinned=True,
        type="tertiary",
        key=clicked,
        on_click=lambda: _open_clicked(clicked),
    )


def _open_clicked(clicked: str) -> None:
    """Show the details of the run in the clicked row of the table as it was drawn."""
    drawn, click = st.session_state.get(DRAWN, []), st.session_state.get(clicked)
    position = click["row"] if click else len(drawn)
    if position < len(drawn):
        st.query_params.from_dict({"run": drawn[position]})


def unselect() -> None:
    """Select nothing."""
    st.session_state[CHOSEN] = []


def _cells(
    rows: Sequence[RunRow], columns: Sequence[str], names: Mapping[str, str]
) -> dict[str, list[object]]:
    values = {COLUMNS[name].title: [_shown(row, name, names) for row in rows] for name in columns}
    return {OPEN: [":material/open_in_full:"] * len(rows), **values}


def _shown(row: RunRow, name: str, names: Mapping[str, str]) -> object:
    if name == "tags":
        return list(row.tags)
    value = cell(row, name, names)
    if COLUMNS[name].kind == "time":
        return datetime.fromtimestamp(float(value)) if value else None
    return value


def _config(name: str) -> ColumnConfig:
    column = COLUMNS[name]
    help = column.help or None
    if name == "tags":
        return st.column_config.ListColumn(column.title, help=help)
    if column.kind == "time":
        return st.column_config.DatetimeColumn(column.title, help=help, format="D MMM YYYY, HH:mm")
    if column.kind == "text":
        return st.column_config.TextColumn(column.title, help=help, width=WIDTHS.get(name))
    return st.column_config.NumberColumn(column.title, help=help, format=FORMATS[column.kind])
