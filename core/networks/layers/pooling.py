"""Pooling over windows and over all positions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.networks.layers.kind import Arrays, Kind, Shape, along, check_rank
from core.networks.layers.onnx_graph import OnnxGraph, OnnxTensor
from core.networks.layers.windows import onnx_window, output_sizes, padded, sliding


@dataclass(frozen=True)
class Pooling(Kind):
    """What pooling over windows shares."""

    rank: ClassVar[int]

    pool_size: tuple[int, ...] = (2,)
    strides: tuple[int, ...] | None = None
    padding: str = "valid"

    def __post_init__(self) -> None:
        """Check the options. Raises SettingsError if one does not fit."""
        super().__post_init__()
        object.__setattr__(self, "pool_size", along(self.pool_size, self.rank))
        object.__setattr__(self, "strides", along(self.steps, self.rank))

    @property
    def steps(self) -> tuple[int, ...]:
        """The strides, which are the window's size where none are given."""
        return self.strides or self.pool_size

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        check_rank(type(self).__name__, inputs, self.rank + 1)
        ones = (1,) * self.rank
        sizes = output_sizes(inputs[0][:-1], self.pool_size, self.steps, self.padding, ones)
        return (*sizes, inputs[0][-1])

    def _onnx_pool(
        self, graph: OnnxGraph, op: str, x: OnnxTensor, shape: Shape, **more: int
    ) -> OnnxTensor:
        options = (self.pool_size, self.steps, self.padding, (1,) * self.rank)
        window = onnx_window(shape[:-1], *options)
        return OnnxTensor(first=graph.node(op, graph.first(x), **window, **more))

    def _views(self, images: np.ndarray, value: float) -> np.ndarray:
        """Return the windows, flattened to one last axis; `value` fills what lies outside."""
        ones = (1,) * self.rank
        if self.padding == "same":
            images = padded(images, self.pool_size, self.steps, ones, value)
        views = sliding(images, self.pool_size, self.steps, ones)
        return views.reshape(*views.shape[: self.rank + 2], -1)


@dataclass(frozen=True)
class MaxPooling(Pooling):
    """The largest value in a window."""

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        return np.asarray(self._views(inputs[0], -np.inf).max(axis=-1))

    def onnx(
        self,
        graph: OnnxGraph,
        weights: Arrays,
        inputs: Sequence[OnnxTensor],
        shapes: Sequence[Shape],
    ) -> OnnxTensor:
        return self._onnx_pool(graph, "MaxPool", inputs[0], shapes[0])


@dataclass(frozen=True)
class AveragePooling(Pooling):
    """The mean of a window, of what lies inside the image."""

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        return np.asarray(np.nanmean(self._views(inputs[0], np.nan), axis=-1))

    def onnx(
        self,
        graph: OnnxGraph,
        weights: Arrays,
        inputs: Sequence[OnnxTensor],
        shapes: Sequence[Shape],
    ) -> OnnxTensor:
        return self._onnx_pool(graph, "AveragePool", inputs[0], shapes[0], count_include_pad=0)


@dataclass(frozen=True)
class MaxPooling1D(MaxPooling):
    """Max pooling of sequences."""

    rank: ClassVar[int] = 1


@dataclass(frozen=True)
class MaxPooling2D(MaxPooling):
    """Max pooling of images."""

    rank: ClassVar[int] = 2


@dataclass(frozen=True)
class AveragePooling1D(AveragePooling):
    """Average pooling of sequences."""

    rank: ClassVar[int] = 1


@dataclass(frozen=True)
class AveragePooling2D(AveragePooling):
    """Average pooling of images."""

    rank: ClassVar[int] = 2


@dataclass(frozen=True)
class GlobalPooling(Kind):
    """What pooling over all positions shares."""

    rank: ClassVar[int]

    keepdims: bool = False

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        check_rank(type(self).__name__, inputs, self.rank + 1)
        return (*((1,) * self.rank if self.keepdims else ()), inputs[0][-1])

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes of the positions, counted with the batch."""
        return tuple(range(1, self.rank + 1))

    def _onnx_reduce(self, graph: OnnxGraph, op: str, x: OnnxTensor) -> OnnxTensor:
        """Add a reduction over the positions, in the order in which the tensor is."""
        axes = graph.integers(*(axis + bool(x.first) for axis in self.axes))
        made = graph.node(op, x.first or x.last, axes, keepdims=int(self.keepdims))
        return graph.like(x, made) if self.keepdims else OnnxTensor(last=made)


@dataclass(frozen=True)
class GlobalAverage(GlobalPooling):
    """The mean over all positions."""

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        return np.asarray(inputs[0].mean(axis=self.axes, keepdims=self.keepdims))

    def onnx(
        self,
        graph: OnnxGraph,
        weights: Arrays,
        inputs: Sequence[OnnxTensor],
        shapes: Sequence[Shape],
    ) -> OnnxTensor:
        return self._onnx_reduce(graph, "ReduceMean", inputs[0])


@dataclass(frozen=True)
class GlobalMax(GlobalPooling):
    """The largest value over all positions."""

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        return np.asarray(inputs[0].max(axis=self.axes, keepdims=self.keepdims))

    def onnx(
        self,
        graph: OnnxGraph,
        weights: Arrays,
        inputs: Sequence[OnnxTensor],
        shapes: Sequence[Shape],
    ) -> OnnxTensor:
        return self._onnx_reduce(graph, "ReduceMax", inputs[0])


@dataclass(frozen=True)
class GlobalAveragePooling1D(GlobalAverage):
    """Global average pooling of sequences."""

    rank: ClassVar[int] = 1


@dataclass(frozen=True)
class GlobalAveragePooling2D(GlobalAverage):
    """Global average pooling of images. Lin et al. 2014, arXiv:1312.4400."""

    rank: ClassVar[int] = 2


@dataclass(frozen=True)
class GlobalMaxPooling1D(GlobalMax):
    """Global max pooling of sequences."""

    rank: ClassVar[int] = 1


@dataclass(frozen=True)
class GlobalMaxPooling2D(GlobalMax):
    """Global max pooling of images."""

    rank: ClassVar[int] = 2
