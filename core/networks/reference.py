"""The reference network as one instance of `Network`."""

from core.networks.builder import Draft
from core.networks.graph import Network
from core.networks.layers.convolution import Conv2D
from core.networks.layers.dense import Dense
from core.networks.layers.pooling import MaxPooling2D
from core.networks.layers.reshaping import Flatten
from core.networks.layers.training_only import Dropout
from core.networks.network import LAYERS, PADDING, REFERENCE, NetworkShape


def reference(shape: NetworkShape = REFERENCE) -> Network:
    """Return the network of four convolutions and two dense layers in the given widths."""
    draft = Draft(shape.input_shape)
    for number, layer in enumerate(LAYERS[:4], 1):
        draft.add(
            layer, Conv2D(shape.units[layer], (3,), padding=PADDING[layer], activation="relu")
        )
        if number % 2 == 0:
            draft.add(f"pool{number // 2}", MaxPooling2D())
            draft.add(f"dropout{number // 2}", Dropout(0.25))
    draft.add("flatten", Flatten())
    draft.add("dense1", Dense(shape.units["dense1"], "relu"))
    draft.add("dropout3", Dropout(0.5))
    draft.add("dense2", Dense(shape.classes, "softmax"))
    return draft.network()
