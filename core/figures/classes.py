"""How many images each class has."""

from collections.abc import Sequence
from typing import Protocol

from core.figures import colors
from core.figures.theme import Chart, axis, layout


class ClassCount(Protocol):
    """What the chart needs of one class: its name and its images per split."""

    @property
    def name(self) -> str:
        """As the data set calls it."""
        ...

    @property
    def train(self) -> int:
        """Training images."""
        ...

    @property
    def validation(self) -> int:
        """Validation images."""
        ...

    @property
    def test(self) -> int:
        """Test images."""
        ...


def balance(classes: Sequence[ClassCount]) -> Chart:
    """Return bars of the images per class and split."""
    rows = [
        {"class": c.name, "train": c.train, "validation": c.validation, "test": c.test}
        for c in classes
    ]
    parts = [p for p in ("train", "validation", "test") if any(row[p] for row in rows)]
    counts = [c.train for c in classes]
    return Chart(
        name="class-balance",
        traces=[
            {
                "type": "bar",
                "orientation": "h",
                "name": part.capitalize(),
                "y": [row["class"] for row in rows],
                "x": [row[part] for row in rows],
                "marker": {"color": colors.series(place)},
                "hovertemplate": "%{y}: %{x:,} images<extra>%{fullData.name}</extra>",
            }
            for place, part in enumerate(parts)
        ],
        layout=layout(
            axis("Images", tickformat=",d"),
            axis("", autorange="reversed", type="category"),
            barmode="stack",
            legend={"orientation": "h", "traceorder": "normal", "y": 1.02, "yanchor": "bottom"},
        ),
        alt=f"Images per class for training: {_range(min(counts), max(counts))}.",
        rows=rows,
    )


def _range(least: int, most: int) -> str:
    return f"{least:,}" if least == most else f"from {least:,} to {most:,}"
