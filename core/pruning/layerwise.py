"""Layer by layer from the input: what ThiNet and regression pruning have in common."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from core.errors import SettingsError
from core.networks.compact import compact, compact_shape, scatter
from core.networks.network import NetworkShape, Weights
from core.networks.topology import CHANNEL_LAYERS, READER
from core.progress import Phases, Progress
from core.pruning.activations import Positions, every_image, output_map, sample_positions
from core.pruning.allocation.channels import channel_counts
from core.pruning.fine_tune import affordable, tune
from core.pruning.method import Budget, PruningContext, Selection
from core.randomness import generator


@dataclass(frozen=True)
class Partial:
    """A network cut up to some layer: small weights, their shape, and which channels stayed."""

    weights: Weights
    shape: NetworkShape
    kept: Mapping[str, np.ndarray]

    def with_layer(self, layer: str, channels: np.ndarray) -> "Partial":
        """Return the smaller network in which `layer` has only these channels."""
        stay = {name: np.arange(self.shape.units[name]) for name in CHANNEL_LAYERS}
        stay[layer] = channels
        weights = compact(self.weights, stay)
        return Partial(weights, compact_shape(self.shape, stay), {**self.kept, layer: channels})

    def with_kernel(
        self, layer: str, kernel: np.ndarray, bias: np.ndarray | None = None
    ) -> "Partial":
        """Return the network with another kernel (and bias, if given) in `layer`."""
        changed = {f"{layer}/kernel": kernel.astype(np.float32)}
        if bias is not None:
            changed[f"{layer}/bias"] = bias.astype(np.float32)
        return Partial({**self.weights, **changed}, self.shape, self.kept)


Cut = Callable[[Partial, str, int], Partial]


def cut_layer_by_layer(
    context: PruningContext, budget: Budget, layer_epochs: float, cut: Cut
) -> Selection:
    """Cut every channel layer from the input on, each followed by a short fine-tune.

    cut(network, layer, count) returns the network with `count` channels in `layer`. Every layer is
    one phase of the progress, so that a resumed run never repeats a finished layer.
    """
    counts = wanted_counts(budget, context.shape)
    epochs = affordable(layer_epochs, len(CHANNEL_LAYERS), budget.epochs)
    phases = Phases(context.progress, dict.fromkeys(CHANNEL_LAYERS, 1.0))
    network = Partial(context.weights, context.shape, {})
    for layer in CHANNEL_LAYERS:
        network = _one_layer(context, phases, network, layer, counts[layer], epochs, cut)
    full = scatter(network.weights, network.kept, context.shape)
    return Selection(dict(network.kept), full, epochs * len(CHANNEL_LAYERS))


def _one_layer(
    context: PruningContext,
    phases: Phases,
    network: Partial,
    layer: str,
    count: int,
    epochs: float,
    cut: Cut,
) -> Partial:
    def choose(progress: Progress) -> dict[str, np.ndarray]:
        progress.report(0, 1, f"Choosing the channels of {layer}")
        smaller = cut(network, layer, count)
        tuned = tune(smaller.weights, smaller.shape, context, epochs, layer, progress)
        return {**tuned, "kept": smaller.kept[layer]}

    weights = phases.run(layer, choose)
    kept = weights.pop("kept")
    stay = {name: np.arange(network.shape.units[name]) for name in CHANNEL_LAYERS} | {layer: kept}
    return Partial(weights, compact_shape(network.shape, stay), {**network.kept, layer: kept})


def wanted_counts(budget: Budget, shape: NetworkShape) -> dict[str, int]:
    """Return how many channels every layer keeps: the allocation's answer, or the same share.

    Without an allocation all layers keep the same share of their channels.
    """
    if budget.kept is not None:
        return {layer: _checked(layer, budget.kept[layer], shape) for layer in CHANNEL_LAYERS}
    equal = {layer: np.zeros(shape.units[layer]) for layer in CHANNEL_LAYERS}
    return channel_counts(equal, shape, "uniform", budget.sparsity)


def _checked(layer: str, count: int, shape: NetworkShape) -> int:
    if not 1 <= count <= shape.units[layer]:
        raise SettingsError(
            f"{layer} cannot keep {count} channels: choose 1 to {shape.units[layer]}."
        )
    return int(count)


def sample_images(context: PruningContext, count: int, *names: str) -> np.ndarray:
    """Return up to `count` training images, drawn without replacement from the named stream."""
    images = context.data.train.images
    rng = generator(context.seed, *names)
    return images[np.sort(rng.choice(len(images), size=min(count, len(images)), replace=False))]


def reader_positions(
    layer: str, shape: NetworkShape, images: int, rows: int, rng: np.random.Generator
) -> Positions:
    """Return `rows` positions of the layer that reads `layer`; one an image if it is dense."""
    if output_map(READER[layer], shape) == (1, 1):
        return every_image(images)
    return sample_positions(READER[layer], shape, images, rows, rng)
