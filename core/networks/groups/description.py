"""A network in rows for people: its layers with shapes and costs, its unit groups, its memory."""

import math
from dataclasses import dataclass

from core.networks.graph import Network
from core.networks.groups.unit_groups import unit_groups

FLOAT_BYTES = 4
KEPT_OF_PARAMETERS = 5  # weights, gradients, two of Adam's and the mask
KEPT_OF_OUTPUTS = 2  # outputs and their gradients
PROGRAM_BYTES = 600_000_000  # TensorFlow itself


@dataclass(frozen=True)
class LayerRow:
    """One layer: the shape of its output, its parameters, and what it costs an image."""

    name: str
    kind: str
    output: tuple[int, ...]
    parameters: int
    multiply_adds: int


def layer_rows(network: Network) -> list[LayerRow]:
    """Return a row of each layer, in order."""
    sizes: dict[str, int] = {}
    for name, shape in network.parameter_shapes().items():
        layer = name.rpartition("/")[0]
        sizes[layer] = sizes.get(layer, 0) + math.prod(shape)
    return [
        LayerRow(
            layer.name,
            layer.kind,
            network.shapes[layer.name],
            sizes.get(layer.name, 0),
            layer.settings.multiply_adds(network.input_shapes(layer)),
        )
        for layer in network.layers
    ]


def kept_whole(network: Network) -> list[str]:
    """Return a sentence of each group of units that cannot be cut, with the reason."""
    groups = unit_groups(network).groups
    return [group.about for group in groups if not group.is_free and group.makers]


def training_bytes(network: Network, batch_size: int) -> int:
    """Return about how much memory a training takes: parameters, and the outputs of a batch."""
    outputs = sum(math.prod(shape) for shape in network.shapes.values())
    return PROGRAM_BYTES + FLOAT_BYTES * (
        KEPT_OF_PARAMETERS * network.parameters + KEPT_OF_OUTPUTS * batch_size * outputs
    )
