"""Inside a network: sparsity per layer, which weights are left, and the filters as pictures."""

from collections.abc import Mapping, Sequence

import numpy as np

from core.evaluation.point import Point
from core.figures import colors
from core.figures.theme import Chart, axis, layout
from core.networks.network import Weights
from core.text import plural

ALIVE, ZERO = (28, 92, 196), (226, 229, 232)
SMALLEST_WIDTH = 480  # pixels of a shown picture
LARGEST_SIDE = 512  # pixels of a mask picture; larger masks are shown as densities of their blocks


def layer_bars(points: Sequence[Point], dead: bool = False) -> Chart:
    """Return sparsity per layer, one bar per network; `dead`: the share of dead units instead."""
    traces, rows = [], []
    for index, point in enumerate(points):
        names = [layer.name for layer in point.layers]
        values = [
            layer.dead_units / layer.units if dead else layer.sparsity for layer in point.layers
        ]
        traces.append(
            {
                "type": "bar",
                "name": point.label or point.method,
                "x": names,
                "y": values,
                "marker": {"color": colors.series(index)},
                "hovertemplate": "%{x}: %{y:.2%}<extra>%{fullData.name}</extra>",
            }
        )
        rows += [
            {
                "network": point.label or point.method,
                "layer": layer.name,
                "parameters": layer.parameters,
                "zeros": layer.zeros,
                "sparsity": layer.sparsity,
                "units": layer.units,
                "dead units": layer.dead_units,
            }
            for layer in point.layers
        ]
    title = "Dead units" if dead else "Sparsity"
    return Chart(
        name="layers-dead" if dead else "layers",
        traces=traces,
        layout=layout(axis("Layer"), axis(title, tickformat=".0%", range=[0, 1]), barmode="group"),
        alt=f"{title} in each layer of {plural(len(points), 'network')}.",
        rows=rows,
    )


def mask_picture(kernel: np.ndarray) -> np.ndarray:
    """Return a picture (h, w, 3) uint8 of where a kernel is not zero: inputs down, units across.

    A large kernel is shown in blocks whose shade is the share of weights left.
    """
    left = (kernel.reshape(-1, kernel.shape[-1]) != 0).astype(np.float32)
    for side in (0, 1):
        block = -(-left.shape[side] // LARGEST_SIDE)
        if block > 1:
            left = _block_means(left, side, block)
    alive, zero = np.array(ALIVE, np.float32), np.array(ZERO, np.float32)
    shades = zero + left[..., None] * (alive - zero)
    return enlarged(shades.round().astype(np.uint8))


def enlarged(picture: np.ndarray) -> np.ndarray:
    """Return a small picture with every pixel repeated, so that browsers do not blur it."""
    times = max(1, -(-SMALLEST_WIDTH // picture.shape[1]))
    return np.asarray(picture.repeat(times, axis=0).repeat(times, axis=1))


def _block_means(left: np.ndarray, side: int, block: int) -> np.ndarray:
    starts = np.arange(0, left.shape[side], block)
    sums = np.add.reduceat(left, starts, axis=side)
    sizes = np.diff([*starts, left.shape[side]])
    return np.asarray(sums / (sizes[:, None] if side == 0 else sizes))


def filter_picture(kernel: np.ndarray, columns: int = 16) -> np.ndarray:
    """Return conv1's filters as one picture (h, w, 3) uint8, a dark cell for a dead filter.

    kernel: (height, width, channels, filters) with 1 or 3 channels; each filter is stretched to
    its own range, so that shape shows and size does not.
    """
    height, width, channels, filters = kernel.shape
    rows = -(-filters // columns)
    sheet = np.full((rows * (height + 1) + 1, columns * (width + 1) + 1, 3), 128, np.uint8)
    for number in range(filters):
        top = (number // columns) * (height + 1) + 1
        left = (number % columns) * (width + 1) + 1
        picture = _stretched(kernel[..., number])
        sheet[top : top + height, left : left + width] = (
            picture if channels == 3 else picture.mean(axis=2, keepdims=True)
        )
    return enlarged(sheet)


def _stretched(filter_: np.ndarray) -> np.ndarray:
    low, high = float(filter_.min()), float(filter_.max())
    if high == low:
        return np.zeros(filter_.shape, np.float32)
    return np.asarray(255 * (filter_ - low) / (high - low))


def weight_histogram(networks: Mapping[str, Weights], bins: int = 60) -> Chart:
    """Return the distribution of the non-zero weights of each network (label -> weights)."""
    values = {
        label: np.concatenate([w.ravel() for w in weights.values()])
        for label, weights in networks.items()
    }
    widest = max((float(np.abs(v).max()) for v in values.values()), default=1.0) or 1.0
    edges = np.linspace(-widest, widest, bins + 1)
    middles = ((edges[1:] + edges[:-1]) / 2).round(5).tolist()
    counts = {label: np.histogram(v[v != 0], edges)[0].tolist() for label, v in values.items()}
    return Chart(
        name="weights",
        traces=[
            {
                "type": "scatter",
                "mode": "lines",
                "line": {"shape": "hvh", "color": colors.series(index)},
                "name": label,
                "x": middles,
                "y": counts[label],
            }
            for index, label in enumerate(counts)
        ],
        layout=layout(axis("Weight"), axis("Weights that are not zero", type="log")),
        alt=f"Distribution of the non-zero weights of {plural(len(networks), 'network')}.",
        rows=[
            {"weight": middle, **{label: counts[label][i] for label in counts}}
            for i, middle in enumerate(middles)
        ],
    )
