"""Networks against each other, class by class."""

from collections.abc import Mapping, Sequence

from core.figures import colors
from core.figures.theme import Chart, axis, layout
from core.text import plural


def class_bars(
    values: Mapping[str, Sequence[float | None]], names: Sequence[str], change: bool
) -> Chart:
    """Return accuracy per class, one bar per network; `change`: values are differences.

    values: network's label -> one value a class, None where a class has no images.
    """
    title = "Change of accuracy (holdout)" if change else "Accuracy (holdout)"
    return Chart(
        name="classes-change" if change else "classes",
        traces=[
            {
                "type": "bar",
                "name": label,
                "x": list(names),
                "y": list(shares),
                "marker": {"color": colors.series(index)},
                "hovertemplate": "%{x}: %{y:.1%}<extra>%{fullData.name}</extra>",
            }
            for index, (label, shares) in enumerate(values.items())
        ],
        layout=layout(
            axis("Class", type="category"),
            axis(title, tickformat="+.0%" if change else ".0%"),
            barmode="group",
        ),
        alt=f"{title} of {plural(len(values), 'network')} in each of {len(names)} classes.",
        rows=[
            {"network": label, "class": name, "value": share}
            for label, shares in values.items()
            for name, share in zip(names, shares, strict=True)
        ],
    )


def confusion_map(counts: Sequence[Sequence[int]], names: Sequence[str], change: bool) -> Chart:
    """Return a confusion matrix as a heat map, true classes in rows; `change`: of a difference."""
    largest = max((abs(n) for row in counts for n in row), default=1) or 1
    low, middle, high = colors.LIGHT[3], "rgba(127,127,127,0.08)", colors.LIGHT[0]
    scale = [[0, low], [0.5, middle], [1, high]] if change else [[0, middle], [1, high]]
    title = "Change of counts" if change else "Counts"
    return Chart(
        name="confusion-change" if change else "confusion",
        traces=[
            {
                "type": "heatmap",
                "z": [list(row) for row in counts],
                "x": list(names),
                "y": list(names),
                "colorscale": scale,
                "zmin": -largest if change else 0,
                "zmax": largest,
                "showscale": False,
                "texttemplate": "%{z:+d}" if change else "%{z:d}",
                "hovertemplate": "%{y} seen as %{x}: %{z}<extra></extra>",
            }
        ],
        layout=layout(
            axis("Predicted class", type="category"),
            axis("True class", type="category", autorange="reversed"),
        ),
        alt=f"{title} of images by true and predicted class over {len(names)} classes.",
        rows=[
            {"true": true, "predicted": predicted, "images": count}
            for true, row in zip(names, counts, strict=True)
            for predicted, count in zip(names, row, strict=True)
        ],
    )
