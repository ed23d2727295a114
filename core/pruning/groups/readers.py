"""What the layers that read a unit group are given: sampled rows of their inputs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.networks.graph import Network
from core.networks.groups.unit_groups import UnitGroup, UnitGroups
from core.networks.inference import layer_outputs
from core.networks.layers.convolution import Convolution
from core.networks.layers.dense import Dense
from core.networks.layers.windows import padded, sliding
from core.networks.network import Weights
from core.pruning.groups.context import GraphContext, is_inner
from core.randomness import generator

LARGEST_ENTRIES = 64_000_000  # of one layer's sampled rows: 256 MB


@dataclass(frozen=True)
class Reader:
    """One layer that reads a group. of_unit: each input of its kernel -> place in the group, or -1.

    Inputs are those of the kernel without its last axis, flattened: window, then channel.
    """

    layer: str
    of_unit: np.ndarray


def judged_groups(groups: UnitGroups) -> tuple[str, ...]:
    """Return the groups that one layer makes and convolutions or dense layers alone read.

    Units of a sum of branches keep their number, as in both papers on residual networks.
    """
    return tuple(
        group.name
        for group in groups.free
        if is_inner(groups, group) and all(_is_judge(groups.network, n) for n in group.readers)
    )


def _is_judge(network: Network, layer: str) -> bool:
    settings = network.by_name[layer].settings
    return isinstance(settings, Dense) or (
        isinstance(settings, Convolution) and settings.groups == 1
    )


def readers_of(groups: UnitGroups, group: UnitGroup) -> list[Reader]:
    """Return the layers that read a group of `judged_groups`."""
    place = np.full(groups.count, -1)
    place[group.units] = np.arange(len(group.units))
    shapes = groups.network.parameter_shapes()
    found = []
    for axis in groups.axes:
        if axis.role == "reads" and axis.layer in group.readers:
            window = int(np.prod(shapes[axis.parameter][:-2], dtype=int))
            found.append(Reader(axis.layer, np.tile(place[axis.units], window)))
    return found


def sampled_rows(
    context: GraphContext,
    networks: Sequence[Weights],
    layer: str,
    images: int,
    positions: int,
    name: str,
) -> list[np.ndarray]:
    """Return for each of several weights what `layer` reads, at the same images and places.

    Each (rows, inputs of one output) float32. name: of the random streams.
    """
    data = context.data.train.images
    rng = generator(context.seed, name, layer)
    chosen = np.sort(rng.choice(len(data), min(images, len(data)), replace=False))
    inputs = int(np.prod(context.network.parameter_shapes()[f"{layer}/kernel"][:-1]))
    most = max(len(chosen), LARGEST_ENTRIES // inputs)
    places = max(1, min(positions, most // len(chosen)))
    before = context.network.by_name[layer].inputs[0]
    found = []
    for weights in networks:
        streams = generator(context.seed, name, layer, "places")
        parts = [
            _rows(context.network, layer, outputs[before], places, streams)
            for outputs in layer_outputs(context.network, weights, [before], data[chosen])
        ]
        found.append(np.concatenate(parts))
    return found


def _rows(
    network: Network, layer: str, entering: np.ndarray, places: int, rng: np.random.Generator
) -> np.ndarray:
    """Return `places` rows of each image that enters a layer."""
    settings = network.by_name[layer].settings
    count = len(entering)
    if not isinstance(settings, Convolution):
        flat = entering.reshape(count, -1, entering.shape[-1])
        where = rng.integers(flat.shape[1], size=(count, min(places, flat.shape[1])))
        return np.asarray(flat[np.arange(count)[:, None], where].reshape(-1, flat.shape[-1]))
    options = (settings.kernel_size, settings.strides, settings.dilation_rate)
    if settings.padding == "same":
        entering = padded(entering, *options, 0)
    views = sliding(entering, *options)
    sizes = views.shape[1 : settings.rank + 1]
    index = [np.repeat(np.arange(count), places)]
    index += [rng.integers(size, size=count * places) for size in sizes]
    rows = np.moveaxis(views[tuple(index)], 1, -1)  # channels behind the window
    return np.ascontiguousarray(rows).reshape(len(rows), -1)


def with_kernel(weights: Weights, layer: str, matrix: np.ndarray) -> Weights:
    """Return weights in which a layer's kernel is this (inputs, outputs) matrix."""
    name = f"{layer}/kernel"
    return {**weights, name: matrix.reshape(weights[name].shape).astype(np.float32)}


def kernel_matrix(weights: Weights, layer: str) -> np.ndarray:
    """Return a layer's kernel as an (inputs, outputs) float64 matrix."""
    kernel = weights[f"{layer}/kernel"]
    return np.asarray(kernel.reshape(-1, kernel.shape[-1]), np.float64)
