"""Convolutions of each channel by itself, and such with a 1 x 1 convolution after them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from core.errors import SettingsError
from core.networks.layers.functions import FUNCTIONS, MIXING, onnx_function
from core.networks.layers.kind import Arrays, Kind, Shape, along, check_rank
from core.networks.layers.onnx_graph import OnnxGraph, OnnxTensor, shaped
from core.networks.layers.unit_table import Axis, Flow, UnitTable
from core.networks.layers.windows import onnx_window, output_sizes, padded, sliding


@dataclass(frozen=True)
class Depthwise(Kind):
    """What depthwise convolutions of any rank share."""

    rank: ClassVar[int]
    kernel_part: ClassVar[str] = "kernel"
    shifts: ClassVar[tuple[str, ...]] = ("bias",)
    idle: ClassVar[Mapping[str, Any]] = {"groups": 1}  # Keras 2 writes it

    kernel_size: tuple[int, ...]
    strides: tuple[int, ...] = (1,)
    padding: str = "valid"
    depth_multiplier: int = 1
    dilation_rate: tuple[int, ...] = (1,)
    activation: str = "linear"
    use_bias: bool = True

    def __post_init__(self) -> None:
        """Check the options. Raises SettingsError if one does not fit."""
        super().__post_init__()
        for name in ("kernel_size", "strides", "dilation_rate"):
            object.__setattr__(self, name, along(getattr(self, name), self.rank))
        if self.depth_multiplier < 1:
            raise SettingsError(f"its depth_multiplier is {self.depth_multiplier}.")

    def parameter_shapes(self, inputs: Sequence[Shape]) -> dict[str, Shape]:
        check_rank(type(self).__name__, inputs, self.rank + 1)
        channels = inputs[0][-1]
        kernel = (*self.kernel_size, channels, self.depth_multiplier)
        shapes: dict[str, Shape] = {self.kernel_part: kernel}
        return shapes | ({"bias": (channels * self.depth_multiplier,)} if self.use_bias else {})

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        check_rank(type(self).__name__, inputs, self.rank + 1)
        options = (self.kernel_size, self.strides, self.padding, self.dilation_rate)
        sizes = output_sizes(inputs[0][:-1], *options)
        return (*sizes, inputs[0][-1] * self.depth_multiplier)

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        result = self._each_channel(inputs[0], weights[self.kernel_part])
        if self.use_bias:
            result = result + weights["bias"]
        return np.asarray(FUNCTIONS[self.activation](result))

    def _each_channel(self, images: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        """Return the outputs (n, ..., channels x multiplier) without bias and activation."""
        if self.padding == "same":
            images = padded(images, self.kernel_size, self.strides, self.dilation_rate, 0)
        views = sliding(images, self.kernel_size, self.strides, self.dilation_rate)
        window = "xy"[: self.rank]
        found = np.einsum(f"...c{window},{window}cm->...cm", views, kernel)
        return np.asarray(found.reshape(*found.shape[:-2], -1))

    def onnx(
        self,
        graph: OnnxGraph,
        weights: Arrays,
        inputs: Sequence[OnnxTensor],
        shapes: Sequence[Shape],
    ) -> OnnxTensor:
        bias = (graph.constant(weights["bias"], "bias"),) if self.use_bias else ()
        made = OnnxTensor(
            first=self._onnx_each_channel(graph, weights, inputs[0], shapes[0], *bias)
        )
        return onnx_function(graph, self.activation, shaped(made, len(shapes[0])))

    def _onnx_each_channel(
        self, graph: OnnxGraph, weights: Arrays, x: OnnxTensor, shape: Shape, *bias: str
    ) -> str:
        """Add the convolution of each channel by itself and return its name, channels first."""
        kernel = np.moveaxis(weights[self.kernel_part], (-2, -1), (0, 1))
        grouped = kernel.reshape(-1, 1, *kernel.shape[2:])
        read = (graph.first(x), graph.constant(grouped, self.kernel_part), *bias)
        options = (self.kernel_size, self.strides, self.padding, self.dilation_rate)
        window = onnx_window(shape[:-1], *options)
        return graph.node("Conv", *read, group=shape[-1], **window)

    def kernel_uses(self, inputs: Sequence[Shape]) -> dict[str, int]:
        return {self.kernel_part: math.prod(self.output_shape(inputs)[:-1])}

    def flow(self, inputs: Sequence[Shape], units: Sequence[np.ndarray], table: UnitTable) -> Flow:
        out = np.repeat(units[0], self.depth_multiplier)
        axes = [Axis(self.kernel_part, self.rank, units[0], "carries")]
        axes += [Axis("bias", 0, out, "carries")] if self.use_bias else []
        if self.activation in MIXING:
            table.freeze(out, f"{self.activation} mixes its channels")
        return Flow(out, tuple(axes))


@dataclass(frozen=True)
class DepthwiseConv1D(Depthwise):
    """A convolution of each channel of a sequence by itself."""

    rank: ClassVar[int] = 1


@dataclass(frozen=True)
class DepthwiseConv2D(Depthwise):
    """A convolution of each channel of an image by itself."""

    rank: ClassVar[int] = 2


@dataclass(frozen=True)
class Separable(Depthwise):
    """A depthwise convolution and a 1 x 1 convolution of its outputs, as one layer."""

    kernel_part: ClassVar[str] = "depthwise_kernel"

    filters: int = 0

    def __post_init__(self) -> None:
        """Check the options. Raises SettingsError if one does not fit."""
        super().__post_init__()
        if self.filters < 1:
            raise SettingsError(f"it has {self.filters} filters.")

    def parameter_shapes(self, inputs: Sequence[Shape]) -> dict[str, Shape]:
        check_rank(type(self).__name__, inputs, self.rank + 1)
        channels, point = inputs[0][-1], (1,) * self.rank
        shapes: dict[str, Shape] = {
            "depthwise_kernel": (*self.kernel_size, channels, self.depth_multiplier),
            "pointwise_kernel": (*point, channels * self.depth_multiplier, self.filters),
        }
        return shapes | ({"bias": (self.filters,)} if self.use_bias else {})

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return (*super().output_shape(inputs)[:-1], self.filters)

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        pointwise = weights["pointwise_kernel"].reshape(-1, self.filters)
        result = self._each_channel(inputs[0], weights["depthwise_kernel"]) @ pointwise
        if self.use_bias:
            result = result + weights["bias"]
        return np.asarray(FUNCTIONS[self.activation](result))

    def onnx(
        self,
        graph: OnnxGraph,
        weights: Arrays,
        inputs: Sequence[OnnxTensor],
        shapes: Sequence[Shape],
    ) -> OnnxTensor:
        between = self._onnx_each_channel(graph, weights, inputs[0], shapes[0])
        kernel = np.moveaxis(weights["pointwise_kernel"], (-1, -2), (0, 1))
        read = [between, graph.constant(kernel, "pointwise_kernel")]
        read += [graph.constant(weights["bias"], "bias")] if self.use_bias else []
        made = OnnxTensor(first=graph.node("Conv", *read))
        return onnx_function(graph, self.activation, shaped(made, len(shapes[0])))

    def kernel_uses(self, inputs: Sequence[Shape]) -> dict[str, int]:
        positions = math.prod(self.output_shape(inputs)[:-1])
        return {"depthwise_kernel": positions, "pointwise_kernel": positions}

    def flow(self, inputs: Sequence[Shape], units: Sequence[np.ndarray], table: UnitTable) -> Flow:
        made = table.make(self.filters)
        between = np.repeat(units[0], self.depth_multiplier)
        axes = [
            Axis("depthwise_kernel", self.rank, units[0], "reads"),
            Axis("pointwise_kernel", self.rank, between, "reads"),
            Axis("pointwise_kernel", self.rank + 1, made, "makes"),
        ]
        axes += [Axis("bias", 0, made, "makes")] if self.use_bias else []
        if self.activation in MIXING:
            table.freeze(made, f"{self.activation} mixes its channels")
        return Flow(made, tuple(axes))

    def resized(self, width: int) -> Self:
        return replace(self, filters=width)


@dataclass(frozen=True)
class SeparableConv1D(Separable):
    """A separable convolution of sequences."""

    rank: ClassVar[int] = 1


@dataclass(frozen=True)
class SeparableConv2D(Separable):
    """A separable convolution of images. Chollet 2017, arXiv:1610.02357."""

    rank: ClassVar[int] = 2
