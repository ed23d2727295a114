"""What TensorFlow trains for a client: variables by our names, and logits of images.

The reference network is a function of its variables. Any other is Keras's model of it, whose
normalization keeps the statistics that it begins with: a client's own few batches would move them
apart from everybody else's (Zhong et al. 2023, Making batch normalization great in federated deep
learning, arXiv:2303.06530, which freezes them likewise).
"""

from typing import Any, Protocol

import numpy as np

from core.federated.network.vector import flatten
from core.networks import forward, inference
from core.networks.forward import Tensors
from core.networks.graph import Network
from core.networks.initializers import initial_values
from core.networks.keras_model import build, keras_names, with_named_variables
from core.networks.network import NetworkShape, Weights, initial_weights
from core.networks.output_layer import logits_of

Trainable = NetworkShape | Network


class TensorModel(Protocol):
    """A network's variables, those among them that gradients move, and its logits."""

    variables: Tensors
    trained: Tensors

    def logits(self, images: Any) -> Any:
        """Return the (n, classes) outputs before softmax."""
        ...


class ReferenceModel:
    """The reference network."""

    def __init__(self, shape: NetworkShape) -> None:
        import tensorflow as tf

        shapes = shape.parameter_shapes()
        self.variables: Tensors = {
            name: tf.Variable(tf.zeros(size)) for name, size in shapes.items()
        }
        self.trained: Tensors = self.variables

    def logits(self, images: Any) -> Any:
        """Return the (n, classes) outputs before softmax."""
        return forward.logits(self.variables, images)


class GraphModel:
    """Any network."""

    def __init__(self, network: Network) -> None:
        self._model = build(logits_of(network), with_named_variables)
        names, found = keras_names(network), dict[str, Any]()
        for layer in network.layers:
            parts = layer.settings.parameter_shapes(network.input_shapes(layer))
            weights = self._model.get_layer(names[layer.name]).weights if parts else []
            found |= {f"{layer.name}/{p}": v for p, v in zip(parts, weights, strict=True)}
        self.variables: Tensors = {name: variable.value for name, variable in found.items()}
        self.trained: Tensors = {
            n: variable.value for n, variable in found.items() if variable.trainable
        }

    def logits(self, images: Any) -> Any:
        """Return the (n, classes) outputs before softmax."""
        return self._model(images, training=False)


def model_of(network: Trainable) -> TensorModel:
    """Return what trains a network."""
    return GraphModel(network) if isinstance(network, Network) else ReferenceModel(network)


def predict(network: Trainable, weights: Weights, images: np.ndarray) -> np.ndarray:
    """Return the (n, classes) float32 outputs before softmax."""
    if isinstance(network, Network):
        return inference.logits(network, weights, images)
    return forward.predict_logits(weights, images)


def initial(network: Trainable, seed: int) -> np.ndarray:
    """Return fresh parameters as a vector, (P,)."""
    if isinstance(network, Network):
        return flatten(initial_values(network, seed))
    return flatten(initial_weights(network, seed))
