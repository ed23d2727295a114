"""Prune single weights: cut and retrain in rounds, or change the mask within one training."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from core.evaluation.cost import sparsity as file_sparsity
from core.networks.network import Weights
from core.networks.prepare import Prepared
from core.networks.topology import without_units
from core.progress import Phases, Progress, Silent
from core.pruning.allocation.scores import Sensitivity, comparable
from core.pruning.batchnorm_retraining import batchnorm_mask, plain_mask, temporary_batchnorm
from core.pruning.masks.connected import ALWAYS_KEPT, connected_cut, guarded_cut
from core.pruning.masks.dead_units import last_units, living_units
from core.pruning.masks.dense_unit_pruning import WIDE, surplus
from core.pruning.masks.gradient_regrowth import regrow
from core.pruning.masks.mask import Mask
from core.pruning.method import PruningContext, Scores
from core.pruning.outcome import Arrays, Pruned, notes_array, notes_of, packed, unpacked
from core.pruning.plan import PrunePlan, recipe_of
from core.pruning.reconstruction.plan_step import reconstructed
from core.pruning.schedule import (
    UPDATES,
    UPDATES_WITH_DATA,
    Alternation,
    SparsityRamp,
    alternation_over,
    ramp_over,
    rounds_of,
)
from core.randomness import derived_seed
from core.training.architecture import PLAIN
from core.training.batches import steps_per_epoch
from core.training.history import TrainingHistory
from core.training.mask_schedule import MaskSchedule
from core.training.teachers.teacher import Answers
from core.training.temporary_batchnorm import fold

NOT_RECONSTRUCTED = (
    "Least-squares reconstruction is without effect while weights go gradually or in turns. Choose "
    "the schedule one_shot or iterative for it."
)


@dataclass(frozen=True)
class Cutter:
    """Turns weights into a mask as the plan says; the same weights give the same mask."""

    data: Prepared
    plan: PrunePlan
    seed: int
    sensitivity: Sensitivity | None = None
    dense: Weights | None = None

    def scores(self, weights: Weights, sparsity: float = 0.0) -> Scores:
        """Return the method's scores, comparable between layers.

        A weight that is zero already goes first: the file's zeros are what counts, and what a
        gradual schedule has removed must not come back. Normalisation needs the biases of all
        living units, even those that are zero now, because folding moves its shift there.
        sparsity: that the plan narrows to.
        """
        plan, shape = self.plan, self.data.shape
        context = PruningContext(weights, shape, self.data, self.seed, Silent(), dense=self.dense)
        assert plan.rule.scores is not None
        found = plan.rule.scores(context, plan.method_settings)
        left = weights
        if plan.prunes_dense_units:  # before the allocation, whose share the other units then meet
            units = surplus(found, sparsity)
            found, left = (without_units(each, WIDE, units) for each in (found, weights))
        between = comparable(found, weights, shape, plan.resolved_allocation, self.sensitivity)
        if plan.has_batchnorm:
            biases = {name for name in between if name.endswith("bias")}
            between |= {name: np.full(between[name].shape, ALWAYS_KEPT) for name in biases}
        gone = self._gone(left)
        return {name: np.where(gone[name], -np.inf, value) for name, value in between.items()}

    def mask(self, weights: Weights, sparsity: float) -> tuple[Mask, tuple[str, ...]]:
        """Return the mask of exactly this sparsity, and what the guard did.

        Where a ramp is flat, a unit's weights can be more than the step may take; it stays then,
        because only weights that are gone already could take their place.
        """
        narrowed = self.cut(self.scores(weights, sparsity), sparsity)
        if not self.plan.prunes_dense_units or not self._revives(narrowed[0], weights):
            return narrowed
        return self.cut(self.scores(weights), sparsity)

    def cut(self, scores: Scores, sparsity: float) -> tuple[Mask, tuple[str, ...]]:
        """Return the exact cut of these scores that the plan asks for, and what the guard did."""
        choose = connected_cut if self.plan.connected else guarded_cut
        return choose(scores, sparsity)

    def _gone(self, weights: Weights) -> dict[str, np.ndarray]:
        """Tell which entries are removed already: the zeros, without the biases that must stay."""
        gone = {name: value == 0 for name, value in weights.items()}
        if not self.plan.has_batchnorm:
            return gone
        alive = {f"{layer}/bias": units for layer, units in living_units(weights).items()}
        stay = {**alive, "dense2/bias": np.ones(weights["dense2/bias"].shape, dtype=bool)}
        return gone | {name: gone[name] & ~units for name, units in stay.items()}

    def _revives(self, mask: Mask, weights: Weights) -> bool:
        gone = self._gone(weights)
        return any((kept & gone[name]).any() for name, kept in mask.arrays.items())

    def mask_at(
        self, ramp: SparsityRamp, step: int, values: Mapping[str, np.ndarray]
    ) -> Mapping[str, np.ndarray]:
        """Return the variables' mask from this step of a gradual schedule on."""
        weights = fold(values) if self.plan.has_batchnorm else dict(values)
        return self.variables_mask(self._ramped(ramp, step, weights).arrays)

    def turn_at(
        self, phases: Alternation, step: int, values: Mapping[str, np.ndarray]
    ) -> Mapping[str, np.ndarray]:
        """Return the variables' mask from this step of an alternating schedule on."""
        weights = fold(values) if self.plan.has_batchnorm else dict(values)
        if not phases.is_compressed(step):
            whole = {name: np.ones(array.shape, bool) for name, array in weights.items()}
            return self.variables_mask(whole)
        cutter = self if step >= phases.last_step else self._plain
        return self.variables_mask(cutter.mask(weights, self.plan.sparsity)[0].arrays)

    @property
    def _plain(self) -> "Cutter":
        """The paper's cut, which takes no units as a whole: without any weight none comes back."""
        return replace(self, plan=replace(self.plan, connected=False, dense_unit_pruning=False))

    def variables_mask(self, mask: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        """Return the mask of plain parameters as one of the variables that train."""
        return batchnorm_mask(mask) if self.plan.has_batchnorm else mask

    def _ramped(self, ramp: SparsityRamp, step: int, weights: Weights) -> Mask:
        sparsity = ramp.sparsity_at(step)
        # At sparsity 0 there is nothing to exchange: what grows back at 0 may stay there.
        if not self.plan.gradient_regrowth or not sparsity or step >= ramp.last_step:
            return self.mask(weights, sparsity)[0]
        turnover = self.plan.gradient_regrowth * (1 - step / max(ramp.last_step, 1))
        fewer, _ = self.mask(weights, 1 - (1 - sparsity) * (1 - turnover))
        return regrow(fewer, weights, sparsity, self.data, derived_seed(self.seed, step))


def prune_weights(
    dense: Weights,
    data: Prepared,
    plan: PrunePlan,
    seed: int,
    phases: Phases,
    sensitivity: Sensitivity | None,
    teacher: Answers | None = None,
) -> Pruned:
    """Return the network pruned weight by weight; resumable at every cut and every epoch.

    teacher: see `core.pruning.prune`.
    """
    cutter = Cutter(data, plan, seed, sensitivity, dense)
    weights = dense
    is_idle = plan.reconstruction and plan.prunes_while_training
    notes = [NOT_RECONSTRUCTED] if is_idle else []
    rows: list[np.ndarray] = []
    for index, (sparsity, epochs) in enumerate(rounds_of(plan, file_sparsity(dense)), start=1):
        done = phases.run(f"cut {index}", partial(_cut, cutter, weights, sparsity))
        notes += notes_of(done["notes"])
        if epochs:
            train = partial(_train, cutter, teacher or dense, weights, done, epochs, index)
            done = phases.run(f"training {index}", train)
            rows.append(done["history"])
        weights = unpacked(done, "weights")
    history = TrainingHistory(np.concatenate([TrainingHistory.empty().values, *rows]))
    mask = Mask(unpacked(done, "mask"))
    kept_notes = tuple(dict.fromkeys((*notes, *last_units(mask))))
    return Pruned(weights, mask, None, None, history, float(len(history)), kept_notes, plan)


def _cut(cutter: Cutter, weights: Weights, sparsity: float, progress: Progress) -> Arrays:
    mask, notes = cutter.mask(weights, sparsity)
    pruned = mask.apply(weights)
    if cutter.plan.reconstruction and not cutter.plan.prunes_while_training:
        pruned = reconstructed(weights, pruned, mask, cutter.data.shape, cutter.data, cutter.seed)
    return {**packed(weights=pruned, mask=mask.arrays), "notes": notes_array(notes)}


def _train(
    cutter: Cutter,
    teacher: Weights | Answers,
    before: Weights,
    cut: Arrays,
    epochs: int,
    index: int,
    progress: Progress,
) -> Arrays:
    from core.training.train import train

    plan, data = cutter.plan, cutter.data
    mask = Mask(unpacked(cut, "mask"))
    changes = plan.prunes_while_training
    trained = train(
        before if changes else unpacked(cut, "weights"),
        data.shape,
        data,
        recipe_of(plan, epochs, mask.densities()),
        derived_seed(cutter.seed, "retraining", index),
        progress,
        mask=None if changes else cutter.variables_mask(mask.arrays),
        mask_schedule=_mask_schedule(cutter, epochs, before) if changes else None,
        teacher=teacher if plan.distillation else None,
        architecture=temporary_batchnorm(data.train.images) if plan.has_batchnorm else PLAIN,
    )
    final = Mask(plain_mask(trained.mask) if plan.has_batchnorm else trained.mask)
    groups = packed(weights=final.apply(trained.weights), mask=final.arrays)
    return {**groups, "history": trained.history.values}


def _mask_schedule(cutter: Cutter, epochs: int, before: Weights) -> MaskSchedule:
    steps = epochs * steps_per_epoch(len(cutter.data.train), cutter.plan.batch_size)
    if cutter.plan.resolved_schedule == "alternating":
        phases = alternation_over(steps, cutter.plan.ramp, cutter.plan.rounds)
        return MaskSchedule(partial(cutter.turn_at, phases), phases.every, phases.last_step)
    # Scores that read images cost a good part of an epoch in 40 updates, so they get fewer.
    updates = UPDATES_WITH_DATA if cutter.plan.rule.needs_data else UPDATES
    initial = file_sparsity(before)
    ramp = ramp_over(steps, cutter.plan.ramp, cutter.plan.sparsity, updates, initial)
    return MaskSchedule(partial(cutter.mask_at, ramp), ramp.every, ramp.last_step)
