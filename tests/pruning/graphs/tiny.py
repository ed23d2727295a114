"""Networks of every family and a data set, small enough that pruning one takes seconds."""

import numpy as np

from core.data.dataset import Dataset, Split
from core.networks.builder import Draft
from core.networks.initializers import initial_values
from core.networks.layers import LAYER_KINDS as K
from core.networks.prepare import prepare_for

SIDE, CLASSES = 9, ("top", "middle", "bottom")


def split(count, seed):
    """Each class lights up one third of the rows, under noise."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    images = rng.random((count, SIDE, SIDE, 1)).astype(np.float32) * np.float32(0.5)
    for index, label in enumerate(labels):
        images[index, 3 * label : 3 * label + 3] += np.float32(0.5)
    return Split(images, labels.astype(np.int64))


DATASET = Dataset("rows", CLASSES, split(48, 0), split(12, 1), split(12, 2))


def residual():
    """A stem, a residual block with batch normalization, a depthwise layer, and a dense end."""
    draft = Draft((SIDE, SIDE, 1))
    draft.add("stem", K["Conv2D"](6, (3,), padding="same", use_bias=False))
    draft.add("stem_bn", K["BatchNormalization"]())
    trunk = draft.add("stem_relu", K["ReLU"](6.0))
    draft.add("inner", K["Conv2D"](8, (3,), padding="same", use_bias=False))
    draft.add("inner_bn", K["BatchNormalization"]())
    draft.add("inner_relu", K["ReLU"]())
    draft.add("depthwise", K["DepthwiseConv2D"]((3,), padding="same"))
    draft.add("depthwise_relu", K["ReLU"]())
    draft.add("outer", K["Conv2D"](6, (1,), use_bias=False))
    branch = draft.add("outer_bn", K["BatchNormalization"]())
    draft.add("add", K["Add"](), trunk, branch)
    draft.add("pool", K["GlobalAveragePooling2D"]())
    draft.add("head", K["Dense"](3, "softmax"))
    return draft.network()


def plain():
    """Two convolutions and two dense layers without normalization, ending in logits."""
    draft = Draft((SIDE, SIDE, 1))
    draft.add("conv1", K["Conv2D"](4, (3,), activation="relu"))
    draft.add("pool", K["MaxPooling2D"]())
    draft.add("conv2", K["Conv2D"](6, (2,), activation="relu"))
    draft.add("flatten", K["Flatten"]())
    draft.add("dense1", K["Dense"](10, "relu"))
    draft.add("dropout", K["Dropout"](0.4))
    draft.add("dense2", K["Dense"](3))
    return draft.network()


def perceptron():
    """A network of rows of values."""
    draft = Draft((SIDE * SIDE,))
    draft.add("dense1", K["Dense"](12, "relu"))
    draft.add("dense2", K["Dense"](8, "tanh"))
    draft.add("dense3", K["Dense"](3, "softmax"))
    return draft.network()


def sequence():
    """A network of sequences."""
    draft = Draft((SIDE, SIDE))
    draft.add("conv1", K["Conv1D"](6, (3,), activation="relu"))
    draft.add("conv2", K["Conv1D"](6, (3,), activation="relu"))
    draft.add("flatten", K["Flatten"]())
    draft.add("dense", K["Dense"](3, "softmax"))
    return draft.network()


NETWORKS = {
    "residual": residual(),
    "plain": plain(),
    "perceptron": perceptron(),
    "sequence": sequence(),
}


def data(name):
    """Return the data as a network reads it."""
    return prepare_for(DATASET, NETWORKS[name])


def weights(name, seed=0):
    """Return weights of which none is zero, so that zeros are those of pruning."""
    rng = np.random.default_rng(seed)
    start = initial_values(NETWORKS[name], seed)
    return {
        key: (value + rng.uniform(0.01, 0.05, value.shape)).astype(np.float32)
        for key, value in start.items()
    }
