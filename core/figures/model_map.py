"""The model map: every network, and the step it came from."""

from collections.abc import Mapping, Sequence

from core.evaluation.lineage import Node, family
from core.evaluation.point import Point
from core.figures import colors
from core.figures.theme import Chart, Trace, layout
from core.text import percent, plural


def model_map(
    points: Sequence[Point], labels: Mapping[str, str], chosen: Sequence[str] = ()
) -> Chart:
    """Return the tree dense → step → step; a marker's size grows with accuracy."""
    nodes = {node.id: node for node in family(points)}
    known = {point.id: point for point in points}
    traces = [_edges(nodes)]
    for method in dict.fromkeys(point.method for point in points):
        ids = [id for id in nodes if known[id].method == method]
        traces.append(_markers(ids, nodes, known, labels.get(method, method), chosen))
    hidden = {"visible": False}
    return Chart(
        name="model-map",
        traces=traces,
        layout=layout(hidden, {**hidden, "autorange": "reversed"}),
        alt=f"Model map of {plural(len(points), 'network')}, each joined to the network it was "
        "pruned from.",
        rows=[
            {
                "id": node.id,
                "came from": node.parent,
                "step": node.depth,
                "label": known[node.id].label,
                "accuracy": known[node.id].accuracy,
                "sparsity": known[node.id].sparsity,
            }
            for node in nodes.values()
        ],
    )


def _edges(nodes: Mapping[str, Node]) -> Trace:
    x: list[float | None] = []
    y: list[float | None] = []
    for node in nodes.values():
        if node.parent:
            above = nodes[node.parent]
            bend = node.depth - 0.5
            x += [above.depth, bend, bend, node.depth, None]
            y += [above.row, above.row, node.row, node.row, None]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "line": {"color": colors.MUTED, "width": 1.2},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _markers(
    ids: Sequence[str],
    nodes: Mapping[str, Node],
    known: Mapping[str, Point],
    label: str,
    chosen: Sequence[str],
) -> Trace:
    method = known[ids[0]].method
    return {
        "type": "scatter",
        "mode": "markers+text" if len(nodes) <= 40 else "markers",
        "name": label,
        "x": [nodes[id].depth for id in ids],
        "y": [nodes[id].row for id in ids],
        "customdata": [[id] for id in ids],
        "text": [percent(known[id].accuracy) for id in ids],
        "textposition": "middle right",
        "hovertext": [
            f"{known[id].label}<br>{percent(known[id].accuracy)} accuracy at "
            f"{percent(known[id].sparsity, 2)} sparsity"
            for id in ids
        ],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "marker": {
            "color": colors.color(method),
            "symbol": colors.symbol(method),
            "size": [8 + 12 * known[id].accuracy for id in ids],
            "line": {"width": [2 if id in chosen else 0 for id in ids], "color": "$text"},
        },
    }
