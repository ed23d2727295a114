"""Methods against each other: the areas under their fronts."""

from collections.abc import Mapping, Sequence

from core.evaluation.axes import Axis
from core.evaluation.comparable import at_shared_levels, equal_epochs
from core.evaluation.frontier import hypervolume_by_method
from core.evaluation.point import Point
from core.figures import colors
from core.figures.theme import Chart, axis, layout
from core.text import exact_percent, plural


def area_bars(
    points: Sequence[Point],
    x: Axis,
    y: Axis,
    labels: Mapping[str, str],
    reference: tuple[float, float] = (0.0, 0.0),
) -> Chart:
    """Return each method's hypervolume, the area its front covers, largest first.

    Only what compares has a bar: methods with equal epochs, over the sparsities that they share.
    """
    groups, shared = at_shared_levels(equal_epochs([p for p in points if p.method != "dense"]))
    alike = [point for group in groups.values() for point in group]
    areas = hypervolume_by_method(alike, x, y, reference)
    return Chart(
        name="hypervolume",
        traces=[
            {
                "type": "bar",
                "orientation": "h",
                "x": list(areas.values()),
                "y": [labels.get(method, method) for method in areas],
                "marker": {"color": [colors.color(method) for method in areas]},
                "hovertemplate": "%{y}: %{x:.4f}<extra></extra>",
            }
        ],
        layout=layout(axis("Hypervolume"), axis("", autorange="reversed"), showlegend=False),
        alt=_areas_sentence(areas, shared, labels),
        rows=[{"method": method, "hypervolume": area} for method, area in areas.items()],
    )


def _areas_sentence(
    areas: Mapping[str, float], shared: Sequence[float], labels: Mapping[str, str]
) -> str:
    if not areas:
        return (
            "No two methods have two sparsities in common with equal epochs: no areas to compare."
        )
    largest = next(iter(areas))
    return (
        f"Hypervolume of {plural(len(areas), 'method')} over "
        f"{', '.join(exact_percent(level) for level in shared)} with equal epochs; the largest, "
        f"on the holdout, belongs to {labels.get(largest, largest)}."
    )
