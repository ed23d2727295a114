"""Prune whole units of any network: choose, make it small, train the small one, put it back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from core.errors import SettingsError
from core.networks.graph import Network
from core.networks.groups.choice import l1_scores
from core.networks.groups.compaction import compact, scatter
from core.networks.groups.dead_units import without_dead_units
from core.networks.groups.unit_groups import Kept, unit_groups
from core.networks.network import Weights
from core.networks.prepare import NetworkData
from core.progress import Phases, Progress
from core.pruning.allocation.scores import Sensitivity
from core.pruning.graphs.counts import Sizes, counts_for, keep_counts, ordered
from core.pruning.graphs.outcome import PrunedNetwork
from core.pruning.graphs.retraining import network_recipe, retrained
from core.pruning.groups.context import GraphContext, Scores, UnitBudget, UnitSelection
from core.pruning.method import OWN
from core.pruning.outcome import Arrays, notes_array, notes_of, packed, unpacked
from core.pruning.plan import PrunePlan
from core.pruning.schedule import rounds_of
from core.randomness import derived_seed
from core.text import plural
from core.training.history import TrainingHistory
from core.training.network_statistics import with_statistics
from core.training.teachers.teacher import Answers


@dataclass(frozen=True)
class SmallNetwork:
    """A network in the course of losing units.

    kept: group -> (units,) bool, which units of the full network it has. weights: its own.
    """

    full: Network
    kept: dict[str, np.ndarray]
    network: Network
    weights: Weights

    @classmethod
    def whole(cls, network: Network, weights: Weights) -> "SmallNetwork":
        """Return the network before it loses any."""
        groups = unit_groups(network)
        kept = {group.name: np.ones(len(group.units), bool) for group in groups.free}
        return cls(network, kept, network, weights)

    @classmethod
    def restored(cls, full: Network, arrays: Mapping[str, np.ndarray]) -> "SmallNetwork":
        """Return it from a checkpoint that `arrays` made."""
        kept = {n: each.astype(bool) for n, each in unpacked(arrays, "kept").items()}
        # A compact network follows from what is kept; the values do not matter here.
        empty = {name: np.zeros(s, np.float32) for name, s in full.parameter_shapes().items()}
        network, _ = compact(unit_groups(full), empty, kept)
        return cls(full, kept, network, unpacked(arrays, "weights"))

    def without(self, kept: Kept, weights: Weights) -> "SmallNetwork":
        """Return the network with only some of its units. kept: of its own groups."""
        network, small = compact(unit_groups(self.network), weights, kept)
        left = dict(self.kept)
        for name, mask in kept.items():
            every = np.flatnonzero(left[name])
            left[name] = np.zeros_like(left[name])
            left[name][every[mask]] = True
        return SmallNetwork(self.full, left, network, small)

    def left_of(self, sensitivity: Sensitivity) -> Sensitivity:
        """Return the table, whose shares are of whole groups, in shares of what is left of them."""
        left = {name: float(mask.mean()) for name, mask in self.kept.items()}
        return {
            name: (1 - (1 - shares) / left[name], drops)
            for name, (shares, drops) in sensitivity.items()
        }

    def arrays(self) -> Arrays:
        """Return it for a checkpoint."""
        return packed(weights=self.weights, kept=self.kept)


def prune_units(
    dense: Weights,
    data: NetworkData,
    plan: PrunePlan,
    seed: int,
    phases: Phases,
    sensitivity: Sensitivity | None = None,
    teacher: Answers | None = None,
) -> PrunedNetwork:
    """Return the network pruned unit by unit; resumable at every cut and every epoch.

    teacher: see `prune_network`.
    """
    full = data.network
    notes = [about_groups(full)]
    small = living_network(full, dense)
    rows, used = [TrainingHistory.empty().values], 0.0
    for index, (sparsity, epochs) in enumerate(rounds_of(plan), start=1):
        cutting = partial(_cut, small, data, plan, sparsity, epochs, seed, index, sensitivity)
        done = phases.run(f"cut {index}", cutting)
        small = SmallNetwork.restored(full, done)
        notes += notes_of(done["notes"])
        left = epochs - round(float(done["epochs"]))
        used += float(done["epochs"])
        if left > 0:
            training = partial(_train, small, teacher or dense, data, plan, left, seed, index)
            done = phases.run(f"training {index}", training)
            small = SmallNetwork(full, small.kept, small.network, unpacked(done, "weights"))
            rows.append(done["history"])
            used += len(done["history"])  # by the clock, not what was planned
    return _outcome(small, plan, rows, used, notes)


def living_network(full: Network, dense: Weights) -> SmallNetwork:
    """Return the network without the units that change nothing already."""
    small = SmallNetwork.whole(full, dense)
    return small.without(without_dead_units(unit_groups(full), dense), dense)


def about_groups(network: Network) -> str:
    """Return what of a network can be cut. Raises SettingsError if nothing can."""
    groups = unit_groups(network)
    if not groups.free:
        reasons = "; ".join(group.about for group in groups.groups[:5])
        raise SettingsError(
            f"No units of this network can be removed: {reasons}. Choose a method that removes "
            "single weights."
        )
    whole = [group for group in groups.groups if not group.is_free]
    said = "; ".join(group.about for group in whole if group.makers)
    free = f"{plural(len(groups.free), 'group')} of units can be cut"
    return f"{free}. {said}." if said else f"{free}."


def _cut(
    small: SmallNetwork,
    data: NetworkData,
    plan: PrunePlan,
    sparsity: float,
    epochs: int,
    seed: int,
    index: int,
    sensitivity: Sensitivity | None,
    progress: Progress,
) -> Arrays:
    own = derived_seed(seed, "cut", index)
    table = None if sensitivity is None else small.left_of(sensitivity)
    context = GraphContext(small.network, small.weights, data, own, progress, sensitivity=table)
    target = round((1 - sparsity) * small.full.parameters)
    chosen = select_units(context, plan, target, epochs, sparsity)
    fewer = small.without(chosen.kept, chosen.weights)
    living = without_dead_units(unit_groups(fewer.network), fewer.weights)
    found = {"epochs": np.array(chosen.epochs_used), "notes": notes_array(chosen.notes)}
    ready = fewer.without(living, fewer.weights)
    if 0 < epochs <= round(chosen.epochs_used):  # trained already: nothing else renews these
        ready = replace(ready, weights=with_statistics(ready.network, ready.weights, data, own))
    return {**ready.arrays(), **found}


def select_units(
    context: GraphContext,
    plan: PrunePlan,
    parameters: int,
    epochs: int,
    sparsity: float,
    scores: Scores | None = None,
) -> UnitSelection:
    """Return the units that the plan keeps for this number of parameters.

    All methods share the allocation: counts come from the method's scores, or the L1 norms.
    scores: what `unit_scores` returns, for who has it already.
    """
    rule, settings = plan.rule, plan.method_settings
    sizes = Sizes(context.groups)
    scores = scores or unit_scores(context, plan)
    if rule.unit_select:
        lost = rule.units_lost(context.groups) if rule.units_lost else tuple(scores)
        some = {name: scores[name] for name in lost}
        order = ordered(sizes, some, plan.resolved_allocation, context.sensitivity)
        # A method that divides by itself still gets the same share of every group, to begin with.
        counts = counts_for(sizes, order, parameters)

        def choose(found: Scores) -> Kept:
            is_own = plan.resolved_allocation == OWN
            wanted = counts_for(sizes, found, parameters) if is_own else counts
            return keep_counts(found, wanted)

        return rule.unit_select(context, settings, UnitBudget(counts, choose, epochs, sparsity))
    order = ordered(sizes, scores, plan.resolved_allocation, context.sensitivity)
    kept = keep_counts(scores, counts_for(sizes, order, parameters))
    return UnitSelection(kept, context.weights)


def unit_scores(context: GraphContext, plan: PrunePlan) -> Scores:
    """Return free group -> (units,) scores: the method's, or L1 norms where it has none.

    Raises SettingsError for a method that is made for the reference network alone.
    """
    rule = plan.rule
    if rule.unit_scores:
        every = rule.unit_scores(context, plan.method_settings)
    elif rule.unit_select:
        every = l1_scores(context.groups, context.weights)
    else:
        raise SettingsError(
            f"{rule.label} is made for the reference network. Choose another method for this one."
        )
    return {group.name: every[group.name] for group in context.groups.free}


def _train(
    small: SmallNetwork,
    teacher: Weights | Answers,
    data: NetworkData,
    plan: PrunePlan,
    epochs: int,
    seed: int,
    index: int,
    progress: Progress,
) -> Arrays:
    density = small.network.parameters / small.full.parameters
    recipe = network_recipe(plan, small.network, epochs, density)
    own = derived_seed(seed, "retraining", index)
    trained = retrained(
        small.network, small.weights, data, plan, recipe, own, progress, teacher=teacher
    )
    return {**packed(weights=trained.weights), "history": trained.history.values}


def _outcome(
    small: SmallNetwork, plan: PrunePlan, rows: list[np.ndarray], used: float, notes: list[str]
) -> PrunedNetwork:
    weights = scatter(unit_groups(small.full), small.weights, small.kept)
    reached = 1 - small.network.parameters / small.full.parameters
    notes.append(f"Whole units reach a sparsity of {reached:.4f} (asked for {plan.sparsity:.4f}).")
    history = TrainingHistory(np.concatenate(rows))
    kept_notes = tuple(dict.fromkeys(filter(None, notes)))
    return PrunedNetwork(weights, (small.network, small.weights), history, used, kept_notes, plan)
