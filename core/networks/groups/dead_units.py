"""Units that change nothing: no weight reads them, or they are zero whatever the network sees."""

from collections.abc import Mapping

import numpy as np

from core.networks.groups.compaction import masked
from core.networks.groups.unit_groups import ParameterAxis, UnitGroups


def without_dead_units(
    groups: UnitGroups, weights: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Return group -> (units,) bool: which units of the free groups are of use.

    Removing the others changes no output, up to rounding. A unit that only dead ones read, or that
    only dead ones make, is dead as well. Of a group of dead units the first stays.
    """
    current = dict(weights)
    kept = {group.name: np.ones(len(group.units), bool) for group in groups.free}
    while True:
        dead = _unread(groups, current) | _silent(groups, current)
        found = {group.name: kept[group.name] & ~dead[group.units] for group in groups.free}
        for mask in found.values():
            mask[0] |= not mask.any()
        if all(np.array_equal(found[name], kept[name]) for name in kept):
            return kept
        kept = found
        current = masked(groups, current, kept)


def _unread(groups: UnitGroups, weights: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return (count,) bool: units that every reader multiplies with zeros."""
    is_read = np.zeros(groups.count, bool)
    for axis in groups.axes:
        if axis.role == "reads":
            _mark(is_read, axis, weights)
    return ~is_read


def _silent(groups: UnitGroups, weights: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return (count,) bool: units that are made of zeros and that nothing moves from zero."""
    says = np.zeros(groups.count, bool)
    for axis in groups.axes:
        part = axis.parameter.rpartition("/")[2]
        layer = groups.network.by_name[axis.layer]
        if axis.role == "makes" or (axis.role == "carries" and part in layer.settings.shifts):
            _mark(says, axis, weights)
    for layer in groups.network.layers:
        if not layer.settings.keeps_zero:
            says[groups.outputs[layer.name]] = True
    while _spread(groups, says):
        pass
    return ~says


def _spread(groups: UnitGroups, says: np.ndarray) -> bool:
    """Set, in place, the flags of units that meet a one-channel tensor which is not zero.

    Return whether that changed any: what they move may itself be such a tensor.
    """
    before = says.sum()
    for layer in groups.network.layers:
        read = [groups.outputs[name] for name in layer.inputs]
        if any(says[units].any() for units in layer.settings.spread(read)):
            says[groups.outputs[layer.name]] = True
    return bool(says.sum() > before)


def _mark(flags: np.ndarray, axis: ParameterAxis, weights: Mapping[str, np.ndarray]) -> None:
    """Set, in place, the flags of units that have any weight along the axis."""
    array = weights[axis.parameter]
    others = tuple(number for number in range(array.ndim) if number != axis.axis)
    flags[axis.units[array.any(axis=others)]] = True
