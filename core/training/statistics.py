"""Statistics of batch normalization for weights that no training step has seen, such as a mean."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

PARTS = ("moving_mean", "moving_variance")
SMALLEST = 1e-30
ENOUGH = 2_000  # images that give every channel's mean and variance to a few percent, after noise


def renew(
    model: Any, batches: Iterable[np.ndarray], run: Callable[[np.ndarray], Any] | None = None
) -> None:
    """Set every normalization's mean and variance to the mean over the images of their batches'.

    batches: (n, ...) images, as the network is trained on them; dropout acts. A network without
    normalization stays as it is. run: what `forward` returned for this model, to compile once.
    Source: Izmailov et al. 2018, arXiv:1803.05407, section 3.2.
    """
    layers = [layer for layer in model.layers if hasattr(layer, "moving_variance")]
    if not layers:
        return
    run = run or forward(model)
    variables = [(layer, getattr(layer, part)) for layer in layers for part in PARTS]
    sums, count = [np.zeros(variable.shape) for _, variable in variables], 0
    for images in batches:
        # What is moved from zero is the batch's own statistic times 1 - momentum.
        for _, variable in variables:
            variable.assign(np.zeros(variable.shape, np.float32))
        run(images)
        for index, (layer, variable) in enumerate(variables):
            own = np.asarray(variable, np.float64) / (1 - layer.momentum)
            sums[index] += len(images) * own
        count += len(images)
    for total, (_, variable) in zip(sums, variables, strict=True):
        variable.assign((total / count).astype(np.float32))


def forward(model: Any) -> Any:
    """Return the compiled pass of a batch through a model as in training, without a step."""
    import tensorflow as tf

    signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)]
    return tf.function(
        lambda images: model(images, training=True), input_signature=signature, autograph=False
    )


def enough(batches: Iterable[tuple[np.ndarray, np.ndarray]]) -> Iterator[np.ndarray]:
    """Yield the images of the first batches of an epoch, ENOUGH of them or all."""
    count = 0
    for images, _ in batches:
        yield images
        count += len(images)
        if count >= ENOUGH:
            return


def kept_nonzero(
    values: Mapping[str, np.ndarray], before: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Return the values, their new statistics not zero where they were not.

    A channel that masks silenced has a mean of 0, and an exact zero counts as a pruned parameter.
    """
    found = dict(values)
    for name in normalizations(values):
        is_lost = (values[name] == 0) & (before[name] != 0)
        found[name] = np.where(is_lost, np.float32(SMALLEST), values[name])
    return found


def normalizations(values: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the values that `renew` sets."""
    return tuple(name for name in values if name.rpartition("/")[2] in PARTS)
