"""The multi-layer perceptron: linear layers with ReLU between them, softmax cross-entropy behind.

No hidden layer makes it multinomial logistic regression, the FedProx paper's model.
"""

from dataclasses import dataclass

import numpy as np

from core.federated.network import loss
from core.federated.network.linear import linear, linear_gradient, relu, relu_gradient
from core.randomness import generator

Parameters = dict[str, np.ndarray]


@dataclass(frozen=True)
class MLP:
    """The shape of a network. sizes: inputs, hidden widths..., classes, e.g. (60, 128, 10)."""

    sizes: tuple[int, ...]

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers' names: linear1, linear2, ..."""
        return tuple(f"linear{i}" for i in range(1, len(self.sizes)))

    def parameter_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of every parameter, in order: linear1/kernel, linear1/bias, ..."""
        shapes: dict[str, tuple[int, ...]] = {}
        for name, fan_in, fan_out in zip(self.layers, self.sizes, self.sizes[1:], strict=False):
            shapes[f"{name}/kernel"] = (fan_in, fan_out)
            shapes[f"{name}/bias"] = (fan_out,)
        return shapes

    def initial_parameters(self, seed: int) -> Parameters:
        """Return Glorot-uniform float32 kernels and zero biases (Glorot and Bengio 2010)."""
        rng = generator(seed, "initial parameters")
        return {
            name: np.zeros(shape, np.float32)
            if name.endswith("bias")
            else _glorot_uniform(shape, rng)
            for name, shape in self.parameter_shapes().items()
        }


def _glorot_uniform(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    limit = np.sqrt(6 / sum(shape))
    return rng.uniform(-limit, limit, shape).astype(np.float32)


def forward(parameters: Parameters, inputs: np.ndarray) -> list[np.ndarray]:
    """Return the inputs of every layer and, last, the logits (n, classes)."""
    activations = [inputs]
    names = _layer_names(parameters)
    for name in names:
        outputs = linear(activations[-1], parameters[f"{name}/kernel"], parameters[f"{name}/bias"])
        activations.append(outputs if name == names[-1] else relu(outputs))
    return activations


def mean_loss(parameters: Parameters, inputs: np.ndarray, labels: np.ndarray, l2: float) -> float:
    """Return the mean cross-entropy plus l2 / 2 times the kernels' squared norm."""
    cross_entropy = loss.cross_entropy(forward(parameters, inputs)[-1], labels)
    kernels = [value for name, value in parameters.items() if name.endswith("kernel")]
    return cross_entropy + l2 / 2 * sum(float((kernel**2).sum()) for kernel in kernels)


def gradient(
    parameters: Parameters, inputs: np.ndarray, labels: np.ndarray, l2: float = 0.0
) -> Parameters:
    """Return the gradient of `mean_loss` by back-propagation, named like the parameters."""
    *activations, logits = forward(parameters, inputs)
    passed_back = loss.cross_entropy_gradient(logits, labels)
    gradients: Parameters = {}
    for name, layer_inputs in zip(_layer_names(parameters)[::-1], activations[::-1], strict=True):
        kernel = parameters[f"{name}/kernel"]
        layer = linear_gradient(layer_inputs, kernel, passed_back)
        gradients[f"{name}/kernel"] = layer.weight + l2 * kernel
        gradients[f"{name}/bias"] = layer.bias
        passed_back = relu_gradient(layer_inputs, layer.inputs)
    return {name: gradients[name] for name in parameters}


def _layer_names(parameters: Parameters) -> list[str]:
    return [name.removesuffix("/kernel") for name in parameters if name.endswith("/kernel")]
