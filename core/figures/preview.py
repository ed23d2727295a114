"""Instant preview: how much of each layer a cut removes."""

from collections.abc import Sequence

from core.figures import colors
from core.figures.theme import Chart, axis, layout, share_axis
from core.pruning.preview.spec import LayerView
from core.text import percent


def layer_sparsities(layers: Sequence[LayerView]) -> Chart:
    """Return sparsity per layer as bars; above each, the units that are left of all units."""
    names = [layer.name for layer in layers]
    living = [f"{layer.living}/{layer.units}" for layer in layers]
    worst = max(layers, key=lambda layer: layer.sparsity, default=None)
    return Chart(
        name="layer-sparsity",
        traces=[
            {
                "type": "bar",
                "name": "Zeros",
                "x": names,
                "y": [layer.sparsity for layer in layers],
                "text": living,
                "textposition": "outside",
                "textangle": 0,
                "cliponaxis": False,
                "marker": {"color": colors.series(2)},
                "customdata": [[None, layer.zeros, layer.parameters] for layer in layers],
                "hovertemplate": "%{x}: %{y:.2%} zeros<br>%{customdata[1]:,} of "
                "%{customdata[2]:,} parameters<br>%{text} units left<extra></extra>",
            }
        ],
        layout=layout(axis("Layer (units left/all units)"), share_axis("Sparsity", range=[0, 1])),
        alt=(
            f"Sparsity of each layer; highest in {worst.name}, {percent(worst.sparsity)}."
            if worst
            else "No layers."
        ),
        rows=[layer.to_json() for layer in layers],
    )
