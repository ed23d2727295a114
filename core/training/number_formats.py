"""Which layers of any network compute in bfloat16 while it trains, where a processor has it.

Those whose outputs a convolution rounds to bfloat16 anyway, so that nothing is converted between
one convolution and the next. Weights, statistics and the network's answers stay float32.
Source: Micikevicius et al. 2018, Mixed Precision Training, arXiv:1710.03740.
"""

from core.networks.graph import Layer, Network
from core.networks.layers.activation import Activation, ReLU
from core.networks.layers.convolution import Conv2D, Convolution
from core.networks.layers.dense import Dense
from core.networks.layers.merging import Add
from core.networks.layers.normalization import BatchNormalization
from core.networks.layers.padding import ZeroPadding2D
from core.networks.layers.pooling import MaxPooling2D
from core.networks.layers.training_only import Dropout

SHORT = (Conv2D, BatchNormalization, Activation, ReLU, Add, MaxPooling2D, ZeroPadding2D, Dropout)
RECTIFIERS = ("linear", "relu", "relu6")  # others bend where eight bits are too few


def short_layers(network: Network) -> frozenset[str]:
    """Return the layers that may compute in bfloat16; none that makes the network's answer."""
    answer = _answer(network)
    return frozenset(
        layer.name for layer in network.layers if _is_short(layer) and layer.name not in answer
    )


def _is_short(layer: Layer) -> bool:
    settings = layer.settings
    return isinstance(settings, SHORT) and getattr(settings, "activation", "linear") in RECTIFIERS


def _answer(network: Network) -> set[str]:
    """Return the output and what leads to it, back to the layers whose kernels make it."""
    names: set[str] = set()
    left = [network.output.name]
    while left:
        layer = network.by_name[left.pop()]
        names.add(layer.name)
        left += () if isinstance(layer.settings, Convolution | Dense) else layer.inputs
    return names
