"""Random small networks of the table's kinds, and weights with which no part is trivial."""

import numpy as np
from hypothesis import strategies as st

from core.networks.graph import Layer, Network
from core.networks.layers import LAYER_KINDS as K
from core.randomness import generator

SIDE = 5
ACTIVATIONS = st.sampled_from(("linear", "relu", "sigmoid", "tanh", "gelu", "relu6"))
CARRYING = (
    K["BatchNormalization"](),
    K["Activation"]("silu"),
    K["ReLU"](6.0),
    K["PReLU"]((1, 2)),
    K["MaxPooling2D"]((2,), (1,), "same"),
    K["AveragePooling2D"]((3,), (1,), "same"),
    K["DepthwiseConv2D"]((3,), padding="same"),
    K["DepthwiseConv2D"]((1,), depth_multiplier=2, padding="same", use_bias=False),
    K["LayerNormalization"](),
    K["Permute"]((2, 1, 3)),
    K["Dropout"](0.5),
)
KINDS = ("conv", "grouped", "separable", "carry", "carry", "merge", "join")
MERGING = tuple(K[name]() for name in ("Add", "Multiply", "Average", "Maximum", "CustomScaleLayer"))


@st.composite
def networks(draw):
    """Draw a network of images of 5 x 5 pixels with branches, and a head of two dense layers."""
    layers = [Layer("input", K["InputLayer"]((SIDE, SIDE, draw(st.integers(1, 3)))))]
    widths = {"input": layers[0].settings.shape[-1]}

    def add(settings, *reads):
        layer = Layer(f"layer{len(layers)}", settings, reads)
        layers.append(layer)
        width = settings.output_shape([(SIDE, SIDE, widths[name]) for name in reads])[-1]
        widths[layer.name] = width
        return layer.name

    for _ in range(draw(st.integers(1, 7))):
        read = draw(st.sampled_from(sorted(widths)))
        _draw_layer(draw, add, widths, read)
    unread = [name for name in widths if not any(name in layer.inputs for layer in layers)]
    last = unread[0] if len(unread) == 1 else add(K["Concatenate"](), *unread)
    spread = K["GlobalAveragePooling2D"]() if draw(st.booleans()) else K["Flatten"]()
    layers.append(Layer("spread", spread, (last,)))
    layers.append(
        Layer("hidden", K["Dense"](draw(st.integers(2, 5)), draw(ACTIVATIONS)), ("spread",))
    )
    layers.append(Layer("head", K["Dense"](3), ("hidden",)))
    return Network(tuple(layers))


def _draw_layer(draw, add, widths, read):
    kind = draw(
        st.sampled_from(("conv", "grouped", "separable", "carry", "carry", "merge", "join"))
    )
    filters = draw(st.integers(1, 4))
    fits = (1, widths[read])  # one channel meets them all
    partners = sorted(name for name in widths if widths[name] in fits and name != read)
    if kind == "grouped" and widths[read] > 1:
        groups = widths[read]
        add(
            K["Conv2D"](groups * draw(st.integers(1, 2)), (3,), padding="same", groups=groups), read
        )
    elif kind == "separable":
        add(K["SeparableConv2D"]((3,), padding="same", filters=filters), read)
    elif kind == "carry":
        add(draw(st.sampled_from(CARRYING)), read)
    elif kind == "merge" and partners:
        add(draw(st.sampled_from(MERGING)), read, draw(st.sampled_from(partners)))
    elif kind == "join":
        add(K["Concatenate"](), read, draw(st.sampled_from(sorted(widths))))
    else:
        add(K["Conv2D"](filters, (3,), padding="same", activation=draw(ACTIVATIONS)), read)


def weights_of(network, seed=0):
    """Return random weights; variances and the like are positive."""
    rng = generator(seed, "random networks")
    return {
        name: np.asarray(
            rng.uniform(0.5, 1.5, size) if "variance" in name else rng.normal(0, 0.7, size),
            np.float32,
        )
        for name, size in network.parameter_shapes().items()
    }
