"""How the scores of a class are spread."""

from collections.abc import Sequence

from core.figures import colors
from core.figures.theme import Chart, axis, layout
from core.text import plural

WIDTH = 0.05  # of a bar


def score_histogram(scores: Sequence[float]) -> Chart:
    """Return bars of how many scores (0 to 1) lie in each twentieth; 1.0 is in the last one."""
    bars = round(1 / WIDTH)
    counts = [0] * bars
    for score in scores:
        # A score that ends a bar by rounding, as 0.15 / 0.05, belongs to the next one.
        counts[min(int(score / WIDTH + 1e-9), bars - 1)] += 1
    rows = [
        {"from": round(place * WIDTH, 2), "to": round((place + 1) * WIDTH, 2), "people": count}
        for place, count in enumerate(counts)
    ]
    return Chart(
        name="scores",
        traces=[
            {
                "type": "bar",
                "x": [(place + 0.5) * WIDTH for place in range(bars)],
                "y": counts,
                "width": 0.94 * WIDTH,
                "marker": {"color": colors.series(0)},
                "customdata": [[row["from"], row["to"]] for row in rows],
                "hovertemplate": "%{y} from %{customdata[0]} to %{customdata[1]}<extra></extra>",
            }
        ],
        layout=layout(
            axis("Score", range=[0, 1], dtick=0.1),
            axis("People", rangemode="tozero", tickformat=",d"),
            showlegend=False,
        ),
        alt=_sentence(scores),
        rows=rows,
    )


def _sentence(scores: Sequence[float]) -> str:
    if not scores:
        return "No scores yet."
    middle = sorted(scores)[len(scores) // 2]
    return (
        f"{plural(len(scores), 'score')} from {min(scores):.3f} to {max(scores):.3f}, "
        f"the middle one {middle:.3f}."
    )
