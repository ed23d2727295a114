"""What is looked for among runs: words, states, kinds, data, tags. The address keeps it."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.runs.table.columns import COLUMNS, TableView, load_view, save_view
from core.runs.table.filter import STATES, RunFilter, data_called
from core.runs.table.row import RunRow
from pages.components.error_box import error_box
from pages.components.session import workspace

KEPT = "runs-address"  # of the list, while a run's details or the overlay are shown
FIELDS = ("words", "states", "kinds", "data", "tags", "parts")
NEWEST = "newest"  # the order of the store


def ask_filter(rows: Sequence[RunRow], names: Mapping[str, str]) -> RunFilter:
    """Ask what is looked for; names: what data are called, by id."""
    wanted = RunFilter.from_address(st.query_params.to_dict())
    # The address decides, and a click changes the address before the page is drawn.
    for name in FIELDS:
        value = getattr(wanted, name)
        st.session_state[f"runs-{name}"] = list(value) if isinstance(value, tuple) else value
    words, more = st.columns([3, 2], vertical_alignment="bottom")
    words.text_input(
        "Search",
        key="runs-words",
        placeholder="Name, data, network, method, tag, note or id",
        icon=":material/search:",
        on_change=_keep,
    )
    with more.container(horizontal=True):
        with st.popover(_filter_label(wanted), icon=":material/filter_list:", key="runs-filter"):
            _more_filters(rows, names)
        with st.popover("Columns", icon=":material/view_column:", key="runs-view"):
            ask_view()
    st.pills(
        "State",
        STATES,
        selection_mode="multi",
        key="runs-states",
        format_func=str.capitalize,
        label_visibility="collapsed",
        wrap=True,
        on_change=_keep,
    )
    st.session_state[KEPT] = wanted.to_address()
    return wanted


def _filter_label(wanted: RunFilter) -> str:
    count = sum(bool(getattr(wanted, name)) for name in ("kinds", "data", "tags", "parts"))
    return f"Filter ({count})" if count else "Filter"


def _more_filters(rows: Sequence[RunRow], names: Mapping[str, str]) -> None:
    titles = {row.kind: row.title for row in rows}
    data = {row.data: data_called(row.data, names) for row in rows if row.data}
    tags = sorted({tag for row in rows for tag in row.tags}, key=str.casefold)
    _several("Kind", "kinds", titles)
    _several("Data", "data", data)
    _several("Tags", "tags", {tag: tag for tag in tags})
    st.toggle(
        "Parts of sweeps and comparisons",
        key="runs-parts",
        on_change=_keep,
        help="Runs that another run asked for. Their sweep or comparison stands for them.",
    )


def _several(label: str, name: str, titles: Mapping[str, str]) -> None:
    key = f"runs-{name}"
    # What an address asks for stays among the options, even if no run has it any more.
    options = list(dict.fromkeys([*titles, *st.session_state[key]]))
    st.multiselect(
        label, options, key=key, format_func=lambda one: titles.get(one, one), on_change=_keep
    )


def _keep() -> None:
    # A browser's answer may come when a box is gone: then the address still says what it held.
    said = RunFilter.from_address(st.query_params.to_dict())
    asked = {name: st.session_state.get(f"runs-{name}", getattr(said, name)) for name in FIELDS}
    several = {name: tuple(asked[name]) for name in ("states", "kinds", "data", "tags")}
    wanted = RunFilter(words=asked["words"], parts=asked["parts"], **several)
    st.query_params.from_dict(dict(wanted.to_address()))


def show_all() -> None:
    """Look for nothing in particular."""
    st.query_params.clear()


def ask_view() -> None:
    """Ask for the columns and the order; the workspace keeps them."""
    view = load_view(workspace())
    st.session_state.update(
        {
            "runs-columns": list(view.columns),
            "runs-sort": view.sort or NEWEST,
            "runs-descending": view.descending,
        }
    )
    titles = {name: column.title for name, column in COLUMNS.items()}
    st.multiselect(
        "Columns",
        list(COLUMNS),
        key="runs-columns",
        format_func=titles.__getitem__,
        on_change=_keep_view,
    )
    st.selectbox(
        "Sort by",
        [NEWEST, *COLUMNS],
        key="runs-sort",
        format_func=lambda name: titles.get(name, "Newest first"),
        on_change=_keep_view,
        help="A click on a column's head sorts too, until the next run starts.",
    )
    st.toggle("Descending", key="runs-descending", on_change=_keep_view, disabled=not view.sort)


def _keep_view() -> None:
    kept = st.session_state
    if not {"runs-columns", "runs-sort", "runs-descending"} <= set(kept):
        return  # boxes that are no longer drawn
    sort = kept["runs-sort"]
    with error_box():
        view = TableView(
            tuple(kept["runs-columns"]), "" if sort == NEWEST else sort, kept["runs-descending"]
        )
        save_view(workspace(), view)
