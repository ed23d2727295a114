"""The network as one TensorFlow function of its weights, so that changed weights cost nothing."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from core.networks.network import Weights

Tensors = Mapping[str, Any]


def logits(weights: Tensors, images: Any, policy: str = "float32") -> Any:
    """Return the (n, classes) outputs before softmax, as TensorFlow operations; no dropout.

    policy: number format of conv2..conv4, for teachers in training; measurements use float32.
    """
    import tensorflow as tf

    def convolve(x: Any, layer: str, padding: str) -> Any:
        kernel = weights[f"{layer}/kernel"]
        if layer != "conv1" and policy == "mixed_bfloat16":
            x, kernel = tf.cast(x, tf.bfloat16), tf.cast(kernel, tf.bfloat16)
        x = tf.cast(tf.nn.conv2d(x, kernel, 1, padding), tf.float32)
        return tf.nn.relu(tf.nn.bias_add(x, weights[f"{layer}/bias"]))

    x = convolve(convolve(images, "conv1", "SAME"), "conv2", "VALID")
    x = tf.nn.max_pool2d(x, 2, 2, "VALID")
    x = convolve(convolve(x, "conv3", "SAME"), "conv4", "VALID")
    x = tf.nn.max_pool2d(x, 2, 2, "VALID")
    x = tf.reshape(x, (tf.shape(x)[0], tf.shape(weights["dense1/kernel"])[0]))
    x = tf.nn.relu(tf.matmul(x, weights["dense1/kernel"]) + weights["dense1/bias"])
    return tf.matmul(x, weights["dense2/kernel"]) + weights["dense2/bias"]


@lru_cache(maxsize=1)
def compiled_logits() -> Any:
    """Return `logits`, compiled once in a process for each shape and number format."""
    import tensorflow as tf

    return tf.function(logits)


def predict_logits(weights: Weights, images: np.ndarray, batch: int = 500) -> np.ndarray:
    """Return the (n, classes) float32 outputs before softmax, `batch` images at a time."""
    import tensorflow as tf

    constants = {name: tf.constant(array) for name, array in weights.items()}
    parts = [
        compiled_logits()(constants, tf.constant(images[start : start + batch])).numpy()
        for start in range(0, len(images), batch)
    ]
    return np.concatenate(parts)
