"""A Plotly chart that keeps zoom and selection while data arrive, and tells clicks.

Streamlit's own chart remounts when its data change. This one sends a figure in parts (layout and
traces), each named by its digest, and only those parts that this session's browser has not got.
"""

import time
from collections.abc import Callable, Sequence
from importlib.resources import files

import streamlit as st
from streamlit.components.v1 import declare_component

from core import tables
from core.figures import colors
from core.figures.theme import Chart, Row

HTML = """
<figure class="live-chart">
  <div class="live-chart-main">
    <p class="live-chart-readout" role="status" hidden></p>
    <div class="live-chart-stage" role="group" aria-label="Chart">
      <div class="live-chart-plot"></div><div class="live-chart-over"></div>
    </div>
  </div>
  <div class="live-chart-list" hidden>
    <div class="live-chart-head"></div>
    <div class="live-chart-rows" role="listbox" aria-label="Networks" tabindex="0"></div>
  </div>
  <figcaption></figcaption>
</figure>
"""
PARTS = ("linked_networks", "line_ends", "painted_dots", "live_chart")

WHOLE_SECONDS = 10.0

FOLDER = files("pages.components")
# Plotly's own JavaScript, served from the installed package: nothing is copied, nothing is fetched.
_library = declare_component("plotly", path=str(files("plotly") / "package_data"))
_chart = st.components.v2.component(
    "live_chart",
    html=HTML,
    css=(FOLDER / "live_chart.css").read_text("utf-8"),
    js="\n".join((FOLDER / f"{part}.js").read_text("utf-8") for part in PARTS),
    isolate_styles=False,
)


def live_chart(
    chart: Chart,
    key: str,
    height: int = 420,
    on_pick: Callable[[str], None] | None = None,
    table: bool = True,
    beside: bool = False,
    with_list: bool = True,
) -> None:
    """Draw the chart, and the list of its networks where one of them can be chosen.

    height: pixels. on_pick: called, before the page runs, with the id (first customdata) of a
    point that was clicked. table: offer the numbers as a table and a CSV file below. beside: the
    page has something else in the place of the list, on a wide screen. with_list: show the list.
    """

    def picked() -> None:
        clicked = st.session_state.get(key, {}).get("picked")  # nothing if no longer drawn
        # A browser that comes back to a page tells its last click again.
        if clicked and on_pick and clicked["at"] != st.session_state.get(f"{key}:clicked"):
            st.session_state[f"{key}:clicked"] = clicked["at"]
            on_pick(str(clicked["id"]))

    parts, linked = chart.parts, chart.linked_part
    everything = parts | linked
    sent = _sent(key)
    _chart(
        key=key,
        data={
            "order": list(parts),
            "linked": next(iter(linked), None),
            "pick": on_pick is not None,
            "beside": beside,
            "listed": on_pick is not None and with_list,
            "chosen": list(chart.chosen),
            "fresh": {own: part for own, part in everything.items() if own not in sent},
            "alt": chart.alt,
            "name": chart.name,
            "height": height,
            "library": _library_url(),
            "twins": list(zip(colors.LIGHT, colors.DARK, strict=True)),
        },
        on_picked_change=picked,
        on_missing_change=lambda: st.session_state.update({f"{key}:missed": time.monotonic()}),
    )
    st.session_state[f"{key}:sent"] = frozenset(everything)
    for note in chart.notes:
        st.caption(note)
    if table and chart.rows:
        _numbers(chart, key)


def _sent(key: str) -> frozenset[str]:
    """Return the parts that the browser has got; none for a while after it has missed some.

    A browser that lags behind misses all runs but the last, so one whole answer may not reach it.
    """
    missed = st.session_state.get(f"{key}:missed")
    if missed is not None and time.monotonic() - missed < WHOLE_SECONDS:
        return frozenset()
    found: frozenset[str] = st.session_state.get(f"{key}:sent", frozenset())
    return found


def _library_url() -> str:
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"{'/' + base if base else ''}/component/{_library.name}/plotly.min.js"


def _numbers(chart: Chart, key: str) -> None:
    below = st.expander("Data table", key=f"{key}:numbers", type="compact", on_change="rerun")
    if below.open:
        with below:
            st.dataframe(list(chart.rows), hide_index=True, alt=chart.alt)
            st.download_button(
                "CSV",
                to_csv(chart.rows),
                f"{chart.name}.csv",
                "text/csv",
                key=f"{key}:csv",
                icon=":material/download:",
                on_click="ignore",
            )


def to_csv(rows: Sequence[Row]) -> str:
    """Return the rows as CSV text, columns in order of first appearance."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return tables.to_csv(columns, rows)
