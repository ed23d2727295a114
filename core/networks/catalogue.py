"""Networks of the literature, by name: each as its paper has it, for any images and classes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.networks.builder import Draft
from core.networks.graph import Network
from core.networks.layers.activation import ReLU
from core.networks.layers.convolution import Conv2D
from core.networks.layers.dense import Dense
from core.networks.layers.depthwise import DepthwiseConv2D
from core.networks.layers.merging import Add
from core.networks.layers.normalization import BatchNormalization
from core.networks.layers.pooling import GlobalAveragePooling2D, MaxPooling2D
from core.networks.layers.reshaping import Flatten
from core.networks.network import NetworkShape
from core.networks.reference import reference

Make = Callable[[tuple[int, ...], int], Network]


@dataclass(frozen=True)
class Listed:
    """One network of the catalogue; input_shape: of its paper."""

    name: str
    about: str
    paper: str
    input_shape: tuple[int, ...]
    classes: int
    make: Make

    def network(
        self, input_shape: Sequence[int] | None = None, classes: int | None = None
    ) -> Network:
        """Return the network, for the paper's images and classes where none are given."""
        return self.make(tuple(input_shape or self.input_shape), classes or self.classes)


def _reference(input_shape: tuple[int, ...], classes: int) -> Network:
    height, width, channels = input_shape
    return reference(NetworkShape((height, width, channels), classes))


def lenet_300_100(input_shape: tuple[int, ...], classes: int) -> Network:
    """Return the multilayer perceptron of LeCun et al. 1998."""
    draft = Draft(input_shape)
    draft.add("flatten", Flatten())
    draft.add("dense1", Dense(300, "relu"))
    draft.add("dense2", Dense(100, "relu"))
    draft.add("dense3", Dense(classes, "softmax"))
    return draft.network()


def lenet_5(input_shape: tuple[int, ...], classes: int) -> Network:
    """Return the convolutional network of LeCun et al. 1998, with ReLU as today."""
    draft = Draft(input_shape)
    for number, filters in enumerate((20, 50), 1):
        draft.add(f"conv{number}", Conv2D(filters, (5,), activation="relu"))
        draft.add(f"pool{number}", MaxPooling2D())
    draft.add("flatten", Flatten())
    draft.add("dense1", Dense(500, "relu"))
    draft.add("dense2", Dense(classes, "softmax"))
    return draft.network()


def conv_6(input_shape: tuple[int, ...], classes: int) -> Network:
    """Return six convolutions and three dense layers: Frankle & Carbin 2019, arXiv:1803.03635."""
    draft = Draft(input_shape)
    for block, filters in enumerate((64, 128, 256), 1):
        for part in "ab":
            settings = Conv2D(filters, (3,), padding="same", activation="relu")
            draft.add(f"conv{block}{part}", settings)
        draft.add(f"pool{block}", MaxPooling2D())
    draft.add("flatten", Flatten())
    draft.add("dense1", Dense(256, "relu"))
    draft.add("dense2", Dense(256, "relu"))
    draft.add("dense3", Dense(classes, "softmax"))
    return draft.network()


def vgg_16(input_shape: tuple[int, ...], classes: int) -> Network:
    """Return VGG-16 with batch normalization and one dense layer, for small images.

    Source: Simonyan & Zisserman 2015, arXiv:1409.1556; Liu et al. 2017, arXiv:1708.06519.
    """
    draft = Draft(input_shape)
    blocks = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
    for block, (filters, count) in enumerate(blocks, 1):
        for number in range(1, count + 1):
            _convolution(draft, f"block{block}_conv{number}", filters)
        if block < len(blocks):
            draft.add(f"block{block}_pool", MaxPooling2D())
    draft.add("pool", GlobalAveragePooling2D())
    draft.add("dense", Dense(classes, "softmax"))
    return draft.network()


def resnet_20(input_shape: tuple[int, ...], classes: int) -> Network:
    """Return ResNet-20 for small images, with 1 x 1 shortcuts: He et al. 2016, arXiv:1512.03385."""
    draft = Draft(input_shape)
    trunk = _convolution(draft, "stem", 16)
    for stage, filters in enumerate((16, 32, 64), 1):
        for block in range(1, 4):
            name, stride = f"stage{stage}_block{block}", 2 if stage > 1 and block == 1 else 1
            _convolution(draft, f"{name}_conv1", filters, stride, trunk)
            branch = _normalised(draft, f"{name}_conv2", filters)
            if stride > 1:
                trunk = _normalised(draft, f"{name}_shortcut", filters, stride, trunk, size=1)
            draft.add(f"{name}_add", Add(), trunk, branch)
            trunk = draft.add(f"{name}_relu", ReLU())
    draft.add("pool", GlobalAveragePooling2D())
    draft.add("dense", Dense(classes, "softmax"))
    return draft.network()


def mobilenet_v1(input_shape: tuple[int, ...], classes: int) -> Network:
    """Return MobileNet of a quarter of the width: Howard et al. 2017, arXiv:1704.04861."""
    draft = Draft(input_shape)
    _convolution(draft, "conv1", 8, 2)
    widths = (16, 32, 32, 64, 64, *(128,) * 6, 256, 256)
    for number, filters in enumerate(widths, 1):
        stride = 2 if number in (2, 4, 6, 12) else 1
        settings = DepthwiseConv2D((3,), (stride,), padding="same", use_bias=False)
        draft.add(f"depthwise{number}", settings)
        draft.add(f"depthwise{number}_bn", BatchNormalization())
        draft.add(f"depthwise{number}_relu", ReLU(6.0))
        _convolution(draft, f"pointwise{number}", filters, size=1)
    draft.add("pool", GlobalAveragePooling2D())
    draft.add("dense", Dense(classes, "softmax"))
    return draft.network()


def _normalised(
    draft: Draft, name: str, filters: int, stride: int = 1, *inputs: str, size: int = 3
) -> str:
    """Add a convolution without bias and its batch normalization."""
    settings = Conv2D(filters, (size,), (stride,), padding="same", use_bias=False)
    draft.add(name, settings, *inputs)
    return draft.add(f"{name}_bn", BatchNormalization())


def _convolution(
    draft: Draft, name: str, filters: int, stride: int = 1, *inputs: str, size: int = 3
) -> str:
    """Add a convolution without bias, its batch normalization and a ReLU."""
    _normalised(draft, name, filters, stride, *inputs, size=size)
    return draft.add(f"{name}_relu", ReLU())


LECUN = "LeCun et al. 1998"
CATALOGUE = {
    row.name: row
    for row in (
        Listed(
            "reference",
            "four convolutions and two dense layers, the default",
            "",
            (25, 25, 3),
            5,
            _reference,
        ),
        Listed("lenet-300-100", "multilayer perceptron", LECUN, (28, 28, 1), 10, lenet_300_100),
        Listed("lenet-5", "two convolutions, two dense layers", LECUN, (28, 28, 1), 10, lenet_5),
        Listed(
            "conv-6",
            "six convolutions, three dense layers",
            "arXiv:1803.03635",
            (32, 32, 3),
            10,
            conv_6,
        ),
        Listed(
            "vgg-16",
            "VGG-16 with batch normalization, for small images",
            "arXiv:1409.1556",
            (32, 32, 3),
            10,
            vgg_16,
        ),
        Listed(
            "resnet-20",
            "residual network for small images",
            "arXiv:1512.03385",
            (32, 32, 3),
            10,
            resnet_20,
        ),
        Listed(
            "mobilenet-v1-small",
            "depthwise convolutions, a quarter of the width",
            "arXiv:1704.04861",
            (96, 96, 3),
            10,
            mobilenet_v1,
        ),
    )
}
