"""Accuracy within a slider's move: only living units, one compiled network for all widths."""

from functools import lru_cache
from typing import Any

import numpy as np

from core.data.dataset import Split
from core.networks.compact import compact
from core.networks.network import LAYERS, Weights
from core.pruning.masks.dead_units import fold_constants, living_units


def instant_logits(weights: Weights, split: Split) -> np.ndarray:
    """Return the (n, classes) outputs before softmax; faster, the more units are dead."""
    import tensorflow as tf

    tensors = {name: tf.constant(value) for name, value in living_network(weights).items()}
    return np.asarray(_compiled()(tensors, split.as_float()).numpy())


def living_network(weights: Weights) -> Weights:
    """Return the small network of the living units, which answers the same and faster.

    Constants before a padded reader would be lost, so such a network is left whole.
    """
    folded, lost = fold_constants(weights)
    alive = {layer: np.flatnonzero(units) for layer, units in living_units(folded).items()}
    if lost or any(len(units) == 0 for units in alive.values()):
        return weights
    return compact(folded, alive)


@lru_cache(maxsize=1)
def _compiled() -> Any:
    """Compile the network once for all widths, because compacting changes them at every move."""
    import tensorflow as tf

    from core.networks.forward import logits

    def signature(name: str) -> Any:
        if name.endswith("bias"):
            return tf.TensorSpec([None], tf.float32)
        sides = [3, 3, None, None] if name.startswith("conv") else [None, None]
        return tf.TensorSpec(sides, tf.float32)

    names = [f"{layer}/{part}" for layer in LAYERS for part in ("kernel", "bias")]
    weights = {name: signature(name) for name in names}
    images = tf.TensorSpec([None, None, None, None], tf.float32)
    return tf.function(logits, input_signature=[weights, images])
