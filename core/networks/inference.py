"""What any network answers to images: compiled once for each architecture, for changing weights."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from core.networks.graph import Network
from core.networks.keras_model import build, put, with_named_variables
from core.networks.output_layer import logits_of

MOST_IMAGES, LARGEST_BATCH = 500, 64_000_000  # images at a time, and entries of one tensor of them
Gradient = Callable[[np.ndarray, np.ndarray], dict[str, np.ndarray]]
COMPILED = 3  # networks that stay compiled; each holds its weights


def batch_size(network: Network) -> int:
    """Return how many images are worked on at a time, so that no tensor is too large."""
    largest = max(math.prod(shape) for shape in network.shapes.values())
    return max(1, min(MOST_IMAGES, LARGEST_BATCH // largest))


def logits(network: Network, weights: Mapping[str, np.ndarray], images: np.ndarray) -> np.ndarray:
    """Return the (n, classes) float32 outputs before a last activation that keeps their order."""
    return outputs(logits_of(network), weights, images)


def outputs(network: Network, weights: Mapping[str, np.ndarray], images: np.ndarray) -> np.ndarray:
    """Return the (n, classes) float32 outputs, as the network's file gives them."""
    model, run = _compiled(network)
    put(model, network, weights)
    batch = batch_size(network)
    parts = [run(images[start : start + batch]).numpy() for start in range(0, len(images), batch)]
    return np.concatenate(parts)


@lru_cache(maxsize=COMPILED)
def _compiled(network: Network) -> tuple[Any, Any]:
    import tensorflow as tf

    model = build(network, with_named_variables)  # its weights change
    signature = [tf.TensorSpec((None, *network.input_shape), tf.float32)]

    def run(images: Any) -> Any:
        return model(images, training=False)

    return model, tf.function(run, input_signature=signature, autograph=False)


def loaded(network: Network, weights: Mapping[str, np.ndarray]) -> Any:
    """Return a compiled function of images alone, (n, ...) -> logits, with these weights."""
    import tensorflow as tf

    model = build(logits_of(network))
    put(model, network, weights)
    signature = [tf.TensorSpec((None, *network.input_shape), tf.float32)]
    return tf.function(
        lambda images: model(images, training=False), input_signature=signature, autograph=False
    )


def layer_outputs(
    network: Network, weights: Mapping[str, np.ndarray], layers: Sequence[str], images: np.ndarray
) -> Iterator[dict[str, np.ndarray]]:
    """Yield layer -> output (n, ...) of one batch of images after another, as at inference."""
    import keras

    model = build(network)
    put(model, network, weights)
    part = keras.Model(model.input, [model.get_layer(layer).output for layer in layers])
    batch = batch_size(network)
    for start in range(0, len(images), batch):
        found = part(images[start : start + batch], training=False)
        listed = found if isinstance(found, list | tuple) else [found]
        yield {name: np.asarray(each) for name, each in zip(layers, listed, strict=True)}


def trained_by(network: Network, weights: Mapping[str, np.ndarray]) -> Gradient:
    """Return a function from images and labels to the gradient of the mean cross-entropy.

    Normalization uses its stored statistics, as at inference; parameters that no gradient moves
    have zeros.
    """
    import tensorflow as tf

    model = build(logits_of(network), with_named_variables)
    put(model, network, weights)
    variables = {
        f"{layer.name}/{variable.name}": variable.value
        for layer in model.layers
        for variable in layer.trainable_variables
    }
    still = {name: np.zeros_like(array) for name, array in weights.items() if name not in variables}

    @tf.function(reduce_retracing=True, autograph=False)  # type: ignore[untyped-decorator]
    def gradients(images: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            found = model(images, training=False)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, found)
            loss = tf.reduce_mean(losses)
        return tape.gradient(loss, variables, unconnected_gradients="zero")

    def run(images: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
        return {n: value.numpy() for n, value in gradients(images, labels).items()} | still

    return run
