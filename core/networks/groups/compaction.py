"""Any network without some of its units: physically smaller, or with zeros in their place."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from core.networks.graph import Network, check_parameters
from core.networks.groups.unit_groups import Kept, UnitGroups
from core.networks.network import Weights


def compact(
    groups: UnitGroups, weights: Mapping[str, np.ndarray], kept: Kept
) -> tuple[Network, Weights]:
    """Return the small network made of the kept units, and its weights.

    kept: group -> (units,) bool. Raises WeightsError if they cannot be removed.
    """
    check_parameters(groups.network, weights)
    keeps = groups.keep(kept)
    small = dict(weights)
    for axis in groups.axes:
        chosen = keeps[axis.units]
        if not chosen.all():
            small[axis.parameter] = small[axis.parameter].compress(chosen, axis.axis)
    network = _resized(groups, keeps)
    check_parameters(network, small)
    return network, small


def _resized(groups: UnitGroups, keeps: np.ndarray) -> Network:
    layers = []
    for layer in groups.network.layers:
        chosen = keeps[groups.outputs[layer.name]]
        if not chosen.all():
            layer = replace(layer, settings=layer.settings.resized(int(chosen.sum())))
        layers.append(layer)
    return Network(tuple(layers))


def masked(groups: UnitGroups, weights: Mapping[str, np.ndarray], kept: Kept) -> Weights:
    """Return weights of the full network in which everything of the other units is zero.

    It predicts as the compact network does, up to rounding.
    """
    keeps = groups.keep(kept)
    changed = dict(weights)
    for axis in groups.axes:
        chosen = keeps[axis.units]
        if not chosen.all():
            array = changed[axis.parameter]
            sizes = [-1 if number == axis.axis else 1 for number in range(array.ndim)]
            changed[axis.parameter] = array * chosen.reshape(sizes)
    return changed


def scatter(groups: UnitGroups, small: Mapping[str, np.ndarray], kept: Kept) -> Weights:
    """Return the full layout with the compact network's values in place and zeros elsewhere."""
    keeps = groups.keep(kept)
    shapes = groups.network.parameter_shapes()
    where = {name: [np.arange(size) for size in shape] for name, shape in shapes.items()}
    for axis in groups.axes:
        where[axis.parameter][axis.axis] = np.flatnonzero(keeps[axis.units])
    full = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    for name, indices in where.items():
        full[name][np.ix_(*indices)] = small[name]
    return full
