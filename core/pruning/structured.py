"""Prune whole channels: choose, compact, train the small network, put it back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from core.networks.compact import Kept, compact, compact_shape, scatter
from core.networks.network import NetworkShape, Weights
from core.networks.prepare import Prepared
from core.networks.topology import CHANNEL_LAYERS
from core.progress import Phases, Progress
from core.pruning.allocation.channels import channel_counts, check_reachable, keep_best
from core.pruning.allocation.scores import Sensitivity
from core.pruning.batchnorm_retraining import temporary_batchnorm
from core.pruning.masks.dead_units import LivingNetwork, channel_mask, last_units, remove_dead_units
from core.pruning.method import OWN, Budget, PruningContext, Scores, Selection
from core.pruning.methods.l1_filter import filter_norms
from core.pruning.outcome import Arrays, Pruned, notes_array, notes_of, packed, unpacked
from core.pruning.plan import PrunePlan, recipe_of
from core.pruning.reconstruction.plan_step import reconstructed
from core.pruning.schedule import rounds_of
from core.randomness import derived_seed
from core.training.architecture import PLAIN
from core.training.history import TrainingHistory
from core.training.teachers.teacher import Answers


@dataclass(frozen=True)
class Small:
    """A network in the course of losing channels.

    weights: physically small. kept: layer -> which channels of the full network they are.
    """

    weights: Weights
    kept: Kept
    full: NetworkShape

    @property
    def shape(self) -> NetworkShape:
        """The shape of the small network."""
        return compact_shape(self.full, self.kept)

    def target(self, sparsity: float) -> float:
        """Return what of the small network has to go for `sparsity` of the full one.

        Raises SettingsError for more than leaves one channel in each layer.
        """
        check_reachable(sparsity, self.full)
        return max(0.0, 1 - (1 - sparsity) * self.full.parameters / self.shape.parameters)

    def left_of(self, sensitivity: Sensitivity) -> Sensitivity:
        """Return the table, whose shares are of the full layers, in shares of the small ones."""
        left = {layer: len(self.kept[layer]) / self.full.units[layer] for layer in CHANNEL_LAYERS}
        return {
            layer: (1 - (1 - shares) / left[layer], drops)
            for layer, (shares, drops) in sensitivity.items()
        }

    def without(self, living: LivingNetwork) -> "Small":
        """Return the network with only its living channels."""
        weights = compact(living.weights, living.kept)
        kept = {layer: self.kept[layer][living.kept[layer]] for layer in CHANNEL_LAYERS}
        return Small(weights, kept, self.full)

    def arrays(self) -> Arrays:
        """Return it for a checkpoint."""
        return packed(weights=self.weights, kept=self.kept)


def living(dense: Weights, shape: NetworkShape) -> tuple[Small, tuple[str, ...]]:
    """Return the network without the channels that are dead already, and notes of what that took.

    Only what lives can be removed: counts of a layer's channels would miss the target otherwise.
    """
    every = {layer: np.arange(shape.units[layer]) for layer in CHANNEL_LAYERS}
    living = remove_dead_units(dense, every, shape)
    return Small(dense, every, shape).without(living), living.notes


def select(
    context: PruningContext,
    plan: PrunePlan,
    sparsity: float,
    epochs: int,
    sensitivity: Sensitivity | None = None,
) -> Selection:
    """Return the channels the plan keeps for this sparsity of `context`'s network.

    All methods share the allocation: counts come from the method's scores, or the filters' norms.
    """
    rule, settings = plan.rule, plan.method_settings
    scores = rule.scores(context, settings) if rule.scores else filter_norms(context.weights)
    counts = None
    if plan.resolved_allocation != OWN:
        allocation = plan.resolved_allocation
        counts = channel_counts(scores, context.shape, allocation, sparsity, sensitivity)
    if rule.select:
        return rule.select(context, settings, Budget(sparsity, counts, epochs))
    assert counts is not None
    return by_scores(context, scores, counts)


def by_scores(context: PruningContext, scores: Scores, counts: Mapping[str, int]) -> Selection:
    """Return the selection of the highest scores, with the weights as they were."""
    kept = keep_best(scores, counts)
    return Selection(kept, channel_mask(kept, context.shape).apply(context.weights), 0.0)


def prune_channels(
    dense: Weights,
    data: Prepared,
    plan: PrunePlan,
    seed: int,
    phases: Phases,
    sensitivity: Sensitivity | None,
    teacher: Answers | None = None,
) -> Pruned:
    """Return the network pruned channel by channel; resumable at every cut and every epoch.

    teacher: see `core.pruning.prune`.
    """
    rounds = rounds_of(plan)
    small, found = living(dense, data.shape)
    notes = list(found)
    rows: list[np.ndarray] = []
    used = 0.0
    for index, (sparsity, epochs) in enumerate(rounds, start=1):
        cutting = partial(_cut, small, data, plan, sparsity, epochs, seed, index, sensitivity)
        done = phases.run(f"cut {index}", cutting)
        small = Small(unpacked(done, "weights"), unpacked(done, "kept"), data.shape)
        notes += notes_of(done["notes"])
        left = epochs - round(float(done["epochs"]))
        used += float(done["epochs"])
        if left > 0:
            training = partial(_train, small, teacher or dense, data, plan, left, seed, index)
            done = phases.run(f"training {index}", training)
            small = Small(unpacked(done, "weights"), small.kept, data.shape)
            rows.append(done["history"])
            used += len(done["history"])
    return _outcome(small, plan, rows, used, notes)


def _outcome(
    small: Small, plan: PrunePlan, rows: list[np.ndarray], used: float, notes: list[str]
) -> Pruned:
    history = TrainingHistory(np.concatenate([TrainingHistory.empty().values, *rows]))
    mask = channel_mask(small.kept, small.full)
    weights = scatter(small.weights, small.kept, small.full)
    reached = (
        f"Whole channels reach a sparsity of {mask.sparsity:.4f} (asked for {plan.sparsity:.4f})."
    )
    every_note = tuple(dict.fromkeys((*notes, *last_units(mask), reached)))
    return Pruned(weights, mask, small.kept, small.weights, history, used, every_note, plan)


def _cut(
    small: Small,
    data: Prepared,
    plan: PrunePlan,
    sparsity: float,
    epochs: int,
    seed: int,
    index: int,
    sensitivity: Sensitivity | None,
    progress: Progress,
) -> Arrays:
    context = PruningContext(
        small.weights, small.shape, data, derived_seed(seed, "cut", index), progress
    )
    table = None if sensitivity is None else small.left_of(sensitivity)
    chosen = select(context, plan, small.target(sparsity), epochs, table)
    living = remove_dead_units(chosen.weights, chosen.kept, small.shape)
    if plan.reconstruction:
        weights = reconstructed(small.weights, living.weights, living.mask, small.shape, data, seed)
        living = replace(living, weights=weights)
    found = {"epochs": np.array(chosen.epochs_used)}
    notes = notes_array((*chosen.notes, *living.notes))
    return {**small.without(living).arrays(), **found, "notes": notes}


def _train(
    small: Small,
    teacher: Weights | Answers,
    data: Prepared,
    plan: PrunePlan,
    epochs: int,
    seed: int,
    index: int,
    progress: Progress,
) -> Arrays:
    from core.training.train import train

    densities = channel_mask(small.kept, small.full).densities()
    trained = train(
        small.weights,
        small.shape,
        data,
        recipe_of(plan, epochs, densities),
        derived_seed(seed, "retraining", index),
        progress,
        teacher=teacher if plan.distillation else None,
        architecture=temporary_batchnorm(data.train.images) if plan.has_batchnorm else PLAIN,
    )
    return {**packed(weights=trained.weights), "history": trained.history.values}
