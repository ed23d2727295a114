"""What pruning left of every layer, as bars."""

from collections.abc import Callable, Sequence

from core.evaluation.layer_states import LayerState
from core.figures import colors
from core.figures.theme import Chart, Trace, axis, layout, share_axis
from core.text import percent, plural

Share = Callable[[LayerState], float]


def left_bars(states: Sequence[LayerState]) -> Chart:
    """Return the shares of parameters, units and multiply-adds that are left, layer by layer.

    Layers without parameters are left out. A bar's customdata is its layer.
    """
    known = [state for state in states if state.row.parameters]
    kept = sum(state.row.parameters - state.zeros for state in known)
    every = sum(state.row.parameters for state in known)
    share = percent(kept / every) if every else percent(0)
    return Chart(
        name="layers-left",
        traces=[
            _bars("Parameters", known, lambda state: state.left, _parameters, 0),
            _bars("Units", known, lambda state: state.units_left, _units, 1),
            _bars("Multiply-adds", known, _work_left, _work, 2),
        ],
        layout=layout(
            axis("", type="category"), share_axis("Left", range=[0, 1]), barmode="group", bargap=0.3
        ),
        alt=f"What is left in {plural(len(known), 'layer')}: {share} of all parameters.",
        rows=[
            {
                "layer": state.row.name,
                "parameters left": state.row.parameters - state.zeros,
                "units left": state.units - state.dead_units,
                "multiply-adds left": state.useful_multiply_adds,
            }
            for state in known
        ],
    )


def _bars(
    name: str,
    states: Sequence[LayerState],
    share: Share,
    said: Callable[[LayerState], str],
    hue: int,
) -> Trace:
    return {
        "type": "bar",
        "name": name,
        "x": [state.row.name for state in states],
        "y": [share(state) for state in states],
        "customdata": [[state.row.name, said(state)] for state in states],
        "hovertemplate": "%{x}: %{customdata[1]} (%{y:.1%})<extra></extra>",
        "marker": {"color": colors.series(hue)},
    }


def _work_left(state: LayerState) -> float:
    designed = state.row.multiply_adds
    return state.useful_multiply_adds / designed if designed else 1.0


def _parameters(state: LayerState) -> str:
    every = state.row.parameters
    return f"{every - state.zeros:,} of {plural(every, 'parameter')}"


def _units(state: LayerState) -> str:
    return f"{state.units - state.dead_units:,} of {plural(state.units, 'unit')}"


def _work(state: LayerState) -> str:
    return f"{state.useful_multiply_adds:,} of {state.row.multiply_adds:,} multiply-adds"
