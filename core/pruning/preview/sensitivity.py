"""How much accuracy each layer costs when it alone is pruned, sparsity by sparsity."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.data.dataset import Split
from core.evaluation.accuracy import accuracy, predict
from core.networks.compact import compact, compact_shape
from core.networks.network import LAYERS, Weights
from core.networks.prepare import Prepared
from core.networks.topology import CHANNEL_LAYERS
from core.progress import Progress, Silent
from core.pruning.allocation.channels import keep_best
from core.pruning.allocation.scores import Sensitivity
from core.pruning.masks.mask import keep_highest
from core.pruning.method import PruningContext, Scores
from core.pruning.methods.l1_filter import filter_norms
from core.pruning.plan import PrunePlan
from core.pruning.preview.spec import SensitivityResult

LEVELS = (0.25, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
IMAGES = 1000


@dataclass(frozen=True)
class SensitivityTable:
    """accuracies: (layers, levels) on validation images with only that layer pruned.

    levels: share of the layer's weights (or channels) removed. dense: accuracy unpruned.
    """

    layers: tuple[str, ...]
    levels: tuple[float, ...]
    accuracies: np.ndarray
    dense: float

    def result(self, method: str) -> SensitivityResult:
        """Return the table as a job leaves it. method: whose scores chose the weights."""
        rows = tuple(tuple(float(a) for a in row) for row in self.accuracies)
        return SensitivityResult(self.layers, self.levels, rows, self.dense, method)


def sensitivity(
    dense: Weights,
    data: Prepared,
    plan: PrunePlan,
    seed: int = 0,
    progress: Progress | None = None,
    images: int = IMAGES,
) -> SensitivityTable:
    """Return the table for the plan's method; its sparsity and training do not matter.

    images: how many validation images to look at. Resumes after the last finished layer.
    """
    return table_of(analyse(dense, data, plan, seed, progress or Silent(), images))


def analyse(
    dense: Weights,
    data: Prepared,
    plan: PrunePlan,
    seed: int,
    progress: Progress,
    images: int = IMAGES,
) -> dict[str, np.ndarray]:
    """Return the table as arrays, one layer after another, saved after each."""
    split = data.validation.spread(images)
    done = dict(progress.load() or {})
    if "dense" not in done:
        probabilities = predict(dense, data.shape, split.images)
        done["dense"] = np.array(accuracy(probabilities, split.labels))
    layers = CHANNEL_LAYERS if plan.rule.structured else LAYERS
    scores = _scores(dense, data, plan, seed)
    for number, layer in enumerate(layers):
        if layer not in done:
            progress.report(number, len(layers), f"Sensitivity of {layer}")
            done[layer] = np.array(
                [_accuracy(dense, data, split, scores, layer, level) for level in LEVELS]
            )
            progress.save(done)
    return done


def _scores(dense: Weights, data: Prepared, plan: PrunePlan, seed: int) -> Scores:
    """Structured methods that select by reconstruction are judged by the filters' norms."""
    rule = plan.rule
    if rule.scores is None:
        return filter_norms(dense)
    return rule.scores(
        PruningContext(dense, data.shape, data, seed, Silent()), plan.method_settings
    )


def _accuracy(
    dense: Weights, data: Prepared, split: Split, scores: Scores, layer: str, level: float
) -> float:
    if layer in scores:
        counts = {name: data.shape.units[name] for name in CHANNEL_LAYERS}
        counts[layer] = max(1, round((1 - level) * counts[layer]))
        kept = keep_best(scores, counts)
        weights, shape = compact(dense, kept), compact_shape(data.shape, kept)
    else:
        weights, shape = _layer_pruned(dense, scores, layer, level), data.shape
    return accuracy(predict(weights, shape, split.images), split.labels)


def _layer_pruned(dense: Weights, scores: Scores, layer: str, level: float) -> Weights:
    names = (f"{layer}/kernel", f"{layer}/bias")
    flat = np.concatenate([np.ravel(scores[name]) for name in names])
    kept = keep_highest(flat, round(level * len(flat)))
    parts = np.split(kept, [dense[names[0]].size])
    masks = dict(zip(names, parts, strict=True))
    return {
        name: np.where(masks[name].reshape(value.shape), value, np.float32(0))
        if name in masks
        else value
        for name, value in dense.items()
    }


def table_of(arrays: Mapping[str, np.ndarray]) -> SensitivityTable:
    """Return the table of what `analyse` saved."""
    layers = tuple(layer for layer in LAYERS if layer in arrays)
    accuracies = np.stack([arrays[layer] for layer in layers])
    return SensitivityTable(layers, LEVELS, accuracies, float(arrays["dense"]))


def drops_of(table: SensitivityTable) -> Sensitivity:
    """Return layer -> (sparsities, drops in accuracy) as the allocation reads it.

    Removing nothing costs nothing, and removing all of a layer costs everything.
    """
    sparsities = np.array([0.0, *table.levels, 1.0])
    return {
        layer: (sparsities, np.array([0.0, *np.maximum(table.dense - row, 0.0), table.dense]))
        for layer, row in zip(table.layers, table.accuracies, strict=True)
    }
