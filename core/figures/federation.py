"""Who has which labels, how much, and how well each client is served."""

from collections.abc import Sequence

import numpy as np

from core.figures import colors
from core.figures.theme import Chart, axis, layout, share_axis
from core.text import plural


def label_map(counts: Sequence[Sequence[int]], names: Sequence[str]) -> Chart:
    """Return the share of each label at each client as a heat map.

    counts: (clients, labels) training samples.
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
                "colorscale": "Blues",
                "colorbar": {"tickformat": ".0%", "thickness": 10},
                "hovertemplate": "client %{x}, label %{y}: %{z:.0%} (%{customdata:,} samples)"
                "<extra></extra>",
            }
        ],
        layout=layout(axis("Client", type="category"), axis("Label", type="category")),
        alt=f"Labels at {plural(len(table), 'client')}: the commonest label of a client is "
        f"{own:.0%} of its samples on average.",
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
        layout=layout(axis("Clients, largest first"), axis("Training samples"), showlegend=False),
        alt=f"One client holds {largest:.0%} of the {sizes.sum():,} training samples.",
        rows=[{"place": k + 1, "samples": int(n)} for k, n in enumerate(sizes)],
    )


def client_accuracies(runs: Sequence[tuple[str, Sequence[float | None]]]) -> Chart:
    """Return each run's clients by their own validation accuracy, a box a run."""
    known = [(label, [v for v in values if v is not None]) for label, values in runs]
    worst = [f"{label}: worst {min(v):.0%}, best {max(v):.0%}" for label, v in known if v]
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
        alt=f"Accuracy client by client. {'; '.join(worst) or 'Nothing measured yet'}.",
        rows=[{"run": label, "accuracy": v} for label, values in known for v in values],
    )
