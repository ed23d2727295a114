"""A network's architecture: a box a layer, a line for what it reads, a colour for tied units."""

from collections.abc import Mapping

import numpy as np

from core.figures import colors
from core.figures.theme import Chart, Trace, axis, layout
from core.networks.graph import Layer, Network
from core.networks.groups.description import LayerRow, layer_rows
from core.networks.groups.unit_groups import unit_groups
from core.networks.layers.training_only import PASSING
from core.text import plural

SMALLEST, LARGEST = 6.0, 14.0  # pixels of a box
SHORTCUT = 0.4  # of a lane, below it
Coordinates = dict[str, tuple[float, float]]  # layer -> (how deep, how far from the middle)


def architecture_map(network: Network) -> Chart:
    """Return the layers from the image on, branches side by side; hovering says the numbers.

    Layers that make one group of units, which can only go together, have one colour; ten colours
    take turns. Grey ones make no units, or such as are kept whole.
    """
    at, rows = coordinates_of(network), {row.name: row for row in layer_rows(network)}
    groups = group_of(network)
    traces = [_edges(network, at)]
    named = [name for name in rows if name in groups]
    others = [name for name in rows if name not in groups]
    free = list(dict.fromkeys(g for g in groups.values() if g))
    tied = [group for group in free if list(groups.values()).count(group) > 1]
    hues = {group: colors.series(1 + number) for number, group in enumerate(tied)}
    lone = {group: colors.series(0) for group in free}
    traces.append(_boxes("No units of its own", others, at, rows, groups, {}))
    traces.append(_boxes("Makes units", named, at, rows, groups, lone | hues))
    return Chart(
        name="architecture",
        traces=traces,
        layout=layout(
            axis("Depth: layers from the input on", rangemode="tozero"), {"visible": False}
        ),
        alt=f"{plural(len(rows), 'layer')} of the network, each joined to what it reads; "
        f"{plural(len(free), 'group')} of units can be cut, {len(tied)} of them made by several "
        "layers.",
        rows=[
            {
                "layer": row.name,
                "kind": row.kind,
                "output": " × ".join(map(str, row.output)),
                "parameters": row.parameters,
                "multiply-adds": row.multiply_adds,
                "unit group": groups.get(row.name, ""),
            }
            for row in rows.values()
        ],
    )


def group_of(network: Network) -> dict[str, str]:
    """Return layer -> the group of units that it makes, "" where they are kept whole."""
    found = {}
    for group in unit_groups(network).groups:
        for maker in group.makers:
            found[maker] = group.name if group.is_free else ""
    return found


def coordinates_of(network: Network) -> Coordinates:
    """Return where each layer that acts is drawn.

    Its depth is that of the deepest layer that it reads, and one. The longest way through the
    network is in the middle; a branch is beside it, next to what it leaves.
    """
    depth, way = _depths(network)
    taken: set[tuple[int, int]] = set()
    at: Coordinates = {}
    for layer in network.layers:
        lane = 0
        if layer.name not in way:
            read = [at[name][1] for name in layer.inputs]
            lane = round(max(read, default=0.0)) or 1
        while (depth[layer.name], lane) in taken:
            lane += 1
        taken.add((depth[layer.name], lane))
        at[layer.name] = (depth[layer.name], lane)
    return {layer.name: at[layer.name] for layer in network.layers if _acts(layer)}


def _acts(layer: Layer) -> bool:
    return not isinstance(layer.settings, PASSING)


def _depths(network: Network) -> tuple[dict[str, int], set[str]]:
    """Return how deep every layer is, and the layers on the longest way to the output."""
    depth: dict[str, int] = {}
    deepest: dict[str, str] = {}
    for layer in network.layers:
        before = max(layer.inputs, key=depth.__getitem__, default="")
        deepest[layer.name] = before
        depth[layer.name] = depth[before] + _acts(layer) if before else 0
    way, name = set(), network.output.name
    while name:
        way.add(name)
        name = deepest[name]
    return depth, way


def _edges(network: Network, at: Coordinates) -> Trace:
    x: list[float | None] = []
    y: list[float | None] = []
    for layer in network.layers:
        for name in layer.inputs if layer.name in at else ():
            way = _line(at[_acting(network, name)], at[layer.name])
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


def _line(start: tuple[float, float], end: tuple[float, float]) -> list[tuple[float, float]]:
    """Return the points of a line; what goes around layers on its own lane passes below them."""
    if start[1] != end[1] or end[0] - start[0] <= 1:
        return [start, end]
    below = start[1] - SHORTCUT
    return [start, (start[0] + 0.5, below), (end[0] - 0.5, below), end]


def _acting(network: Network, name: str) -> str:
    """Return the layer whose output a layer passes on, itself if it acts."""
    while not _acts(network.by_name[name]):
        name = network.by_name[name].inputs[0]
    return name


def _boxes(
    label: str,
    names: list[str],
    at: Coordinates,
    rows: Mapping[str, LayerRow],
    groups: Mapping[str, str],
    hues: Mapping[str, str],
) -> Trace:
    drawn = [name for name in names if name in at]
    largest = max((row.parameters for row in rows.values()), default=1) or 1
    shares = [float(np.sqrt(rows[name].parameters / largest)) for name in drawn]
    sizes = [SMALLEST + (LARGEST - SMALLEST) * share for share in shares]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": label,
        "x": [at[name][0] for name in drawn],
        "y": [at[name][1] for name in drawn],
        "hovertext": [_said(rows[name], groups.get(name)) for name in drawn],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "marker": {
            "symbol": "square",
            "size": sizes,
            "color": [hues.get(groups.get(name, ""), colors.MUTED) for name in drawn],
        },
    }


def _said(row: LayerRow, group: str | None) -> str:
    shape = " × ".join(map(str, row.output))
    lines = [row.name, f"{row.kind} → {shape}", plural(row.parameters, "parameter")]
    if group is not None:
        lines.append(f"Units of {group}" if group else "Units kept whole")
    return "<br>".join(lines)
