"""Statistics of batch normalization for weights that no training step has seen, such as a mean."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

PARTS = ("moving_mean", "moving_variance")


def renew(model: Any, batches: Iterable[np.ndarray]) -> None:
    """Set every normalization's mean and variance to the mean over the images of their batches'.

    batches: (n, ...) images, as the network is trained on them; dropout acts. A network without
    normalization stays as it is. Source: Izmailov et al. 2018, arXiv:1803.05407, section 3.2.
    """
    import tensorflow as tf

    layers = [layer for layer in model.layers if hasattr(layer, "moving_variance")]
    if not layers:
        return
    signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)]
    run = tf.function(
        lambda images: model(images, training=True), input_signature=signature, autograph=False
    )
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


def normalizations(values: Mapping[str, np.ndarray]) -> tuple[str, ...]:
    """Return the names of the values that `renew` sets."""
    return tuple(name for name in values if name.rpartition("/")[2] in PARTS)
