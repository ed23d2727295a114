"""Activation functions without parameters, by Keras's names."""

import math
from collections.abc import Callable, Mapping

import numpy as np

from core.errors import SettingsError
from core.networks.layers.onnx_graph import OnnxGraph, OnnxTensor

Function = Callable[[np.ndarray], np.ndarray]


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)))  # overflows nowhere


def _softplus(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.logaddexp(x, np.zeros((), x.dtype)))


def _elu(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def _erf(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.vectorize(math.erf, otypes=[x.dtype])(x))


def _hard_sigmoid(x: np.ndarray) -> np.ndarray:
    return np.clip(x / 6 + 0.5, 0, 1)


def softmax(x: np.ndarray) -> np.ndarray:
    """Return the softmax along the last axis."""
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


FUNCTIONS: dict[str, Function] = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "elu": _elu,
    "celu": _elu,
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * _elu(x)),
    "softplus": _softplus,
    "softsign": lambda x: x / (1 + np.abs(x)),
    "sigmoid": _sigmoid,
    "hard_sigmoid": _hard_sigmoid,
    "tanh": np.tanh,
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "tanh_shrink": lambda x: x - np.tanh(x),
    "silu": lambda x: x * _sigmoid(x),
    "hard_silu": lambda x: x * _hard_sigmoid(x),
    "gelu": lambda x: 0.5 * x * (1 + _erf(x / math.sqrt(2))),
    "mish": lambda x: x * np.tanh(_softplus(x)),
    "exponential": np.exp,
    "log_sigmoid": lambda x: -_softplus(-x),
    "softmax": softmax,
}
# The ONNX operation of each, with its attributes; those of several operations follow.
ONE_NODE: dict[str, tuple[str, dict[str, float]]] = {
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": 0.2}),
    "elu": ("Elu", {}),
    "celu": ("Elu", {}),
    "selu": ("Selu", {}),
    "softplus": ("Softplus", {}),
    "softsign": ("Softsign", {}),
    "sigmoid": ("Sigmoid", {}),
    "hard_sigmoid": ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}),
    "tanh": ("Tanh", {}),
    "hard_silu": ("HardSwish", {}),
    "gelu": ("Gelu", {}),
    "mish": ("Mish", {}),
    "exponential": ("Exp", {}),
}
CLIPPED = {"relu6": (0.0, 6.0), "hard_tanh": (-1.0, 1.0)}


def onnx_function(graph: OnnxGraph, name: str, x: OnnxTensor) -> OnnxTensor:
    """Add an activation function to an ONNX graph and return its output."""
    if name == "linear":
        return x
    if name in ONE_NODE:
        op, attributes = ONE_NODE[name]
        return graph.each(op, x, **attributes)
    if name in CLIPPED:
        return graph.each("Clip", x, *(graph.constant(end) for end in CLIPPED[name]))
    if name == "softmax":
        return OnnxTensor(last=graph.node("Softmax", graph.last(x), axis=-1))
    read = x.first or x.last
    if name == "silu":
        made = graph.node("Mul", read, graph.node("Sigmoid", read))
    elif name == "tanh_shrink":
        made = graph.node("Sub", read, graph.node("Tanh", read))
    else:  # log_sigmoid
        made = graph.node("Neg", graph.node("Softplus", graph.node("Neg", read)))
    return graph.like(x, made)


SAME = {"swish": "silu", "hard_swish": "hard_silu"}  # other names in Keras
KERAS = ("keras", "tensorflow", "tf_keras")
MIXING = frozenset({"softmax"})  # every channel's output depends on all channels


def known(entry: object) -> str:
    """Return the listed name of an activation in Keras's configuration: a name, an entry or None.

    Raises SettingsError if there is none such.
    """
    if isinstance(entry, dict):  # how Keras writes a function, or a layer used as one
        return _of_entry(entry)
    name = "linear" if entry is None else str(entry)
    name = SAME.get(name, name)
    if name not in FUNCTIONS:
        raise _refusal(repr(name[:40]))
    return name


def _of_entry(entry: Mapping[str, object]) -> str:
    """Return the listed name of a function of Keras's; one of "builtins" may be anybody's.

    Of those, Keras reads again only what has the first name of a function of its own.
    """
    name, place = str(entry.get("class_name")), str(entry.get("module")).split(".")
    if place == ["builtins"] and name == "function":
        name = str(entry.get("config"))
        own = name in FUNCTIONS
    else:
        own = place[0] in KERAS and "activations" in place and SAME.get(name, name) in FUNCTIONS
    if not own:
        raise _refusal(
            f"a function or layer named {name[:40]!r} that is not a listed one of Keras's"
        )
    return SAME.get(name, name)


def _refusal(what: str) -> SettingsError:
    return SettingsError(
        f"its activation is {what}. Supported are {', '.join(FUNCTIONS)}; a function of your own "
        "has to become one of these."
    )
