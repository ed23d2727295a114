"""Accuracy against sparsity, layer by layer, and the one-shot curve of a method."""

from collections.abc import Sequence

from core.figures import colors
from core.figures.theme import Chart, axis, layout, share_axis
from core.pruning.preview.spec import CurvePoint, SensitivityResult
from core.text import exact_percent, plural


def sensitivity_map(table: SensitivityResult) -> Chart:
    """Return accuracy with a single layer pruned as a heat map."""
    layers, levels = list(table.layers), [exact_percent(level) for level in table.levels]
    losses = [table.dense - row[-1] for row in table.accuracies]
    worst = layers[losses.index(max(losses))]
    return Chart(
        name="sensitivity",
        traces=[
            {
                "type": "heatmap",
                "x": levels,
                "y": layers,
                "z": [[round(value, 4) for value in row] for row in table.accuracies],
                "zmin": 0,
                "zmax": round(table.dense, 4),
                "colorscale": "Viridis",
                "colorbar": {"tickformat": ".0%", "thickness": 10},
                "texttemplate": "%{z:.0%}",
                "hovertemplate": "%{x} of %{y} removed: %{z:.1%} on validation<extra></extra>",
            }
        ],
        layout=layout(
            axis("Share of the layer removed", type="category"),
            axis("", autorange="reversed", type="category"),
        ),
        alt=f"Validation accuracy with a single layer pruned; at {levels[-1]} {worst} loses most.",
        rows=[
            {"layer": layer, **dict(zip(levels, row, strict=True))}
            for layer, row in zip(layers, table.accuracies, strict=True)
        ],
    )


def one_shot_curves(curves: Sequence[tuple[str, Sequence[CurvePoint]]]) -> Chart:
    """Return accuracy without retraining against sparsity, one line per method."""
    return Chart(
        name="one-shot-curves",
        traces=[
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": label,
                "x": [point.sparsity for point in points],
                "y": [point.accuracy for point in points],
                "line": {"color": colors.series(index), "width": 2},
                "marker": {"size": 6},
            }
            for index, (label, points) in enumerate(curves)
        ],
        layout=layout(
            share_axis("Sparsity (zeros / all parameters)", range=[0, 1]),
            share_axis("Accuracy without retraining (validation)"),
        ),
        alt="Validation accuracy against sparsity without retraining: "
        + "; ".join(f"{label}, {plural(len(points), 'cut')}" for label, points in curves),
        rows=[{"method": label, **point.to_json()} for label, points in curves for point in points],
    )
