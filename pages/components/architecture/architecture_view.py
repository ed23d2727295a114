"""The layers of a finished network: drawing, bars and table; a click on one shows its kernels."""

import streamlit as st

from core.evaluation.layer_states import LayerState, layer_states
from core.figures.architecture.drawing import COLORS, architecture_map
from core.figures.architecture.left import left_bars
from core.networks.graph import Network as Graph
from core.networks.network import Weights
from core.runs.finished.contents import finished_network
from core.runs.finished.network_files import weights_path
from core.runs.finished.networks import Network
from core.text import percent, plural
from pages.components.architecture.layer_view import layer_view
from pages.components.error_box import error_box
from pages.components.live_chart import live_chart
from pages.components.session import workspace

Opened = tuple[Graph, Weights, list[LayerState]]
SEEN = "A box is filled by the share of its parameters that is left; its area is their number. "
COUNTS = ("Parameters", "Zeros", "Multiply-adds", "Multiply-adds left", "Units", "Dead units")
TOLD = f"{COLORS} Click a layer for its kernels."


def architecture_view(network: Network, key: str) -> None:
    """Offer a finished network's layers; read its file only when they are asked for.

    key: unique on the page.
    """
    below = st.expander("Architecture", key=f"{key}:architecture", on_change="rerun")
    if below.open:
        with below:
            architecture(network, key)


def architecture(network: Network, key: str) -> None:
    """Show a finished network's layers, or why they cannot be read. key: unique on the page."""
    with error_box():
        _show(network, key)


def _show(network: Network, key: str) -> None:
    graph, weights, states = _opened(network)
    layer_key = f"{key}:layer"
    names = [state.row.name for state in states]

    def pick(name: str) -> None:
        st.session_state[layer_key] = name

    if st.session_state.get(layer_key) not in names:
        st.session_state[layer_key] = _first(states)
    chosen = st.session_state[layer_key]
    st.markdown(_summary(states))
    live_chart(
        architecture_map(graph, states, chosen), f"{key}:map", _height(graph), pick, table=False
    )
    st.caption(SEEN + TOLD)
    live_chart(left_bars(states), f"{key}:left", 260, pick, table=False)
    _table(states, key, layer_key)
    st.selectbox("Layer", names, key=layer_key)
    state = next(each for each in states if each.row.name == st.session_state[layer_key])
    layer_view(graph, weights, state, key)


def _opened(network: Network) -> Opened:
    path = weights_path(network, workspace())
    return _read(str(path), path.stat().st_mtime_ns, network)


@st.cache_resource(max_entries=4, show_spinner="Reading the network")
def _read(path: str, changed: int, _network: Network) -> Opened:
    graph, weights = finished_network(_network, workspace())
    return graph, weights, layer_states(graph, weights, _network.point.layers)


def _first(states: list[LayerState]) -> str:
    """Return the first layer that has a kernel."""
    working = (state.row.name for state in states if state.row.multiply_adds)
    return next(working, states[0].row.name)


def _summary(states: list[LayerState]) -> str:
    """Return in one sentence what is left of the network."""
    parameters = sum(state.row.parameters for state in states)
    left = parameters - sum(state.zeros for state in states)
    work = sum(state.row.multiply_adds for state in states)
    done = sum(state.useful_multiply_adds for state in states)
    return (
        f"{plural(len(states), 'layer')}. **{left:,}** of {plural(parameters, 'parameter')} are "
        f"left ({percent(left / max(parameters, 1))}), and {done / 1e6:,.2f} M of "
        f"{work / 1e6:,.2f} M multiply-adds an image ({percent(done / max(work, 1))})."
    )


def _height(graph: Graph) -> int:
    """Return the drawing's height in pixels: branches need room."""
    return 220 if any(len(layer.inputs) > 1 for layer in graph.layers) else 170


def _table(states: list[LayerState], key: str, layer_key: str) -> None:
    """Show every layer as a row; a click on a row chooses its layer."""
    table = f"{key}:table"

    def choose() -> None:
        chosen = st.session_state.get(table)  # None where the table is no longer drawn
        rows = chosen["selection"]["rows"] if chosen else ()
        if rows:
            st.session_state[layer_key] = states[rows[0]].row.name

    st.dataframe(
        [_row(state) for state in states],
        hide_index=True,
        height=min(38 + 35 * len(states), 320),
        column_config={
            "Left": st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1),
            **{name: st.column_config.NumberColumn(format="localized") for name in COUNTS},
        },
        alt="Every layer with its shape, parameters, zeros, units and multiply-adds",
        key=table,
        on_select=choose,
        selection_mode="single-row",
    )


def _row(state: LayerState) -> dict[str, object]:
    row = state.row
    return {
        "Layer": row.name,
        "Left": state.left if row.parameters else None,
        "Kind": row.kind,
        "Output": " × ".join(map(str, row.output)),
        "Parameters": row.parameters,
        "Zeros": state.zeros,
        "Multiply-adds": row.multiply_adds,
        "Multiply-adds left": state.useful_multiply_adds,
        "Units": state.units,
        "Dead units": state.dead_units,
    }
