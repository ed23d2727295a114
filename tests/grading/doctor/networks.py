"""Small networks that really were trained on the sample's garments, in a few seconds each."""

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np

from core.data.builtin_datasets import garments
from core.data.dataset import Split
from core.data.images import fit
from core.networks.compact import scatter
from core.networks.network import (
    NetworkShape,
    Weights,
    assemble,
    build,
    convolution,
    get_weights,
    set_weights,
)
from core.networks.topology import CHANNEL_LAYERS

SHAPE = NetworkShape((25, 25, 3), 5, (8, 8, 16, 16, 48))
WIDE = NetworkShape((25, 25, 3), 5, (12, 12, 24, 24, 64))
EPOCHS, RATE, BATCH = 6, 3e-3, 64
LOSS = "sparse_categorical_crossentropy"


@lru_cache(maxsize=1)
def data() -> tuple[Split, Split]:
    """Return (train, test): some of the sample's images, as the network reads them."""
    held = garments()
    parts = (held.train.spread(2500), held.validation.spread(400))
    fitted = [Split(fit(p.images, SHAPE.input_shape)[0], p.labels) for p in parts]
    train, test = (Split(each.as_float(), each.labels) for each in fitted)
    return train, test


@lru_cache(maxsize=16)
def trained(seed: int, how: str = "plain", epochs: int = EPOCHS) -> Weights:
    """Return the weights of a network that was trained in one of the ways of `WAYS`."""
    import keras

    keras.utils.set_random_seed(seed)
    train, _ = data()
    make, scaled, loss = WAYS[how]
    model = make()
    model.compile(keras.optimizers.Adam(RATE), loss())
    model.fit(scaled(train.images), train.labels, BATCH, epochs, verbose=0)
    return get_weights(model)


def fine_tuned(weights: Weights, epochs: int = 2) -> Weights:
    """Return the weights after a training that forgets the masks."""
    import keras

    train, _ = data()
    model = _plain()
    set_weights(model, weights)
    model.compile(keras.optimizers.Adam(1e-4), LOSS)
    model.fit(train.images, train.labels, BATCH, epochs, verbose=0)
    return get_weights(model)


def _plain() -> object:
    return build(SHAPE, (0.1, 0.1, 0.2))


def _normalised() -> object:
    """Return the network with a BatchNormalization between each convolution and its ReLU."""
    import keras

    def layers(name: str) -> list:
        if name.startswith("conv"):
            layer = convolution(name, SHAPE, 0.0, "float32")
            layer.activation = keras.activations.linear
            return [layer, keras.layers.BatchNormalization(), keras.layers.ReLU()]
        last = "softmax" if name == "dense2" else "relu"
        return [keras.layers.Dense(SHAPE.units[name], activation=last, name=name)]

    return assemble(SHAPE, (0.1, 0.1, 0.2), layers)


def _standardised(images: np.ndarray) -> np.ndarray:
    return (images - images.mean((0, 1, 2))) / images.std((0, 1, 2))


def _once() -> object:
    import keras

    return keras.losses.SparseCategoricalCrossentropy()


def _logits_of_softmax() -> Callable:
    """Return from_logits=True as it is where Keras does not see that a softmax was there."""
    import tensorflow as tf

    def loss(labels, answers):
        flat = tf.cast(tf.reshape(labels, [-1]), tf.int32)
        return tf.nn.sparse_softmax_cross_entropy_with_logits(flat, tf.identity(answers))

    return loss


# how -> (model, what is done to the images, loss)
WAYS: Mapping[str, tuple[Callable, Callable, Callable]] = {
    "plain": (_plain, lambda x: x, _once),
    "bytes": (_plain, lambda x: x * 255, _once),
    "standardised": (_plain, _standardised, _once),
    "normalised": (_normalised, lambda x: x, _once),
    "twice": (_plain, lambda x: x, _logits_of_softmax),
}


def pruned(weights: Weights, sparsity: float) -> Weights:
    """Return the weights with the smallest of all kernels set to zero."""
    sizes = np.concatenate([abs(a).ravel() for n, a in weights.items() if n.endswith("kernel")])
    least = np.quantile(sizes, sparsity)
    return {
        n: np.where(abs(a) < least, np.float32(0), a) if n.endswith("kernel") else a
        for n, a in weights.items()
    }


def wider(weights: Weights, seed: int) -> tuple[Weights, dict[str, np.ndarray], NetworkShape]:
    """Return the network inside a wider one, as structured pruning leaves it, and what it kept."""
    rng = np.random.default_rng(seed)
    kept = {
        layer: np.sort(rng.choice(WIDE.units[layer], SHAPE.units[layer], replace=False))
        for layer in CHANNEL_LAYERS
    }
    return scatter(weights, kept, WIDE), kept, WIDE
