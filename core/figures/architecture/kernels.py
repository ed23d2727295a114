"""The kernels of one layer: the weights of a single unit, all filters of a layer, its vectors."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from core.figures import colors
from core.figures.theme import Chart, axis, layout
from core.networks.graph import Network, layer_weights
from core.networks.layers.reshaping import Flatten
from core.networks.layers.training_only import PASSING
from core.text import percent, plural

MOST_CELLS = 40_000  # of a heat map; the browser draws them in about a tenth of a second
WEAKEST = "rgba(127,127,127,0)"
ZERO_CELL = "rgba(127,127,127,0.25)"


def kernel_parts(network: Network, layer: str) -> list[str]:
    """Return the parts of a layer that multiply what it reads, in the order of the file."""
    uses = network.kernel_uses
    parts = network.by_name[layer].settings.parameter_shapes(
        network.input_shapes(network.by_name[layer])
    )
    return [part for part in parts if f"{layer}/{part}" in uses]


def units_of(network: Network, layer: str) -> int:
    """Return the number of units of a layer: the channels of its output."""
    return network.shapes[layer][-1]


def unit_kernels(
    network: Network, weights: Mapping[str, np.ndarray], layer: str, unit: int
) -> dict[str, np.ndarray]:
    """Return part -> (height, width, inputs): what one unit multiplies the layer's input with.

    A dense layer behind a Flatten has its rows arranged as the maps that it reads. The depthwise
    half of a separable layer is shared by its units: all of it belongs to each.
    """
    arrays = layer_weights(network, weights, layer)
    return {
        part: _of_unit(network, layer, part, arrays[part], unit)
        for part in kernel_parts(network, layer)
    }


def _of_unit(network: Network, layer: str, part: str, array: np.ndarray, unit: int) -> np.ndarray:
    if part == "depthwise_kernel":  # (window, channels, multiplier) of a separable layer
        return _windows(array.reshape(*array.shape[:-2], -1))
    if array.ndim > 2 and array.shape[-1] != units_of(network, layer):  # a depthwise layer
        channel, copy = divmod(unit, array.shape[-1])
        return _windows(array[..., channel : channel + 1, copy])
    return _windows(_as_read(network, layer, array[..., unit]))


def _windows(kernel: np.ndarray) -> np.ndarray:
    """Return a kernel of any rank as (height, width, inputs)."""
    missing = 3 - kernel.ndim
    return kernel.reshape((1,) * missing + kernel.shape)


def _as_read(network: Network, layer: str, column: np.ndarray) -> np.ndarray:
    """Return a dense unit's column (rows,) in the shape that a Flatten before it read."""
    if column.ndim > 1:
        return column
    before = network.by_name[network.by_name[layer].inputs[0]]
    while isinstance(before.settings, PASSING):
        before = network.by_name[before.inputs[0]]
    if not isinstance(before.settings, Flatten):
        return column
    return column.reshape(network.shapes[before.inputs[0]])


def unit_map(kernel: np.ndarray, about: str) -> Chart:
    """Return one unit's weights as a heat map: a tile for each input; grey cells are zeros.

    kernel: (height, width, inputs). about: whose it is, for the sentence. Of more inputs than can
    be drawn, the first are shown, and the sentence says so.
    """
    height, width, inputs = kernel.shape
    most = max(1, MOST_CELLS // ((height + 1) * (width + 1)))
    shown = kernel[..., :most]
    values, names = _tiles(shown)
    zeros = int(kernel.size - np.count_nonzero(kernel))
    part = f" The first {most:,} of {inputs:,} inputs are drawn." if inputs > most else ""
    return Chart(
        name="unit",
        traces=[_zero_cells(values, names), _weight_cells(values, names)],
        layout=layout(_bare(), _bare(autorange="reversed", scaleanchor="x"), margin=_MARGIN),
        alt=f"Weights of {about}: {plural(inputs, 'input')} of {height} × {width}, "
        f"{zeros:,} of {plural(kernel.size, 'weight')} are 0 ({percent(zeros / kernel.size)})."
        f"{part}",
        rows=[
            {"input": i, "row": y, "column": x, "weight": float(shown[y, x, i])}
            for i in range(shown.shape[2])
            for y in range(height)
            for x in range(width)
        ],
    )


_MARGIN = {"l": 8, "r": 8, "t": 8, "b": 8}


def _bare(**more: object) -> dict[str, object]:
    return axis("", visible=False, constrain="domain", **more)


def _tiles(kernel: np.ndarray) -> tuple[np.ndarray, list[list[str]]]:
    """Return a sheet (h, w) of the tiles, NaN between them, and what each cell is called.

    Tiles of a single cell have no gaps.
    """
    height, width, inputs = kernel.shape
    gap = 0 if height == width == 1 else 1
    columns = math.ceil(math.sqrt(inputs * (height + gap) / (width + gap)))
    lines = math.ceil(inputs / columns)
    sheet = np.full((lines * (height + gap), columns * (width + gap)), np.nan)
    names = [[""] * sheet.shape[1] for _ in range(sheet.shape[0])]
    for number in range(inputs):
        top, left = (number // columns) * (height + gap), (number % columns) * (width + gap)
        sheet[top : top + height, left : left + width] = kernel[..., number]
        for y in range(height):
            for x in range(width):
                names[top + y][left + x] = f"Input {number}, row {y}, column {x}"
    return sheet, names


def _zero_cells(values: np.ndarray, names: Sequence[Sequence[str]]) -> dict[str, object]:
    cells = [[0 if value == 0 else None for value in line] for line in values.tolist()]
    return {
        "type": "heatmap",
        "z": cells,
        "text": names,
        "colorscale": [[0, ZERO_CELL], [1, ZERO_CELL]],
        "showscale": False,
        "hoverongaps": False,
        "hovertemplate": "%{text}: 0<extra></extra>",
    }


def _weight_cells(values: np.ndarray, names: Sequence[Sequence[str]]) -> dict[str, object]:
    """Return the weights that are not zero; the page's own background stands for the smallest."""
    cells = [[value if value == value and value else None for value in line]
             for line in values.astype(np.float64).round(6).tolist()]  # fmt: skip
    top = float(np.nanmax(np.abs(values))) or 1.0
    return {
        "type": "heatmap",
        "z": cells,
        "text": names,
        "zmin": -top,
        "zmax": top,
        "colorscale": [[0, colors.series(3)], [0.5, WEAKEST], [1, colors.series(0)]],
        "colorbar": {"thickness": 10, "tickformat": ".2g"},
        "hoverongaps": False,
        "hovertemplate": "%{text}: %{z:.4f}<extra></extra>",
    }


def vectors(network: Network, weights: Mapping[str, np.ndarray], layer: str) -> Chart | None:
    """Return the values that a layer has one of for each unit, None where it has no such."""
    parts = layer_weights(network, weights, layer)
    found = {part: array for part, array in parts.items() if array.ndim == 1 and array.size > 1}
    if not found:
        return None
    return Chart(
        name="vectors",
        traces=[
            {
                "type": "scatter",
                "mode": "markers",
                "name": part,
                "x": list(range(array.size)),
                "y": array.astype(float).round(6).tolist(),
                "marker": {"size": 6, "color": colors.series(number), "symbol": symbol},
                "hovertemplate": "unit %{x}: %{y:.4f}<extra>%{fullData.name}</extra>",
            }
            for number, ((part, array), symbol) in enumerate(
                zip(found.items(), colors.SYMBOLS, strict=False)
            )
        ],
        layout=layout(
            axis("Unit"), axis("Value" if len(found) > 1 else next(iter(found)).capitalize())
        ),
        alt=f"{', '.join(found)} of {layer}, a value for each unit.",
        rows=[
            {"unit": unit, **{part: float(a[unit]) for part, a in found.items() if unit < a.size}}
            for unit in range(max(array.size for array in found.values()))
        ],
    )


def columns(kernel: np.ndarray, units: int) -> np.ndarray:
    """Return a kernel as (inputs, units), as mask pictures are drawn; depthwise ones have windows.

    units: of the layer; a depthwise kernel keeps its two last axes together as units.
    """
    if kernel.ndim > 2 and kernel.shape[-1] != units:
        return kernel.reshape(-1, kernel.shape[-2] * kernel.shape[-1])
    return kernel.reshape(-1, kernel.shape[-1])
