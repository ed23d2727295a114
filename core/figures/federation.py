"""Client data: labels and samples of each client, and how accurate the model is for it."""

from collections.abc import Sequence

import numpy as np

from core.figures import colors
from core.figures.theme import Chart, axis, count_axis, ellipsis, layout, share_axis
from core.text import percent, plural, thousands


def label_map(counts: Sequence[Sequence[int]], names: Sequence[str]) -> Chart:
    """Return the share of each label at each client as a heat map; the darker, the more.

    counts: (clients, labels) training samples. names: of the labels.
    """
    table = np.asarray(counts, float)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    own = float(shares.max(axis=1).mean())
    return Chart(
        name="labels-by-client",
        traces=[
            {
                "type": "heatmap",
                "x": [str(k + 1) for k in range(len(table))],
                "y": list(names),
                "z": shares.T.round(4).tolist(),
                "customdata": table.T.astype(int).tolist(),
                "zmin": 0,
                "zmax": 1,
                "colorscale": [[0, "$card"], [1, colors.LIGHT[0]]],  # none: as the page
                "xgap": 1,
                "ygap": 1,
                "colorbar": {"tickformat": ".0%", "thickness": 10},
                "hovertemplate": "client %{x}, %{y}: %{z:.1%} (%{customdata:,} samples)"
                "<extra></extra>",
            }
        ],
        layout=layout(
            axis("Client", type="category", showgrid=False),
            axis(
                "Class",
                type="category",
                showgrid=False,
                tickvals=list(names),
                ticktext=[ellipsis(name) for name in names],
            ),
        ),
        alt=f"Labels of {plural(len(table), 'client')}: on average, the most common label makes up "
        f"{percent(own, 0)} of a client's samples.",
        rows=[
            {"client": k + 1, **dict(zip(map(str, names), map(int, row), strict=True))}
            for k, row in enumerate(table)
        ],
    )


def client_sizes(counts: Sequence[Sequence[int]]) -> Chart:
    """Return how many training samples each client has, largest first."""
    sizes = np.sort(np.asarray(counts).sum(axis=1))[::-1]
    largest = sizes[0] / sizes.sum()
    return Chart(
        name="client-sizes",
        traces=[
            {
                "type": "bar",
                "x": list(range(1, len(sizes) + 1)),
                "y": sizes.tolist(),
                "marker": {"color": colors.series(0)},
                "hovertemplate": "%{y:,} samples<extra></extra>",
            }
        ],
        layout=layout(
            count_axis("Clients, largest first", len(sizes)),
            axis("Training samples", tickformat=",d"),
            showlegend=False,
        ),
        alt=f"The largest client holds {percent(largest)} of the {thousands(sizes.sum())} "
        "training samples.",
        rows=[{"place": k + 1, "samples": int(n)} for k, n in enumerate(sizes)],
    )


def client_accuracies(runs: Sequence[tuple[str, Sequence[float | None]]]) -> Chart:
    """Return the validation accuracy of each client, one box plot per run."""
    known = [(label, [v for v in values if v is not None]) for label, values in runs]
    worst = [
        f"{label}: worst {percent(min(v), 0)}, best {percent(max(v), 0)}" for label, v in known if v
    ]
    return Chart(
        name="accuracy-by-client",
        traces=[
            {
                "type": "box",
                "name": label,
                "y": values,
                "boxpoints": "all",
                "jitter": 0.4,
                "pointpos": 0,
                "marker": {"color": colors.series(index), "size": 5},
                "line": {"width": 1},
            }
            for index, (label, values) in enumerate(known)
        ],
        layout=layout(axis(""), share_axis("Validation accuracy of a client"), showlegend=False),
        alt=f"Accuracy of each client. {'; '.join(worst) or 'Nothing measured yet'}.",
        rows=[{"run": label, "accuracy": v} for label, values in known for v in values],
    )
