"""A network's architecture: a box a layer, a line for what it reads, a colour for tied units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.evaluation.layer_states import LayerState
from core.figures import colors
from core.figures.architecture.positions import (
    Coordinates,
    acting,
    coordinates_of,
    line_between,
)
from core.figures.theme import Chart, Row, Trace, axis, layout
from core.networks.graph import Network
from core.networks.groups.description import LayerRow, layer_rows
from core.networks.groups.unit_groups import unit_groups
from core.text import percent, plural

COLORS = (
    "Gray layers make no units, or units that are kept whole; blue ones make units that can go on "
    "their own. Layers of one other color make units that can only go together."
)
SMALLEST, LARGEST = 6.0, 14.0  # pixels of a box
ROOM, LARGEST_FINISHED = 800.0, 28.0  # pixels that all depths share, and of a box with its filling


@dataclass(frozen=True)
class _Drawing:
    """What all boxes are made from. states: layer -> what is left, empty before a training."""

    at: Coordinates
    rows: Mapping[str, LayerRow]
    groups: Mapping[str, str]
    hues: Mapping[str, str]
    states: Mapping[str, LayerState] = field(default_factory=dict)
    chosen: str = ""

    @property
    def largest(self) -> float:
        """Side in pixels of the box of the layer with most parameters."""
        if not self.states:
            return LARGEST
        return float(np.clip(ROOM / self.deepest, LARGEST, LARGEST_FINISHED))

    @property
    def deepest(self) -> float:
        """Depth of the last layer."""
        return max((depth for depth, _ in self.at.values()), default=1.0) or 1.0

    def sides(self, names: Sequence[str]) -> list[float]:
        """Return the side of each box in pixels; beyond the smallest, areas are parameters."""
        most = max((row.parameters for row in self.rows.values()), default=1) or 1
        shares = [float(np.sqrt(self.rows[name].parameters / most)) for name in names]
        return [SMALLEST + (self.largest - SMALLEST) * share for share in shares]

    def shades(self, names: Sequence[str]) -> list[str]:
        """Return the colour of each box: that of its group."""
        return [self.hues.get(self.groups.get(name, ""), colors.MUTED) for name in names]


def architecture_map(
    network: Network, states: Sequence[LayerState] = (), chosen: str = ""
) -> Chart:
    """Return the layers from the image on, branches side by side; hovering says the numbers.

    COLORS says what the colours mean, as a legend has no room above many boxes; those of tied units
    take turns. states: of a finished network, whose boxes are filled by the share of parameters
    that is left. chosen: a layer with a ring.
    """
    rows, groups = {row.name: row for row in layer_rows(network)}, group_of(network)
    left = {state.row.name: state for state in states}
    hues, tied, free = _hues(groups)
    drawing = _Drawing(coordinates_of(network), rows, groups, hues, left, chosen)
    named = [name for name in rows if name in groups]
    others = [name for name in rows if name not in groups]
    return Chart(
        name="architecture",
        traces=[
            _edges(network, drawing.at),
            *_boxes("No units of its own", others, drawing),
            *_boxes("Makes units", named, drawing),
            *_ring(drawing),
        ],
        layout=layout(
            # As short as a card is narrow; half a step of room, as boxes stand on the depths.
            axis("Depth", range=[-0.5, drawing.deepest + 0.5]),
            {"visible": False},
        ),
        alt=f"{plural(len(rows), 'layer')} of the network, each joined to what it reads; "
        f"{plural(free, 'group')} of units can be cut, {tied} of them made by several "
        f"layers.{_emptiest(states)}",
        rows=[_row(row, groups.get(row.name, ""), left.get(row.name)) for row in rows.values()],
    )


def _hues(groups: Mapping[str, str]) -> tuple[dict[str, str], int, int]:
    """Return group -> colour, how many groups several layers make, and how many can be cut."""
    free = list(dict.fromkeys(group for group in groups.values() if group))
    tied = [group for group in free if list(groups.values()).count(group) > 1]
    lone = {group: colors.series(0) for group in free}
    others = len(colors.LIGHT) - 1  # the first colour is for layers on their own
    hues = {group: colors.series(1 + number % others) for number, group in enumerate(tied)}
    return lone | hues, len(tied), len(free)


def _emptiest(states: Sequence[LayerState]) -> str:
    """Return which layer lost most, as the end of the drawing's sentence."""
    known = [state for state in states if state.row.parameters]
    if not known:
        return ""
    least = min(known, key=lambda state: state.left)
    return f" Least is left of {least.row.name}: {percent(least.left)} of its parameters."


def _row(row: LayerRow, group: str, state: LayerState | None) -> Row:
    designed = {
        "layer": row.name,
        "kind": row.kind,
        "output": " × ".join(map(str, row.output)),
        "parameters": row.parameters,
        "multiply-adds": row.multiply_adds,
        "unit group": group,
    }
    if state is None:
        return designed
    return designed | {
        "zeros": state.zeros,
        "useful multiply-adds": state.useful_multiply_adds,
        "units": state.units,
        "dead units": state.dead_units,
    }


def group_of(network: Network) -> dict[str, str]:
    """Return layer -> the group of units that it makes, "" where they are kept whole."""
    found = {}
    for group in unit_groups(network).groups:
        for maker in group.makers:
            found[maker] = group.name if group.is_free else ""
    return found


def _edges(network: Network, at: Coordinates) -> Trace:
    x: list[float | None] = []
    y: list[float | None] = []
    for layer in network.layers:
        for name in layer.inputs if layer.name in at else ():
            way = line_between(at[acting(network, name)], at[layer.name])
            x += [*(point[0] for point in way), None]
            y += [*(point[1] for point in way), None]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "line": {"color": colors.MUTED, "width": 1},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _boxes(label: str, names: Sequence[str], drawing: _Drawing) -> list[Trace]:
    """Return the boxes of these layers and, of a finished network, what fills them."""
    drawn = [name for name in names if name in drawing.at]
    sides, filled = drawing.sides(drawn), bool(drawing.states)
    boxes = {
        **_places(drawn, drawing),
        "name": label,
        "showlegend": False,
        "customdata": [[name] for name in drawn],
        "hovertext": [_said(name, drawing) for name in drawn],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "marker": {
            "symbol": "square-open" if filled else "square",
            "size": sides,
            "color": drawing.shades(drawn),
        },
    }
    return [boxes, _filling(drawn, sides, drawing)] if filled else [boxes]


def _places(names: Sequence[str], drawing: _Drawing) -> Trace:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [drawing.at[name][0] for name in names],
        "y": [drawing.at[name][1] for name in names],
    }


def _filling(names: Sequence[str], sides: Sequence[float], drawing: _Drawing) -> Trace:
    """Return a square inside each box, whose area is the share of parameters that is left."""
    left = [drawing.states[name].left for name in names]
    return {
        **_places(names, drawing),
        "showlegend": False,
        "hoverinfo": "skip",
        "marker": {
            "symbol": "square",
            "line": {"width": 0},
            "opacity": 0.85,
            "size": [side * float(np.sqrt(each)) for side, each in zip(sides, left, strict=True)],
            "color": drawing.shades(names),
        },
    }


def _ring(drawing: _Drawing) -> list[Trace]:
    if drawing.chosen not in drawing.at:
        return []
    (side,) = drawing.sides([drawing.chosen])
    ring = {"symbol": "circle-open", "size": side * 1.5 + 6, "color": "$text", "line": {"width": 2}}
    named = {"showlegend": False, "hoverinfo": "skip", "marker": ring}
    return [_places([drawing.chosen], drawing) | named]


def _said(name: str, drawing: _Drawing) -> str:
    row, group = drawing.rows[name], drawing.groups.get(name)
    shape = " × ".join(map(str, row.output))
    lines = [row.name, f"{row.kind} → {shape}", plural(row.parameters, "parameter")]
    if (state := drawing.states.get(name)) and row.parameters:
        lines[-1] += f", {plural(state.zeros, 'zero')}: {percent(state.left)} left"
    if group is not None:
        lines.append(f"Units of {group}" if group else "Units kept whole")
    return "<br>".join(lines)
