"""Widths that processors like: convolutions of eight, sixteen, twenty-four … channels.

Vector units work on eight or sixteen channels at a time, so that a step of widths (29, 29, 52, 51)
takes 1.7 times as long as one of (32, 32, 48, 48), in training and in use (docs/decisions/0064).
"""

from collections.abc import Mapping
from itertools import product

import numpy as np

from core.networks.network import NetworkShape
from core.networks.topology import CHANNEL_LAYERS, dense_unit_parameters, parameters_of

STEP = 8
CONVOLUTIONS = CHANNEL_LAYERS[:-1]
FURTHEST = np.log(2)  # a width that differs more from the wanted one is another network


def aligned(counts: Mapping[str, int], shape: NetworkShape, target: int) -> dict[str, int]:
    """Return the aligned widths nearest to `counts`, dense1 making up for the parameters.

    counts: layer -> wanted width. target: parameters to be left. Nearest is the smallest sum of
    squared logarithms of the ratios; widths that miss the target by more than half a unit of
    dense1, or any wanted width by more than a factor of two, do not count. `counts` itself comes
    back if there are none.
    """
    wanted = np.log([counts[layer] for layer in CHANNEL_LAYERS])
    options = [_options(shape.units[layer], counts[layer]) for layer in CONVOLUTIONS]
    found = [_filled(widths, shape, target) for widths in product(*options)]
    usable = {widths: np.log(widths) - wanted for widths in found if widths}
    near = [widths for widths, off in usable.items() if np.abs(off).max() <= FURTHEST]
    if not near:
        return dict(counts)
    best = min(near, key=lambda widths: float(np.sum(np.square(usable[widths]))))
    return dict(zip(CHANNEL_LAYERS, best, strict=True))


def is_aligned(counts: Mapping[str, int]) -> bool:
    """Return whether every convolution has a width that processors like."""
    return all(counts[layer] % STEP == 0 for layer in CONVOLUTIONS)


def _options(units: int, wanted: int) -> list[int]:
    """Return the aligned widths, and all units, that `aligned` may choose from: they are few."""
    widths = sorted({*range(STEP, units + 1, STEP), units})
    return [width for width in widths if wanted <= 2 * width and width <= 2 * wanted]


def _filled(
    convolutions: tuple[int, ...], shape: NetworkShape, target: int
) -> tuple[int, ...] | None:
    """Return the widths with the dense1 that ends nearest to the target, None if none is near."""
    widths = dict(zip(CONVOLUTIONS, convolutions, strict=True))
    a_unit = dense_unit_parameters(widths["conv4"], shape)
    units = 1 + round((target - parameters_of(widths | {"dense1": 1}, shape)) / a_unit)
    fits = 1 <= units <= shape.units["dense1"]
    return (*convolutions, units) if fits else None
