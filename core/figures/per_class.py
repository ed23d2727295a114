"""Networks against each other, class by class."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.figures import colors
from core.figures.network_styles import looks
from core.figures.theme import Chart, axis, ellipsis, layout, share_axis
from core.text import plural

MOST_NUMBERS = 12  # classes up to which every cell has room for its number
WORSE, SAME, BETTER = colors.LIGHT[3], "$card", colors.LIGHT[0]
TITLE_PIXELS = 10  # from the longest class name to the title of its axis


def class_bars(
    values: Mapping[str, Sequence[float | None]],
    names: Sequence[str],
    change: bool,
    methods: Sequence[str] = (),
) -> Chart:
    """Return accuracy per class, one bar per network; `change`: differences, drawn in points.

    values: network's label -> one value a class, None where a class has no images. methods: of
    each network, for its colour.
    """
    title = "Change in accuracy, points (holdout)" if change else "Accuracy (holdout)"
    value = "%{y:+.1f} points" if change else "%{y:.1%}"
    shown = looks([*methods, *(f"network {i}" for i in range(len(methods), len(values)))])
    return Chart(
        name="classes-change" if change else "classes",
        traces=[
            {
                "type": "bar",
                "name": label,
                "x": list(names),
                "y": [_points(share) for share in shares] if change else list(shares),
                "marker": look.bar,
                "hovertemplate": f"%{{x}}: {value}<extra>%{{fullData.name}}</extra>",
            }
            for (label, shares), look in zip(values.items(), shown, strict=True)
        ],
        layout=layout(
            axis("Class", type="category", **_short_names(names, names)),
            axis(title, tickformat="+.3~g") if change else share_axis(title),
            barmode="group",
        ),
        alt=f"{title} of {plural(len(values), 'network')} in each of {len(names)} classes.",
        rows=[
            {"network": label, "class": name, "value": share}
            for label, shares in values.items()
            for name, share in zip(names, shares, strict=True)
        ],
    )


def _points(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 6)


def confusion_map(
    counts: Sequence[Sequence[int]],
    names: Sequence[str],
    change: bool,
    largest: int | None = None,
) -> Chart:
    """Return a confusion matrix as a heat map, true classes in rows; `change`: of a difference.

    A change is blue where it is for the better: more on the diagonal, fewer beside it. largest:
    the count with the strongest colour, so that several matrices share one scale.
    """
    top = largest or largest_count([counts])
    title = "Change of counts" if change else "Counts"
    places = list(range(len(names)))
    square = {"showgrid": False, "constrain": "domain", **_short_names(names, places)}
    return Chart(
        name="confusion-change" if change else "confusion",
        traces=[
            {
                "type": "heatmap",
                "z": _goodness(counts) if change else [list(row) for row in counts],
                "x": places,
                "y": places,
                "colorscale": _scale(change),
                "zmin": -top if change else 0,
                "zmax": top,
                "xgap": 1,
                "ygap": 1,
                "showscale": False,
                "text": _numbers(counts, change),
                "texttemplate": "%{text}",
                "customdata": [
                    [[true, predicted, n] for predicted, n in zip(names, row, strict=True)]
                    for true, row in zip(names, counts, strict=True)
                ],
                "hovertemplate": "%{customdata[0]} predicted as %{customdata[1]}: "
                f"%{{customdata[2]:{'+' if change else ''},d}}<extra></extra>",
            }
        ],
        layout=layout(
            axis("Predicted class", **square),
            axis("True class", autorange="reversed", scaleanchor="x", **square)
            # Without it, Plotly finds room for the title in the margin, not beside a square that
            # is narrower than its place: over the classes' names.
            | {"title": {"text": "True class", "standoff": TITLE_PIXELS}},
        ),
        alt=f"{title} of images by true and predicted class over {len(names)} classes.",
        rows=[
            {"true": true, "predicted": predicted, "images": count}
            for true, row in zip(names, counts, strict=True)
            for predicted, count in zip(names, row, strict=True)
        ],
    )


def largest_count(matrices: Sequence[Sequence[Sequence[int]]]) -> int:
    """Return the largest count of several confusion matrices, or of their differences."""
    return max((abs(n) for counts in matrices for row in counts for n in row), default=1) or 1


def map_height(classes: int) -> int:
    """Return the height in pixels at which the names of that many classes can be read."""
    return max(320, min(680, 140 + 18 * classes))


def _goodness(counts: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return each change with the sign that makes it better: fewer mistakes are."""
    return [
        [n if true == predicted else -n for predicted, n in enumerate(row)]
        for true, row in enumerate(counts)
    ]


def _scale(change: bool) -> list[list[Any]]:
    # The colour of the page for nothing: opaque, so that Plotly writes each number in a colour
    # that stands out from its cell, in the dark theme as well.
    return [[0, WORSE], [0.5, SAME], [1, BETTER]] if change else [[0, SAME], [1, BETTER]]


def _numbers(counts: Sequence[Sequence[int]], change: bool) -> list[list[str]]:
    """Return the text of every cell: nothing for zeros, nothing at all where cells are tiny."""
    form = "+,d" if change else ",d"
    few = len(counts) <= MOST_NUMBERS
    return [[format(n, form) if n and few else "" for n in row] for row in counts]


def _short_names(names: Sequence[str], places: Sequence[Any]) -> dict[str, Any]:
    return {"tickvals": list(places), "ticktext": [ellipsis(name) for name in names]}
