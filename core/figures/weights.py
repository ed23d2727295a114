"""Inside a network: sparsity per layer, which weights are left, and the filters as pictures."""

from collections.abc import Mapping, Sequence

import numpy as np

from core.evaluation.point import Point
from core.figures.network_styles import Look, looks
from core.figures.theme import Chart, axis, layout, share_axis
from core.networks.network import Weights
from core.text import plural

ALIVE, ZERO = (28, 92, 196), (226, 229, 232)
SMALLEST_WIDTH = 480  # pixels of a shown picture
FINEST = 8  # times finer than asked for; a smaller gap cannot be seen
LARGEST_SIDE = 512  # pixels of a mask picture; larger masks are shown as densities of their blocks


def layer_bars(points: Sequence[Point], dead: bool = False) -> Chart:
    """Return sparsity per layer, one bar per network; `dead`: the share of dead units instead."""
    traces, rows = [], []
    for point, look in zip(points, looks([p.method for p in points]), strict=True):
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
                "marker": look.bar,
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
        layout=layout(axis("Layer"), share_axis(title, range=[0, 1]), barmode="group"),
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
    return _at_most_twice_as_tall(shades.round().astype(np.uint8))


def _at_most_twice_as_tall(picture: np.ndarray) -> np.ndarray:
    """Return a picture enlarged to its width, whose cells are flat where it is tall and narrow."""
    height, width = picture.shape[:2]
    across = max(1, -(-SMALLEST_WIDTH // width))
    down = max(1, min(across, 2 * SMALLEST_WIDTH // height))
    return np.asarray(picture.repeat(down, axis=0).repeat(across, axis=1))


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


def weight_histogram(
    networks: Mapping[str, Weights], methods: Sequence[str] = (), bins: int = 60
) -> Chart:
    """Return the distribution of the non-zero weights of each network (label -> weights).

    methods: of each network, for its colour. The smallest weight that a pruned network kept is an
    edge of the bins, so that the gap around zero shows.
    """
    values = {
        label: np.concatenate([w.ravel() for w in weights.values()])
        for label, weights in networks.items()
    }
    edges = _edges([v[v != 0] for v in values.values()], bins)
    middles = ((edges[1:] + edges[:-1]) / 2).round(6).tolist()
    counts = {label: np.histogram(v[v != 0], edges)[0].tolist() for label, v in values.items()}
    shown = looks([*methods, *(f"network {i}" for i in range(len(methods), len(networks)))])
    return Chart(
        name="weights",
        traces=[
            _steps(label, edges, counts[label], look)
            for label, look in zip(counts, shown, strict=True)
        ],
        layout=layout(axis("Weight"), axis("Non-zero weights per bin", type="log", dtick=1)),
        alt=f"Distribution of the non-zero weights of {plural(len(networks), 'network')}.",
        rows=[
            {"weight": middle, **{label: counts[label][i] for label in counts}}
            for i, middle in enumerate(middles)
        ],
    )


def _edges(values: Sequence[np.ndarray], bins: int) -> np.ndarray:
    """Return edges of equal bins around zero; one lies at the largest gap that a network has."""
    sizes = [np.abs(v) for v in values if v.size]
    widest = max((float(size.max()) for size in sizes), default=1.0) or 1.0
    gap = max((float(size.min()) for size in sizes), default=0.0)
    width = 2 * widest / bins
    if gap > width / FINEST:
        width = gap / np.ceil(gap / width)
    each_side = int(np.floor(round(widest / width, 9))) + 1
    edges = np.arange(-each_side, each_side + 1) * width
    # A weight of just the gap's size belongs outside of it, on either side.
    at_gap = np.isclose(np.abs(edges), gap)
    return np.where(at_gap, np.sign(edges) * np.nextafter(gap, 0.0), edges)


def _steps(label: str, edges: np.ndarray, counts: Sequence[int], look: Look) -> dict[str, object]:
    """Return a step line over the bins; an empty bin interrupts it, as a logarithm must."""
    return {
        "type": "scatter",
        "mode": "lines",
        "line": {"shape": "hv", "color": look.color, "dash": look.dash, "width": 1.5},
        "name": label,
        "x": edges.round(6).tolist(),
        "y": [count or None for count in (*counts, 0)],
        "hovertemplate": "from %{x}: %{y:,} weights<extra>%{fullData.name}</extra>",
    }
