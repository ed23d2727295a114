"""Prune single weights of any network: of all its kernels, exact to one entry."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from core.evaluation.cost import zeros
from core.networks.graph import Network
from core.networks.network import Weights
from core.networks.prepare import NetworkData
from core.progress import Phases, Progress, Silent
from core.pruning.allocation.scores import Sensitivity, comparable
from core.pruning.graphs.outcome import PrunedNetwork
from core.pruning.graphs.reach import Reach
from core.pruning.graphs.retraining import network_recipe, retrained
from core.pruning.groups.context import GraphContext, Scores
from core.pruning.masks.mask import check_sparsity, keep_highest, keep_highest_of
from core.pruning.outcome import Arrays, packed, unpacked
from core.pruning.plan import PrunePlan
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
from core.training.batches import steps_per_epoch
from core.training.graph_architecture import graph_architecture
from core.training.history import TrainingHistory
from core.training.mask_schedule import MaskSchedule
from core.training.teachers.teacher import Answers

Masks = dict[str, np.ndarray]


@dataclass(frozen=True)
class WeightCutter:
    """Turns weights into masks of the kernels; the same weights give the same masks."""

    data: NetworkData
    plan: PrunePlan
    seed: int
    dense: Weights
    sensitivity: Sensitivity | None = None

    @property
    def network(self) -> Network:
        """The network that is pruned."""
        return self.data.network

    @cached_property
    def kernels(self) -> tuple[str, ...]:
        """The parameters whose entries may go: what images are multiplied with."""
        return tuple(self.network.kernel_uses)

    @cached_property
    def zeros_elsewhere(self) -> int:
        """Zeros of the dense network that are in no kernel."""
        return zeros({n: array for n, array in self.dense.items() if n not in self.kernels})

    def masks(self, weights: Weights, sparsity: float) -> Masks:
        """Return what `cut` does by the method's scores of these weights."""
        return self.cut(self.scores(weights), sparsity)

    def cut(self, scores: Scores, sparsity: float) -> Masks:
        """Return kernel -> which entries stay: all parameters have exactly this share removed.

        Zeros go first: what a gradual schedule has removed must not come back. Of every kernel
        the best entry stays. Zeros elsewhere count where nothing trains, as they stay zero then.
        Raises SettingsError for a share that the kernels do not hold.
        """
        wanted = round(check_sparsity(sparsity) * self.network.parameters)
        count = max(0, wanted - (0 if self.plan.epochs else self.zeros_elsewhere))
        # Not joined in one row: of 25 million entries every copy counts.
        flat = [scores[name].reshape(-1) for name in self.kernels]
        Reach.of(self.network).check(sparsity)
        parts = zip(self.kernels, keep_highest_of(flat, count), strict=True)
        return {name: part.reshape(scores[name].shape) for name, part in parts}

    def scores(self, weights: Weights) -> Scores:
        """Return kernel -> scores that compare between kernels; what is gone already goes first."""
        rule = self.plan.rule
        context = GraphContext(
            self.network, weights, self.data, self.seed, Silent(), dense=self.dense
        )
        assert rule.scores is not None
        every = rule.scores(context, self.plan.method_settings)
        found = {name: every[name] for name in self.kernels}
        kernels = {name: weights[name] for name in self.kernels}
        allocation = self.plan.resolved_allocation
        table = self.sensitivity and {
            name: self.sensitivity[name.rpartition("/")[0]] for name in self.kernels
        }
        between = comparable(found, kernels, self.network, allocation, table, by_parameter=True)
        for name, values in between.items():
            values[weights[name] == 0] = -np.inf
            values.reshape(-1)[int(np.argmax(values))] = np.inf
        return between

    def at(self, ramp: SparsityRamp, step: int, values: Mapping[str, np.ndarray]) -> Masks:
        """Return the masks from this step of a gradual schedule on."""
        return self.masks(self._plain(values), ramp.sparsity_at(step))

    def turn_at(self, phases: Alternation, step: int, values: Mapping[str, np.ndarray]) -> Masks:
        """Return the masks from this step of an alternating schedule on."""
        weights = self._plain(values)
        if phases.is_compressed(step):
            return self.masks(weights, self.plan.sparsity)
        return {name: np.ones(weights[name].shape, bool) for name in self.kernels}

    def _plain(self, values: Mapping[str, np.ndarray]) -> Weights:
        """Return the network's own parameters of the variables that train."""
        recipe = network_recipe(self.plan, self.network, 1, 1.0)
        return graph_architecture(self.network, recipe).export(values)

    def sparsity_of(self, weights: Weights) -> float:
        """Return the zeros in kernels over all parameters."""
        return zeros({name: weights[name] for name in self.kernels}) / self.network.parameters

    def schedule(self, epochs: int, before: Weights) -> MaskSchedule:
        """Return the schedule of a training that begins with these weights."""
        steps = epochs * steps_per_epoch(len(self.data.train), self.plan.batch_size)
        if self.plan.resolved_schedule == "alternating":
            phases = alternation_over(steps, self.plan.ramp, self.plan.rounds)
            return MaskSchedule(partial(self.turn_at, phases), phases.every, phases.last_step)
        updates = UPDATES_WITH_DATA if self.plan.rule.needs_data else UPDATES
        initial = self.sparsity_of(before)
        ramp = ramp_over(steps, self.plan.ramp, self.plan.sparsity, updates, initial)
        return MaskSchedule(partial(self.at, ramp), ramp.every, ramp.last_step)


def kernels_of(network: Network) -> dict[str, tuple[str, ...]]:
    """Return layer -> its kernels, of every layer that has any."""
    found: dict[str, tuple[str, ...]] = {}
    for name in network.kernel_uses:
        layer = name.rpartition("/")[0]
        found[layer] = (*found.get(layer, ()), name)
    return found


def lowest_removed(scores: Scores, share: float) -> Masks:
    """Return masks of one layer's kernels without a share of their entries; one always stays."""
    flat = np.concatenate([np.ravel(each) for each in scores.values()])
    kept = keep_highest(flat, min(round(share * len(flat)), len(flat) - 1))
    parts = np.split(kept, np.cumsum([each.size for each in scores.values()])[:-1])
    return {n: part.reshape(scores[n].shape) for n, part in zip(scores, parts, strict=True)}


def applied(masks: Mapping[str, np.ndarray], weights: Weights) -> Weights:
    """Return the weights with exact zeros wherever a mask removes."""
    return {
        name: np.where(masks[name], array, np.float32(0)) if name in masks else array
        for name, array in weights.items()
    }


def density(masks: Mapping[str, np.ndarray]) -> float:
    """Return kept / all entries of the kernels."""
    return sum(int(m.sum()) for m in masks.values()) / sum(m.size for m in masks.values())


def prune_single_weights(
    dense: Weights,
    data: NetworkData,
    plan: PrunePlan,
    seed: int,
    phases: Phases,
    sensitivity: Sensitivity | None = None,
    teacher: Answers | None = None,
) -> PrunedNetwork:
    """Return the network pruned weight by weight; resumable at every cut and every epoch.

    teacher: see `prune_network`.
    """
    Reach.of(data.network).check_plans([plan])  # not only at the last cut, after hours of training
    cutter = WeightCutter(data, plan, seed, dense, sensitivity)
    weights, rows = dense, [TrainingHistory.empty().values]
    rounds = rounds_of(plan, cutter.sparsity_of(dense))
    for index, (sparsity, epochs) in enumerate(rounds, start=1):
        done = phases.run(f"cut {index}", partial(_cut, cutter, weights, sparsity))
        if epochs:
            training = partial(_train, cutter, teacher or dense, weights, done, epochs, index)
            done = phases.run(f"training {index}", training)
            rows.append(done["history"])
        weights = unpacked(done, "weights")
    history = TrainingHistory(np.concatenate(rows))
    return PrunedNetwork(weights, None, history, float(len(history)), (), plan)


def _cut(cutter: WeightCutter, weights: Weights, sparsity: float, progress: Progress) -> Arrays:
    masks = cutter.masks(weights, sparsity)
    return packed(weights=applied(masks, weights), mask=masks)


def _train(
    cutter: WeightCutter,
    teacher: Weights | Answers,
    before: Weights,
    cut: Arrays,
    epochs: int,
    index: int,
    progress: Progress,
) -> Arrays:
    plan, network = cutter.plan, cutter.network
    masks = {name: array.astype(bool) for name, array in unpacked(cut, "mask").items()}
    changes = plan.prunes_while_training
    trained = retrained(
        network,
        before if changes else unpacked(cut, "weights"),
        cutter.data,
        plan,
        network_recipe(plan, network, epochs, density(masks)),
        derived_seed(cutter.seed, "retraining", index),
        progress,
        teacher=teacher,
        mask=None if changes else masks,
        schedule=cutter.schedule(epochs, before) if changes else None,
    )
    final = {name: trained.mask[name] != 0 for name in cutter.kernels}
    weights = applied(final, trained.weights)
    return {**packed(weights=weights, mask=final), "history": trained.history.values}
