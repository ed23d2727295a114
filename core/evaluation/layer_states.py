"""What is left of every layer of a finished network: parameters, multiply-adds, units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.point import Layer
from core.networks.graph import Network
from core.networks.groups.description import LayerRow, layer_rows


@dataclass(frozen=True)
class LayerState:
    """One layer as pruning left it.

    row: the layer as it was designed. zeros: of its parameters. useful_multiply_adds: an image's,
    zeros left out. units, dead_units: 0 for a layer without parameters, which nobody measures.
    """

    row: LayerRow
    zeros: int = 0
    useful_multiply_adds: int = 0
    units: int = 0
    dead_units: int = 0

    @property
    def left(self) -> float:
        """Share of the parameters that is not zero, in [0, 1]; 1 where there are none."""
        return 1 - self.zeros / self.row.parameters if self.row.parameters else 1.0

    @property
    def units_left(self) -> float:
        """Share of the units that are of use, in [0, 1]; 1 where there are none."""
        return 1 - self.dead_units / self.units if self.units else 1.0


def layer_states(
    network: Network, weights: Mapping[str, np.ndarray], measured: Sequence[Layer]
) -> list[LayerState]:
    """Return the state of each layer of the network, in order.

    measured: the layers of the network's point, which knows zeros and dead units.
    """
    known, useful = {layer.name: layer for layer in measured}, _useful(network, weights)
    return [_state(row, known.get(row.name), useful) for row in layer_rows(network)]


def _state(row: LayerRow, layer: Layer | None, useful: Mapping[str, int]) -> LayerState:
    done = useful.get(row.name, 0)
    if layer is None:
        return LayerState(row, 0, done)
    return LayerState(row, layer.zeros, done, layer.units, layer.dead_units)


def _useful(network: Network, weights: Mapping[str, np.ndarray]) -> dict[str, int]:
    """Return layer -> multiply-adds of an image with weights that are not zero."""
    found: dict[str, int] = {}
    for name, uses in network.kernel_uses.items():
        layer = name.rpartition("/")[0]
        found[layer] = found.get(layer, 0) + uses * int(np.count_nonzero(weights[name]))
    return found
