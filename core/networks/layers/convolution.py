"""Convolutions, in one and two dimensions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from core.errors import SettingsError
from core.networks.layers.functions import FUNCTIONS, MIXING, onnx_function
from core.networks.layers.kind import Arrays, Kind, Shape, along, check_rank
from core.networks.layers.onnx_graph import OnnxGraph, OnnxTensor, shaped
from core.networks.layers.unit_table import Axis, Flow, UnitTable
from core.networks.layers.windows import onnx_window, output_sizes, padded, sliding


@dataclass(frozen=True)
class Convolution(Kind):
    """What convolutions of any rank share."""

    rank: ClassVar[int]

    filters: int
    kernel_size: tuple[int, ...]
    strides: tuple[int, ...] = (1,)
    padding: str = "valid"
    dilation_rate: tuple[int, ...] = (1,)
    groups: int = 1
    activation: str = "linear"
    use_bias: bool = True

    def __post_init__(self) -> None:
        """Check the options. Raises SettingsError if one does not fit."""
        super().__post_init__()
        for name in ("kernel_size", "strides", "dilation_rate"):
            object.__setattr__(self, name, along(getattr(self, name), self.rank))
        if self.filters < 1 or self.groups < 1 or self.filters % self.groups:
            raise SettingsError(
                f"its {self.filters} filters cannot be divided into {self.groups} groups."
            )

    def parameter_shapes(self, inputs: Sequence[Shape]) -> dict[str, Shape]:
        """Return those of kernel and bias. Raises SettingsError if the groups do not fit."""
        check_rank(type(self).__name__, inputs, self.rank + 1)
        channels = inputs[0][-1]
        if channels % self.groups:
            raise SettingsError(f"{channels} channels cannot be divided into {self.groups} groups.")
        shapes: dict[str, Shape] = {
            "kernel": (*self.kernel_size, channels // self.groups, self.filters)
        }
        return shapes | ({"bias": (self.filters,)} if self.use_bias else {})

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        check_rank(type(self).__name__, inputs, self.rank + 1)
        options = (self.kernel_size, self.strides, self.padding, self.dilation_rate)
        return (*output_sizes(inputs[0][:-1], *options), self.filters)

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        images, kernel = inputs[0], weights["kernel"]
        if self.padding == "same":
            images = padded(images, self.kernel_size, self.strides, self.dilation_rate, 0)
        pieces = zip(
            np.split(images, self.groups, axis=-1),
            np.split(kernel, self.groups, axis=-1),
            strict=True,
        )
        found = [self._convolve(images, kernel) for images, kernel in pieces]
        result = np.concatenate(found, axis=-1)
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
        kernel = np.moveaxis(weights["kernel"], (-1, -2), (0, 1))
        read = [graph.first(inputs[0]), graph.constant(kernel, "kernel")]
        read += [graph.constant(weights["bias"], "bias")] if self.use_bias else []
        options = (self.kernel_size, self.strides, self.padding, self.dilation_rate)
        window = onnx_window(shapes[0][:-1], *options)
        made = OnnxTensor(first=graph.node("Conv", *read, group=self.groups, **window))
        return onnx_function(graph, self.activation, shaped(made, len(shapes[0])))

    def _convolve(self, images: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        views = sliding(images, self.kernel_size, self.strides, self.dilation_rate)
        sizes = views.shape[: self.rank + 1]
        rows = views.reshape(math.prod(sizes), -1)  # channels, then the window
        columns = np.moveaxis(kernel, -2, 0).reshape(-1, kernel.shape[-1])
        return np.asarray(rows @ columns).reshape(*sizes, -1)

    def kernel_uses(self, inputs: Sequence[Shape]) -> dict[str, int]:
        return {"kernel": math.prod(self.output_shape(inputs)[:-1])}

    def flow(self, inputs: Sequence[Shape], units: Sequence[np.ndarray], table: UnitTable) -> Flow:
        made = table.make(self.filters)
        axes = [Axis("kernel", self.rank + 1, made, "makes")]
        axes += [Axis("bias", 0, made, "makes")] if self.use_bias else []
        if self.groups == 1:
            axes.append(Axis("kernel", self.rank, units[0], "reads"))
        else:  # a group of channels goes with the filters that read it, or stays with them
            read, written = (each.reshape(self.groups, -1) for each in (units[0], made))
            together = np.concatenate([read, written], axis=1)
            table.tie(np.repeat(read[:, 0], together.shape[1]), together.reshape(-1))
        if self.activation in MIXING:
            table.freeze(made, f"{self.activation} mixes its channels")
        return Flow(made, tuple(axes))

    def resized(self, width: int) -> Self:
        groups = self.groups * width // self.filters if self.groups > 1 else 1
        return replace(self, filters=width, groups=groups)


@dataclass(frozen=True)
class Conv1D(Convolution):
    """A convolution along one axis, as for sound and other sequences."""

    rank: ClassVar[int] = 1


@dataclass(frozen=True)
class Conv2D(Convolution):
    """A convolution of images."""

    rank: ClassVar[int] = 2
