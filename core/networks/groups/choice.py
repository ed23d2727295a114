"""Scores of units over groups, and which units of each group to keep."""

import math
from collections.abc import Mapping

import numpy as np

from core.errors import SettingsError
from core.networks.groups.unit_groups import UnitGroups


def l1_scores(groups: UnitGroups, weights: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return group -> (units,) sums of absolute weights that make each unit, over all its makers.

    Source: Li et al. 2017, Pruning Filters for Efficient ConvNets, arXiv:1608.08710.
    """
    totals = np.zeros(groups.count)
    for axis in groups.axes:
        if axis.role == "makes":
            array = np.abs(weights[axis.parameter])
            others = tuple(number for number in range(array.ndim) if number != axis.axis)
            np.add.at(totals, axis.units, array.sum(axis=others, dtype=np.float64))
    return {group.name: totals[group.units] for group in groups.groups}


def keep_best(
    groups: UnitGroups, scores: Mapping[str, np.ndarray], removed: float
) -> dict[str, np.ndarray]:
    """Return group -> (units,) bool: of every free group, all but a share of the lowest scores.

    removed: in [0, 1); rounded down, so that at least one unit stays. Raises SettingsError for
    another share.
    """
    if not 0 <= removed < 1:
        raise SettingsError(f"The share of removed units is {removed}; it has to be in [0, 1).")
    kept = {}
    for group in groups.free:
        order = np.argsort(scores[group.name], kind="stable")
        mask = np.ones(len(order), bool)
        mask[order[: math.floor(removed * len(order))]] = False
        kept[group.name] = mask
    return kept
