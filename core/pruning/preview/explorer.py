"""The instant explorer: what a cut does to accuracy before any retraining."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from core.errors import SettingsError
from core.evaluation.accuracy import accuracy, softmax
from core.evaluation.cost import parameters, sparsity, zeros
from core.evaluation.forgotten import Answers, Forgotten
from core.evaluation.score import score
from core.evaluation.strip import survived
from core.networks.compact import scatter
from core.networks.network import LAYERS, Weights, check_finite, check_weights
from core.networks.prepare import Prepared
from core.networks.topology import CHANNEL_LAYERS
from core.progress import Silent
from core.pruning.allocation.channels import channel_counts
from core.pruning.masks.dead_units import channel_mask, living_units, remove_dead_units
from core.pruning.masks.mask import Mask, keep_highest
from core.pruning.method import OWN, Budget, PruningContext, Scores
from core.pruning.methods.l1_filter import filter_norms
from core.pruning.plan import PrunePlan
from core.pruning.preview.compact_accuracy import instant_logits
from core.pruning.preview.layer_inputs import LayerInputs
from core.pruning.preview.spec import LayerView, PreviewResult, check_shares
from core.pruning.reconstruction.plan_step import sample
from core.pruning.reconstruction.refit import (
    DenseMoments,
    fit_last_layer,
    last_outputs,
    measure,
    reconstruct,
)
from core.pruning.reconstruction.stepwise import StepwiseCut
from core.pruning.structured import Small, by_scores, living
from core.pruning.unstructured import Cutter
from core.randomness import derived_seed
from core.settings import digest

PROBES = (0.5, 0.7, 0.85)  # sparsities of the cuts that tell which images fall early
LOOKED_AT = 1000  # validation images at most: more would make a slider wait
SAMPLE_IMAGES = 400  # training images for choosing channels: an answer now, not the last percent
FIT_IMAGES, FIT_ROWS = 2000, 20_000  # for least squares: fits to fewer are fits to noise


@dataclass(frozen=True)
class Preview:
    """One answer of the explorer; accuracies are of `images` validation images, not retrained.

    score: what the file would score as it is. reconstructed: whether by least squares. mask: of the
    reference network. cuts: what of another network may be given a share of its own.
    answers: of the dense network and of the cut one to those images.
    """

    plan: PrunePlan
    sparsity: float
    accuracy: float
    dense_accuracy: float
    score: float
    images: int
    layers: tuple[LayerView, ...]
    notes: tuple[str, ...]
    seconds: float
    reconstructed: bool
    weights: Weights
    answers: Answers
    mask: Mask | None = None
    cuts: tuple[str, ...] = ()

    def result(self, weights: str, seen: Forgotten | None = None) -> PreviewResult:
        """Return everything but the arrays. weights: name of the file that has them.

        seen: what became of the images, where that was asked.
        """
        return PreviewResult(
            sparsity=self.sparsity,
            accuracy=self.accuracy,
            dense_accuracy=self.dense_accuracy,
            score=self.score,
            images=self.images,
            seconds=self.seconds,
            reconstructed=self.reconstructed,
            plan=self.plan,
            layers=self.layers,
            notes=self.notes,
            weights=weights,
            cuts=self.cuts,
            forgotten=seen,
        )


class Explorer:
    """Answers sliders for one dense network: what does not change between moves is kept.

    images: how many validation images an answer looks at (all, if there are fewer), from
    everywhere in the split, which may be in the order of its classes.
    """

    def __init__(
        self, dense: Weights, data: Prepared, images: int = LOOKED_AT, seed: int = 0
    ) -> None:
        check_weights(dense, data.shape)
        check_finite(dense)
        self._dense, self._data, self._seed = dense, data, seed
        self.split, self.class_names = data.validation.spread(images), data.class_names
        found = instant_logits(dense, self.split)
        self._dense_accuracy = accuracy(found, self.split.labels)
        self._before = softmax(found)
        self._few = replace(data, train=sample(data.train, SAMPLE_IMAGES, seed))
        self._living, self._living_notes = living(dense, data.shape)
        self._inputs = LayerInputs()
        self._scores: dict[str, Scores] = {}
        self._steps: dict[str, StepwiseCut] = {}

    def answer(
        self,
        plan: PrunePlan,
        per_layer: Mapping[str, float] | None = None,
        reconstruction: bool = False,
    ) -> Preview:
        """Return what the plan's cut does.

        per_layer: layer -> share of its weights (or channels) to remove, instead of an allocation.
        Raises SettingsError for methods that have to train before they can choose, and for shares
        outside [0, 1).
        """
        started = time.perf_counter()
        check_shares(per_layer)
        if reconstruction:
            weights, mask, notes = self._reconstructed(plan, per_layer)
        else:
            weights, mask, notes = self._cut(plan, per_layer)
        logits = instant_logits(weights, self.split)
        found, reached = accuracy(logits, self.split.labels), sparsity(weights)
        return Preview(
            plan=plan,
            sparsity=reached,
            accuracy=found,
            dense_accuracy=self._dense_accuracy,
            score=score(found, reached),
            images=len(self.split),
            layers=_views(weights),
            notes=notes,
            seconds=time.perf_counter() - started,
            reconstructed=reconstruction,
            weights=weights,
            answers=Answers(self.split.labels, self._before, softmax(logits)),
            mask=mask,
        )

    @cached_property
    def falls(self) -> np.ndarray:
        """How many of a few cuts of growing depth leave each image right; the same for all cuts."""
        plans = [PrunePlan(sparsity=sparsity, epochs=0) for sparsity in PROBES]
        return survived(self.split.labels, [self.answer(plan).answers.after for plan in plans])

    def compared(self, weights: Weights) -> Answers:
        """Return what the dense network and another one of its shape answer."""
        after = softmax(instant_logits(weights, self.split))
        return Answers(self.split.labels, self._before, after)

    def curve(
        self, plan: PrunePlan, sparsities: Sequence[float], reconstruction: bool = False
    ) -> list[Preview]:
        """Return the one-shot curve of a method over a grid of sparsities."""
        plans = [replace(plan, sparsity=sparsity) for sparsity in sparsities]
        return [self.answer(each, reconstruction=reconstruction) for each in plans]

    def _cut(
        self, plan: PrunePlan, per_layer: Mapping[str, float] | None
    ) -> tuple[Weights, Mask, tuple[str, ...]]:
        find = self._channels if plan.rule.structured else self._weights
        return find(plan, per_layer)

    def _weights(
        self, plan: PrunePlan, per_layer: Mapping[str, float] | None
    ) -> tuple[Weights, Mask, tuple[str, ...]]:
        cutter, key = self._cutter(plan)
        if key not in self._scores:
            self._scores[key] = cutter.scores(self._dense)
        scores = self._scores[key]
        if per_layer is not None:
            mask = Mask({k: v for name in LAYERS for k, v in _cut_layer(scores, name, per_layer)})
            return mask.apply(self._dense), mask, ()
        mask, notes = cutter.cut(scores, plan.sparsity)
        return mask.apply(self._dense), mask, notes

    def _cutter(self, plan: PrunePlan) -> tuple[Cutter, str]:
        """Return what cuts single weights, and the key of what it finds in the dense network."""
        key = digest({"m": plan.method, "s": dict(plan.settings), "a": plan.resolved_allocation})
        return Cutter(self._data, replace(plan, epochs=0), self._seed), key

    def _channels(
        self, plan: PrunePlan, per_layer: Mapping[str, float] | None
    ) -> tuple[Weights, Mask, tuple[str, ...]]:
        rule, small = plan.rule, self._living
        if rule.trains:
            raise SettingsError(
                f"{rule.label} has to train its factors before it can choose, so it has no instant "
                "preview. Start a run, or preview another method."
            )
        own = derived_seed(self._seed, "cut", 1)  # as a run's first cut draws
        context = PruningContext(small.weights, small.shape, self._data, own, Silent())
        key = digest({"m": plan.method, "s": dict(plan.settings)})
        if key not in self._scores:
            score_channels = rule.scores or (lambda of, _: filter_norms(of.weights))
            self._scores[key] = score_channels(context, plan.method_settings)
        scores = self._scores[key]
        counts = _counts(plan, scores, small, per_layer)
        if rule.select is None:
            assert counts is not None
            selection = by_scores(context, scores, counts)
        else:
            budget = Budget(small.target(plan.sparsity), counts, 0)
            light = replace(context, data=self._few, read_rows=self._inputs.read_rows)
            selection = rule.select(light, plan.method_settings, budget)
        living = remove_dead_units(selection.weights, selection.kept, small.shape)
        left = small.without(living)
        weights = scatter(left.weights, left.kept, left.full)
        notes = tuple(dict.fromkeys((*self._living_notes, *living.notes)))
        return weights, channel_mask(left.kept, left.full), notes

    def _reconstructed(
        self, plan: PrunePlan, per_layer: Mapping[str, float] | None
    ) -> tuple[Weights, Mask, tuple[str, ...]]:
        """Cut step by step where the scores of what a fit has left are cheap, else at once."""
        if plan.rule.structured or plan.rule.needs_data or per_layer is not None:
            weights, mask, notes = self._cut(plan, per_layer)
            weights = reconstruct(weights, mask.arrays, self._moments)
        else:
            stage = self._stepwise(plan).to(plan.sparsity)
            weights, mask, notes = stage.weights, stage.mask, stage.notes
        return fit_last_layer(self._wanted, weights, mask.arrays, self._fitted), mask, notes

    @cached_property
    def _wanted(self) -> np.ndarray:
        return last_outputs(self._dense, self._fitted)

    @cached_property
    def _fitted(self) -> np.ndarray:
        return sample(self._data.train, FIT_IMAGES, self._seed).images

    @cached_property
    def _moments(self) -> DenseMoments:
        return measure(self._dense, self._data.shape, self._fitted, self._seed, FIT_ROWS)

    def _stepwise(self, plan: PrunePlan) -> StepwiseCut:
        cutter, key = self._cutter(plan)
        if key not in self._steps:
            self._steps[key] = StepwiseCut(self._dense, self._moments, cutter.mask)
        return self._steps[key]


def _counts(
    plan: PrunePlan, scores: Scores, small: Small, per_layer: Mapping[str, float] | None
) -> dict[str, int] | None:
    """Return the channels each layer keeps, or None if the method divides by itself."""
    if per_layer is not None:
        units = {layer: small.full.units[layer] for layer in CHANNEL_LAYERS}
        kept = {layer: round((1 - per_layer.get(layer, 0.0)) * units[layer]) for layer in units}
        return {layer: max(1, min(kept[layer], len(small.kept[layer]))) for layer in units}
    if plan.resolved_allocation == OWN:
        return None
    target = small.target(plan.sparsity)
    return channel_counts(scores, small.shape, plan.resolved_allocation, target)


def _cut_layer(
    scores: Scores, layer: str, per_layer: Mapping[str, float]
) -> list[tuple[str, np.ndarray]]:
    kernel, bias = scores[f"{layer}/kernel"], scores[f"{layer}/bias"]
    flat = np.concatenate([np.ravel(kernel), bias])
    kept = keep_highest(flat, round(per_layer.get(layer, 0.0) * len(flat)))
    return [
        (f"{layer}/kernel", kept[: kernel.size].reshape(kernel.shape)),
        (f"{layer}/bias", kept[kernel.size :]),
    ]


def _views(weights: Weights) -> tuple[LayerView, ...]:
    living = {layer: int(units.sum()) for layer, units in living_units(weights).items()}
    views = []
    for layer in LAYERS:
        own = {name: weights[name] for name in (f"{layer}/kernel", f"{layer}/bias")}
        units = own[f"{layer}/bias"].size
        alive = living.get(layer, units)
        views.append(LayerView(layer, parameters(own), zeros(own), units, alive))
    return tuple(views)
