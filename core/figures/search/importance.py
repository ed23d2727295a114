"""Importance of settings as bars, with what chance alone explains in grey."""

from collections.abc import Sequence

from core.evaluation.importance.importances import Importance, Importances
from core.figures import colors
from core.figures.theme import Chart, Trace, axis, layout, share_axis


def importance_bars(found: Importances) -> Chart:
    """Return a bar a setting, the most important on top; grey ones may be chance."""
    clear = [row for row in found.settings if row.is_clear]
    unclear = [row for row in found.settings if not row.is_clear]
    order = [row.setting for row in found.settings]
    return Chart(
        name="importance",
        traces=[
            *_bars("More than chance", clear, colors.series(0)),
            *_bars("May be chance", unclear, colors.MUTED),
        ],
        layout=layout(
            share_axis("Importance", range=[0, 1]),
            axis("", type="category", categoryorder="array", categoryarray=order[::-1]),
            barmode="overlay",
        ),
        alt=found.said,
        rows=[
            {
                "setting": row.setting,
                "importance": row.share,
                "p-value": row.p_value,
                "more than chance": row.is_clear,
            }
            for row in found.settings
        ],
    )


def _bars(name: str, rows: Sequence[Importance], color: str) -> list[Trace]:
    if not rows:
        return []
    return [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "y": [row.setting for row in rows],
            "x": [row.share for row in rows],
            "customdata": [[row.setting, row.p_value] for row in rows],
            "hovertemplate": "%{y}: %{x:.1%}, p = %{customdata[1]:.3f}<extra></extra>",
            "marker": {"color": color},
            "width": 0.6,
        }
    ]


def bars_height(found: Importances) -> int:
    """Return the height in pixels at which every bar has its name."""
    return 120 + 34 * len(found.settings)
