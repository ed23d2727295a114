"""The kinds of layers a network may have: one class each, under the name of Keras's class."""

from core.networks.layers.activation import ELU, Activation, LeakyReLU, PReLU, ReLU, Softmax
from core.networks.layers.convolution import Conv1D, Conv2D
from core.networks.layers.dense import Dense
from core.networks.layers.depthwise import (
    DepthwiseConv1D,
    DepthwiseConv2D,
    SeparableConv1D,
    SeparableConv2D,
)
from core.networks.layers.kind import Kind
from core.networks.layers.merging import (
    Add,
    Average,
    Concatenate,
    CustomScaleLayer,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
)
from core.networks.layers.normalization import (
    BatchNormalization,
    LayerNormalization,
    Normalization,
)
from core.networks.layers.padding import (
    Cropping1D,
    Cropping2D,
    UpSampling2D,
    ZeroPadding1D,
    ZeroPadding2D,
)
from core.networks.layers.pooling import (
    AveragePooling1D,
    AveragePooling2D,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    MaxPooling1D,
    MaxPooling2D,
)
from core.networks.layers.reshaping import Flatten, InputLayer, Permute, Reshape
from core.networks.layers.scaling import LayerScale, Rescaling
from core.networks.layers.training_only import (
    ActivityRegularization,
    AlphaDropout,
    Dropout,
    GaussianDropout,
    GaussianNoise,
    SpatialDropout1D,
    SpatialDropout2D,
    StochasticDepth,
)

__all__ = [
    "activation",
    "convolution",
    "dense",
    "depthwise",
    "functions",
    "kind",
    "merging",
    "normalization",
    "onnx_graph",
    "padding",
    "pooling",
    "reshaping",
    "scaling",
    "training_only",
    "unit_table",
    "windows",
]

KINDS: tuple[type[Kind], ...] = (
    InputLayer,
    # They make units of their own.
    Conv1D,
    Conv2D,
    SeparableConv1D,
    SeparableConv2D,
    Dense,
    # They carry the units of their input.
    DepthwiseConv1D,
    DepthwiseConv2D,
    BatchNormalization,
    LayerNormalization,
    Normalization,
    LayerScale,
    Rescaling,
    Activation,
    ReLU,
    LeakyReLU,
    PReLU,
    ELU,
    Softmax,
    MaxPooling1D,
    MaxPooling2D,
    AveragePooling1D,
    AveragePooling2D,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    ZeroPadding1D,
    ZeroPadding2D,
    Cropping1D,
    Cropping2D,
    UpSampling2D,
    Dropout,
    SpatialDropout1D,
    SpatialDropout2D,
    AlphaDropout,
    GaussianDropout,
    GaussianNoise,
    ActivityRegularization,
    StochasticDepth,
    # They tie units of several inputs, join them, or spread them over positions.
    Add,
    Subtract,
    Multiply,
    Maximum,
    Minimum,
    Average,
    CustomScaleLayer,
    Concatenate,
    Flatten,
    Reshape,
    Permute,
)
LAYER_KINDS: dict[str, type[Kind]] = {kind.__name__: kind for kind in KINDS}
