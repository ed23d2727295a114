"""What the instant explorer shows of a cut: how much of each layer is gone."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.figures import colors
from core.figures.theme import Chart, axis, layout, share_axis


def layer_sparsities(layers: Sequence[Mapping[str, Any]]) -> Chart:
    """Return sparsity per layer as bars with the units that still live over all units.

    layers: name, parameters, zeros, units, living and sparsity of each.
    """
    names = [str(layer["name"]) for layer in layers]
    living = [f"{layer['living']}/{layer['units']}" for layer in layers]
    worst = max(layers, key=lambda layer: layer["sparsity"], default=None)
    return Chart(
        name="layer-sparsity",
        traces=[
            {
                "type": "bar",
                "name": "Zeros",
                "x": names,
                "y": [layer["sparsity"] for layer in layers],
                "text": living,
                "textposition": "outside",
                "textangle": 0,
                "cliponaxis": False,
                "marker": {"color": colors.series(2)},
                "customdata": [[None, layer["zeros"], layer["parameters"]] for layer in layers],
                "hovertemplate": "%{x}: %{y:.2%} zeros<br>%{customdata[1]:,} of "
                "%{customdata[2]:,}<br>%{text} units live<extra></extra>",
            }
        ],
        layout=layout(axis(""), share_axis("Sparsity of the layer", range=[0, 1])),
        alt=(
            f"Sparsity of each layer; most in {worst['name']}, {worst['sparsity']:.1%}."
            if worst
            else "No layers."
        ),
        rows=[dict(layer) for layer in layers],
    )
