"""Layers with several inputs: sums, products and the like, which tie units, and Concatenate."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, ClassVar

import numpy as np

from core.errors import SettingsError
from core.networks.layers.kind import Arrays, Kind, Shape, check_last_axis
from core.networks.layers.onnx_graph import OnnxGraph, OnnxTensor
from core.networks.layers.unit_table import Flow, UnitTable


def broadcast(inputs: Sequence[Shape]) -> Shape:
    """Return the shape of inputs of one rank, where an axis of 1 fits any other.

    Raises SettingsError if they do not fit.
    """
    if len(inputs) < 2:
        raise SettingsError(f"it needs two inputs or more, but is given {len(inputs)}. Add one.")
    rank = max(map(len, inputs))
    short = min(inputs, key=len)
    if len(short) != rank:
        wider = (*(1,) * (rank - len(short)), *short)
        raise SettingsError(
            f"its inputs {', '.join(map(str, inputs))} have different numbers of axes. Put "
            f"Reshape({wider}) before the one of {short}."
        )
    sizes = [set(axis) - {1} or {1} for axis in zip(*inputs, strict=True)]
    if any(len(each) > 1 for each in sizes):
        raise SettingsError(f"its inputs do not fit together: {', '.join(map(str, inputs))}.")
    return tuple(each.pop() for each in sizes)


@dataclass(frozen=True)
class Merging(Kind):
    """Inputs combined entry by entry: entry i of one is kept or goes with entry i of the others."""

    pair: ClassVar[Any]
    op: ClassVar[str] = ""

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return broadcast(inputs)

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        return np.asarray(reduce(type(self).pair, inputs))

    def onnx(
        self,
        graph: OnnxGraph,
        weights: Arrays,
        inputs: Sequence[OnnxTensor],
        shapes: Sequence[Shape],
    ) -> OnnxTensor:
        names, is_first = graph.together(inputs)
        made = self.merged(graph, names)
        return OnnxTensor(first=made) if is_first else OnnxTensor(last=made)

    def merged(self, graph: OnnxGraph, names: Sequence[str]) -> str:
        """Add the nodes that combine tensors of one order, and return what they make."""
        return reduce(lambda one, other: graph.node(type(self).op, one, other), names)

    def flow(self, inputs: Sequence[Shape], units: Sequence[np.ndarray], table: UnitTable) -> Flow:
        width = max(len(each) for each in units)
        full = [each for each in units if len(each) == width]
        for each in units:
            if len(each) != width:
                table.freeze(each, "one channel meets every channel of another tensor")
        for each in full[1:]:
            table.tie(full[0], each)
        return Flow(full[0])

    def spread(self, units: Sequence[np.ndarray]) -> list[np.ndarray]:
        width = max(len(each) for each in units)
        return [each for each in units if len(each) != width]


@dataclass(frozen=True)
class Add(Merging):
    """The sum of the inputs, as in residual networks. He et al. 2016, arXiv:1512.03385."""

    pair: ClassVar[Any] = np.add
    op: ClassVar[str] = "Add"


@dataclass(frozen=True)
class Subtract(Merging):
    """The difference of two inputs."""

    pair: ClassVar[Any] = np.subtract
    op: ClassVar[str] = "Sub"


@dataclass(frozen=True)
class Multiply(Merging):
    """The product of the inputs, as in squeeze-and-excitation. Hu et al. 2018, arXiv:1709.01507."""

    pair: ClassVar[Any] = np.multiply
    op: ClassVar[str] = "Mul"

    def spread(self, units: Sequence[np.ndarray]) -> list[np.ndarray]:
        return []  # zero times anything is zero


@dataclass(frozen=True)
class Maximum(Merging):
    """The largest of the inputs."""

    pair: ClassVar[Any] = np.maximum
    op: ClassVar[str] = "Max"


@dataclass(frozen=True)
class Minimum(Merging):
    """The smallest of the inputs."""

    pair: ClassVar[Any] = np.minimum
    op: ClassVar[str] = "Min"


@dataclass(frozen=True)
class Average(Merging):
    """The mean of the inputs."""

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        return np.asarray(reduce(np.add, inputs) / len(inputs))

    def merged(self, graph: OnnxGraph, names: Sequence[str]) -> str:
        return graph.node("Mean", *names)


@dataclass(frozen=True)
class CustomScaleLayer(Merging):
    """One input and another times a constant: the residual sum of InceptionResNetV2."""

    module: ClassVar[str] = "keras.applications.inception_resnet_v2"

    scale: float = 1.0

    def keras_class(self) -> Any:
        from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

        return CustomScaleLayer

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        return inputs[0] + inputs[1] * self.scale

    def merged(self, graph: OnnxGraph, names: Sequence[str]) -> str:
        one, other = names
        return graph.node("Add", one, graph.node("Mul", other, graph.constant(self.scale)))


@dataclass(frozen=True)
class Concatenate(Kind):
    """Inputs one after another along the last axis."""

    axis: int = -1

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the joined shape. Raises SettingsError if the inputs do not fit."""
        check_last_axis(self.axis, inputs[0])
        if len(inputs) < 2 or len({shape[:-1] for shape in inputs}) != 1:
            raise SettingsError(f"its inputs do not fit together: {', '.join(map(str, inputs))}.")
        return (*inputs[0][:-1], sum(shape[-1] for shape in inputs))

    def config(self) -> dict[str, Any]:
        return {"axis": -1}

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        return np.concatenate(inputs, axis=-1)

    def onnx(
        self,
        graph: OnnxGraph,
        weights: Arrays,
        inputs: Sequence[OnnxTensor],
        shapes: Sequence[Shape],
    ) -> OnnxTensor:
        names, is_first = graph.together(inputs)
        made = graph.node("Concat", *names, axis=1 if is_first else -1)
        return OnnxTensor(first=made) if is_first else OnnxTensor(last=made)

    def flow(self, inputs: Sequence[Shape], units: Sequence[np.ndarray], table: UnitTable) -> Flow:
        return Flow(np.concatenate(units))
