"""Gradients of the loss at given weights, for methods that score by first-order effects."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from core.data.dataset import Split
from core.networks.network import Weights
from core.randomness import generator


def batch_gradients(
    weights: Weights, split: Split, images: int, batch: int, seed: int
) -> Iterator[tuple[Weights, int]]:
    """Yield the gradient of the mean cross-entropy of one batch after another, and its images.

    images: how many to use in all, drawn without replacement from the stream named by the seed.
    """
    rows = generator(seed, "gradient images").permutation(len(split))[:images]
    for start in range(0, len(rows), batch):
        part = split.take(np.sort(rows[start : start + batch]))
        found = _compiled()(weights, part.as_float(), part.labels.astype(np.int32))
        yield {name: value.numpy() for name, value in found.items()}, len(part)


@lru_cache(maxsize=1)
def _compiled() -> Any:
    import tensorflow as tf

    from core.networks.forward import logits

    def gradients(weights: dict[str, Any], images: Any, labels: Any) -> dict[str, Any]:
        with tf.GradientTape() as tape:
            tape.watch(weights)
            outputs = logits(weights, images)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, outputs)
            loss = tf.reduce_mean(losses)
        found: dict[str, Any] = tape.gradient(loss, weights)
        return found

    return tf.function(gradients, reduce_retracing=True)
