"""The network with one scaling factor a channel.

Every channel's pre-activation, batch-normalised as in the paper's networks, is multiplied by a
factor λ ≥ 0 before its ReLU. Both fold into kernel and bias, exactly: relu(λ(Wx + b)) =
relu((λW)x + λb).
"""

from typing import Any

import numpy as np

from core.networks.network import NetworkShape, Weights
from core.networks.topology import CHANNEL_LAYERS
from core.training.architecture import Values
from core.training.recipe import Recipe
from core.training.temporary_batchnorm import build_with_batchnorm, fold

# The state of the penalty's ramp lives in the model, so that checkpoints have it.
STATE = "conv1_scale/state"
STATE_SIZE = 3


def scale_name(layer: str) -> str:
    """Return the name of the layer's variable of scaling factors."""
    return f"{layer}_scale/scale"


def momentum_name(layer: str) -> str:
    """Return the name of the variable that keeps the factors' momentum."""
    return f"{layer}_scale/momentum"


def build_scaled(shape: NetworkShape, recipe: Recipe) -> Any:
    """Return the Keras network (logits) with a scaling layer before every ReLU."""
    return build_with_batchnorm(shape, recipe, lambda layer: [_scaling(f"{layer}_scale")])


def _scaling(name: str) -> Any:
    """Return a layer that multiplies channels by its trainable `scale`, 1 at first."""
    import keras

    class Scaling(keras.layers.Layer):  # type: ignore[misc]
        def build(self, input_shape: tuple[int, ...]) -> None:
            width = input_shape[-1:]
            self.scale = self.add_weight(shape=width, initializer="ones", name="scale")
            self._keep("momentum", width)
            if f"{name}/state" == STATE:
                self._keep("state", (STATE_SIZE,))

        def _keep(self, what: str, shape: tuple[int, ...]) -> None:
            self.add_weight(shape=shape, initializer="zeros", trainable=False, name=what)

        def call(self, inputs: Any) -> Any:
            return inputs * self.scale

    return Scaling(name=name)


def fold_scales(values: Values) -> Weights:
    """Return plain weights that compute what the scaled network computes at inference."""
    weights = fold(values)
    for layer in CHANNEL_LAYERS:
        for name in (f"{layer}/kernel", f"{layer}/bias"):
            weights[name] = (weights[name] * values[scale_name(layer)]).astype(np.float32)
    return weights
