"""The unit groups of a network: units that go together, and where in the parameters they lie.

Source: Fang et al. 2023, DepGraph: Towards Any Structural Pruning, arXiv:2301.12900.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from core.errors import WeightsError
from core.networks.graph import Network
from core.networks.layers.unit_table import Axis, Role, UnitTable
from core.randomness import generator
from core.text import listed, plural

Kept = Mapping[str, np.ndarray]  # group name -> (units,) bool


@dataclass(frozen=True)
class ParameterAxis:
    """One axis of a parameter that is cut with units; units: the unit of each index along it."""

    parameter: str
    axis: int
    units: np.ndarray
    role: Role

    @property
    def layer(self) -> str:
        """The layer that has the parameter."""
        return self.parameter.rpartition("/")[0]


@dataclass(frozen=True)
class UnitGroup:
    """Units that lie in the same parameters; any of them may go, all that a unit holds with it.

    name: of the first layer that makes them, "input" for the network's. units: their numbers.
    reason: why none may go, "" if they may. makers, readers: layers.
    """

    name: str
    units: np.ndarray
    makers: tuple[str, ...]
    readers: tuple[str, ...]
    reason: str = ""

    @property
    def is_free(self) -> bool:
        """Whether units of the group may be removed."""
        return not self.reason

    @property
    def about(self) -> str:
        """What the group is, as people read it."""
        count = plural(len(self.units), "unit")
        if len(self.makers) > 1:
            said = f"{listed(self.makers)} share {count}"
        else:
            said = f"{self.name} has {count}"
        return f"{said}, all kept: {self.reason}" if self.reason else said


@dataclass(frozen=True)
class UnitGroups:
    """All unit groups of a network.

    axes: of all parameters that are cut. outputs: layer -> the unit of each output channel.
    count: units are numbered from 0 to count - 1, not all numbers in use.
    """

    network: Network
    groups: tuple[UnitGroup, ...]
    axes: tuple[ParameterAxis, ...]
    outputs: Mapping[str, np.ndarray]
    count: int

    @cached_property
    def by_name(self) -> dict[str, UnitGroup]:
        """Name -> group."""
        return {group.name: group for group in self.groups}

    @property
    def free(self) -> tuple[UnitGroup, ...]:
        """The groups whose units may be removed."""
        return tuple(group for group in self.groups if group.is_free)

    def keep(self, kept: Kept) -> np.ndarray:
        """Return (count,) bool: which units stay; groups that are not named stay whole.

        Raises WeightsError if a group would lose all units or has to stay whole.
        """
        keeps = np.ones(self.count, bool)
        for name, mask in kept.items():
            group = self.by_name.get(name)
            if group is None or np.shape(mask) != group.units.shape:
                raise WeightsError(f"The network has no group {name!r} of {np.size(mask)} units.")
            if not np.all(mask) and (group.reason or not np.any(mask)):
                why = group.reason or "at least one unit has to stay"
                raise WeightsError(f"Units of {name!r} cannot be removed: {why}.")
            keeps[group.units] = mask
        return keeps


@lru_cache(maxsize=16)
def unit_groups(network: Network) -> UnitGroups:
    """Return the network's unit groups, in the order of their first layers."""
    table, axes = UnitTable(), []
    units: dict[str, np.ndarray] = {}
    for layer in network.layers:
        read = [units[name] for name in layer.inputs]
        flow = layer.settings.flow(network.input_shapes(layer), read, table)
        units[layer.name] = flow.units
        axes += [(f"{layer.name}/{axis.part}", axis) for axis in flow.axes]
    table.freeze(units[network.output.name], "the network's output")
    found = tuple(_resolved(name, axis, table) for name, axis in axes)
    outputs = {name: table.roots[each] for name, each in units.items()}
    groups = _groups(found, table.reasons(), len(table.roots))
    return UnitGroups(network, groups, found, outputs, len(table.roots))


def _resolved(name: str, axis: Axis, table: UnitTable) -> ParameterAxis:
    return ParameterAxis(name, axis.axis, table.roots[axis.units], axis.role)


def _groups(
    axes: tuple[ParameterAxis, ...], reasons: Mapping[int, str], count: int
) -> tuple[UnitGroup, ...]:
    """Return the units that lie on the same axes, and are kept for the same reason, as groups."""
    marks = _fingerprints(axes, reasons, count)
    lie: dict[int, list[ParameterAxis]] = {}
    for axis in axes:
        for mark in np.unique(marks[axis.units]):
            lie.setdefault(int(mark), []).append(axis)
    members = _members(marks, axes)
    found: list[UnitGroup] = []
    names: set[str] = set()
    for mark, on in lie.items():
        makers, readers = (_layers(on, role) for role in ("makes", "reads"))
        name = _unique(makers[0] if makers else "input", names)
        units = members[mark]
        reason = reasons.get(int(units[0]), "")
        if len(units) == 1 and not reason:
            reason = "it is one unit"
        found.append(UnitGroup(name, units, makers, readers, reason))
    return tuple(found)


def _fingerprints(
    axes: tuple[ParameterAxis, ...], reasons: Mapping[int, str], count: int
) -> np.ndarray:
    """Return (count,) numbers that are equal for units on the same axes, as often, and kept alike.

    Each axis has a random number of 64 bits; a unit's are summed, modulo 2^64.
    """
    rng = generator(0, "unit groups")
    marks = np.zeros(count, np.uint64)
    for axis in axes:
        np.add.at(marks, axis.units, rng.integers(1, 2**63, dtype=np.uint64))
    of_reason = {reason: rng.integers(1, 2**63, dtype=np.uint64) for reason in reasons.values()}
    for reason, mark in of_reason.items():
        marks[[unit for unit, why in reasons.items() if why == reason]] += mark
    return marks


def _members(marks: np.ndarray, axes: tuple[ParameterAxis, ...]) -> dict[int, np.ndarray]:
    """Return fingerprint -> the units that have it, sorted."""
    units = np.unique(np.concatenate([axis.units for axis in axes]))
    order = units[np.argsort(marks[units], kind="stable")]
    found, starts = np.unique(marks[order], return_index=True)
    pieces = np.split(order, starts[1:])
    return {int(mark): piece for mark, piece in zip(found, pieces, strict=True)}


def _layers(axes: list[ParameterAxis], role: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(axis.layer for axis in axes if axis.role == role))


def _unique(name: str, names: set[str]) -> str:
    found, number = name, 1
    while found in names:
        number += 1
        found = f"{name} ({number})"
    names.add(found)
    return found
