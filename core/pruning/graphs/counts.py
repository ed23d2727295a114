"""How many units every group keeps, so that the network comes nearest to the target."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.errors import SettingsError
from core.networks.groups.unit_groups import UnitGroups
from core.networks.layers.dense import Dense
from core.pruning.allocation.channels import DENSE_COST
from core.pruning.allocation.scores import Layered, Sensitivity, by_rank
from core.pruning.allocation.scores import sensitivity as by_sensitivity
from core.pruning.groups.context import Scores

Counts = dict[str, int]


@dataclass(frozen=True)
class Sizes:
    """How many parameters a network has left for numbers of units in its groups."""

    groups: UnitGroups

    @cached_property
    def _axes(self) -> list[list[tuple[int, dict[str, int]]]]:
        """Of every parameter, of every axis: entries that stay, and group -> entries of a unit."""
        owner = {int(u): group.name for group in self.groups.free for u in group.units}
        shapes = self.groups.network.parameter_shapes()
        found = {
            name: [(size, dict[str, int]()) for size in shape] for name, shape in shapes.items()
        }
        for axis in self.groups.axes:
            names = Counter(owner.get(int(unit), "") for unit in axis.units)
            stays = names.pop("", 0)
            times = {name: count // self._units[name] for name, count in names.items()}
            found[axis.parameter][axis.axis] = (stays, times)
        return list(found.values())

    @cached_property
    def dense(self) -> tuple[str, ...]:
        """The free groups whose units dense layers make."""
        by_name = self.groups.network.by_name
        return tuple(
            group.name
            for group in self.groups.free
            if all(isinstance(by_name[maker].settings, Dense) for maker in group.makers)
        )

    @cached_property
    def _units(self) -> Counts:
        return {group.name: len(group.units) for group in self.groups.free}

    @property
    def all_units(self) -> Counts:
        """The number of units in every free group."""
        return dict(self._units)

    def parameters(self, counts: Mapping[str, int]) -> int:
        """Return the parameters left when every group keeps `counts[group]` units."""
        return sum(
            math.prod(
                stays + sum(times * counts[name] for name, times in each.items())
                for stays, each in axes
            )
            for axes in self._axes
        )


def ordered(
    sizes: Sizes, scores: Scores, allocation: str, sensitivity: Sensitivity | None = None
) -> Scores:
    """Return the scores made comparable between groups.

    sensitivity: what each group alone costs, for the allocation of that name. Raises SettingsError
    for an allocation that there is not, or that lacks it.
    """
    if allocation == "raw":
        return scores
    if allocation == "global":
        return {
            name: value / max(float(np.sqrt(np.mean(np.square(value)))), 1e-12)
            for name, value in scores.items()
        }
    if allocation in ("uniform", "balanced", "own"):
        weight = _balance(sizes) if allocation == "balanced" else {}
        return {name: by_rank(value, weight.get(name, 1.0)) for name, value in scores.items()}
    if allocation == "sensitivity":
        return by_sensitivity(Layered(scores, {}, sizes.groups.network, sensitivity))
    raise SettingsError(
        f"There is no allocation {allocation!r} of units. Choose balanced, uniform, global, "
        "sensitivity or raw."
    )


def _balance(sizes: Sizes) -> dict[str, float]:
    """Return the share of the dense layer that holds most parameters, if there is one.

    It shrinks until it costs little next to all others, then all shrink alike, as in the reference
    network, whose wide dense layer holds nearly all parameters. Convolutions that hold as much
    (those which the residual blocks of a stage share) work at every position: they shrink alike.
    """
    everything = sizes.all_units
    whole = sizes.parameters(everything)
    for name in sizes.dense:
        others = sizes.parameters({**everything, name: 1})
        if whole - others > whole / 2:
            return {name: min(1.0, DENSE_COST * others / (whole - others))}
    return {}


def counts_for(sizes: Sizes, order: Scores, parameters: int) -> Counts:
    """Return the counts left when units go from the lowest `order` up, nearest to `parameters`.

    order: group -> (units,), of the groups that may lose some. One unit stays in each. Raises
    SettingsError for a target that even one unit each misses.
    """
    counts = sizes.all_units
    least = sizes.parameters({**counts, **dict.fromkeys(order, 1)})
    if parameters < least:
        raise SettingsError(
            f"The network cannot be cut to {parameters:,} parameters by removing units: one unit "
            f"of each group leaves {least:,}. Choose a lower sparsity, or a method that removes "
            "single weights."
        )
    owners = _owners(order)
    low, high = 0, len(owners)
    while low < high:  # the most units that leave at least the target
        middle = (low + high + 1) // 2
        fits = sizes.parameters(_without(counts, owners[:middle])) >= parameters
        low, high = (middle, high) if fits else (low, middle - 1)
    best = _without(counts, owners[:low])
    more = [{**best, name: best[name] - 1} for name in order if best[name] > 1]
    return min([best, *more], key=lambda each: abs(sizes.parameters(each) - parameters))


def _owners(order: Scores) -> list[str]:
    """Return the groups whose units go, one after the other; each keeps its highest."""
    rows = []
    for name, values in order.items():
        rows += [(float(value), name) for value in np.sort(values, kind="stable")[:-1]]
    return [name for _, name in sorted(rows, key=lambda row: row[0])]


def _without(counts: Counts, owners: list[str]) -> Counts:
    gone = Counter(owners)
    return {name: count - gone[name] for name, count in counts.items()}


def keep_counts(scores: Scores, counts: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Return group -> (units,) bool, `counts[group]` of them True: those with the best scores."""
    kept = {}
    for name, values in scores.items():
        order = np.argsort(values, kind="stable")
        mask = np.zeros(len(values), bool)
        mask[order[len(values) - counts[name] :]] = True
        kept[name] = mask
    return kept
