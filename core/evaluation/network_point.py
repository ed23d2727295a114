"""Everything measured of a network that is not the reference, after its file was read again."""

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.evaluation import cost
from core.evaluation.point import Counted, Layer, Origin, Point, measured, measured_again
from core.networks.graph import Network, check_parameters
from core.networks.groups.compaction import compact
from core.networks.groups.dead_units import without_dead_units
from core.networks.groups.unit_groups import Kept, UnitGroups, unit_groups
from core.networks.keras_files.reader import ReadNetwork, read_network
from core.networks.network import Weights
from core.networks.prepare import NetworkData

BATCH, REPEATS = 32, 5


def read_measured(path: Path, network: Network, scratch: Path | None = None) -> Weights:
    """Return the weights in a network's file. Raises WeightsError if they are not the network's."""
    found: ReadNetwork = read_network(path, scratch=scratch)
    weights = dict(found.weights or {})
    check_parameters(network, weights)
    return {name: weights[name] for name in network.parameter_shapes()}


def measure_network(
    path: Path, data: NetworkData, origin: Origin, dense: Weights | None = None
) -> Point:
    """Return everything measured of the network file at `path`, read again from disk.

    dense: weights of the same network to agree with; without them, agreement is None. Raises
    WeightsError if the file is not of the data's network.
    """
    network = data.network
    weights = read_measured(path, network)
    groups = unit_groups(network)
    living = without_dead_units(groups, weights)
    counted = _counted(groups, weights, living)
    point = measured(path, weights, network, data, origin, counted, dense)
    latency = _seconds_per_image(groups, weights, living, data.holdout.images)
    return replace(point, latency_seconds=latency)


def of_network_file(point: Point, path: Path, scratch: Path | None = None) -> Point:
    """Return a point with what its network's file says, as `measured_again`."""
    found = read_network(path, scratch=scratch)
    network, weights = found.network, dict(found.weights or {})
    check_parameters(network, weights)
    groups = unit_groups(network)
    counted = _counted(groups, weights, without_dead_units(groups, weights))
    return measured_again(point, path, weights, counted)


def _counted(groups: UnitGroups, weights: Weights, living: Kept) -> Counted:
    useful = useful_multiply_adds(groups.network, weights)
    return Counted(layers_of_network(groups, weights, living), useful)


def layers_of_network(groups: UnitGroups, weights: Weights, living: Kept) -> tuple[Layer, ...]:
    """Return the exact zeros and dead units of every layer that has parameters.

    living: group -> (units,) bool, which units are of use.
    """
    keeps = groups.keep(living)
    found = []
    for layer in groups.network.layers:
        names = [f"{layer.name}/{part}" for part in _parts(groups.network, layer.name)]
        size = sum(weights[name].size for name in names)
        if not size:
            continue
        zeros = cost.zeros({name: weights[name] for name in names})
        units = groups.outputs[layer.name]
        dead = int((~keeps[units]).sum())
        found.append(Layer(layer.name, size, zeros, zeros / size, len(units), dead))
    return tuple(found)


def _parts(network: Network, name: str) -> list[str]:
    layer = network.by_name[name]
    return list(layer.settings.parameter_shapes(network.input_shapes(layer)))


def useful_multiply_adds(network: Network, weights: Mapping[str, np.ndarray]) -> int:
    """Return the multiply-adds with weights that are not zero."""
    return sum(
        uses * int(np.count_nonzero(weights[name])) for name, uses in network.kernel_uses.items()
    )


def _seconds_per_image(
    groups: UnitGroups, weights: Weights, living: Kept, images: np.ndarray
) -> float:
    """Return the median time per image of the network without dead units."""
    from core.networks.inference import batch_size, loaded

    network, small = compact(groups, weights, living)
    few = images[: math.ceil(min(BATCH, batch_size(network)))]
    run = loaded(network, small)
    return cost.latency_seconds(lambda: run(few), REPEATS) / len(few)
