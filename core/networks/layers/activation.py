"""Activation layers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from core.networks.layers.functions import FUNCTIONS, MIXING, onnx_function, softmax
from core.networks.layers.kind import Arrays, Kind, Shape, check_last_axis
from core.networks.layers.onnx_graph import OnnxGraph, OnnxTensor
from core.networks.layers.unit_table import Axis, Flow, UnitTable


@dataclass(frozen=True)
class Activation(Kind):
    """Any activation function without parameters."""

    activation: str = "linear"

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        return np.asarray(FUNCTIONS[self.activation](inputs[0]))

    def onnx(
        self,
        graph: OnnxGraph,
        weights: Arrays,
        inputs: Sequence[OnnxTensor],
        shapes: Sequence[Shape],
    ) -> OnnxTensor:
        return onnx_function(graph, self.activation, inputs[0])

    def flow(self, inputs: Sequence[Shape], units: Sequence[np.ndarray], table: UnitTable) -> Flow:
        if self.activation in MIXING:
            table.freeze(units[0], f"{self.activation} mixes its channels")
        return Flow(units[0])


@dataclass(frozen=True)
class ReLU(Kind):
    """A rectifier with an optional ceiling, slope and threshold."""

    max_value: float | None = None
    negative_slope: float = 0.0
    threshold: float = 0.0

    @property
    def keeps_zero(self) -> bool:
        """Whether zero stays zero: the slope begins at the threshold."""
        return self.threshold == 0 or self.negative_slope == 0

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        x = inputs[0]
        above = x if self.max_value is None else np.minimum(x, np.float32(self.max_value))
        below = self.negative_slope * (x - self.threshold)
        return np.where(x >= self.threshold, above, below)

    def onnx(
        self,
        graph: OnnxGraph,
        weights: Arrays,
        inputs: Sequence[OnnxTensor],
        shapes: Sequence[Shape],
    ) -> OnnxTensor:
        x = inputs[0]
        if not self.threshold and not self.negative_slope:
            if self.max_value is None:
                return graph.each("Relu", x)
            return graph.each("Clip", x, graph.constant(0.0), graph.constant(self.max_value))
        read, threshold = x.first or x.last, graph.constant(self.threshold)
        above = read
        if self.max_value is not None:
            above = graph.node("Min", read, graph.constant(self.max_value))
        below = graph.node("Sub", read, threshold)
        below = graph.node("Mul", below, graph.constant(self.negative_slope))
        is_above = graph.node("GreaterOrEqual", read, threshold)
        return graph.like(x, graph.node("Where", is_above, above, below))


@dataclass(frozen=True)
class LeakyReLU(Kind):
    """A rectifier with a slope below zero."""

    negative_slope: float = 0.3

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> Self:
        renamed = {"alpha": "negative_slope"}  # from Keras 2
        return super().read({renamed.get(name, name): value for name, value in config.items()})

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        return np.where(inputs[0] > 0, inputs[0], self.negative_slope * inputs[0])

    def onnx(
        self,
        graph: OnnxGraph,
        weights: Arrays,
        inputs: Sequence[OnnxTensor],
        shapes: Sequence[Shape],
    ) -> OnnxTensor:
        return graph.each("LeakyRelu", inputs[0], alpha=self.negative_slope)


@dataclass(frozen=True)
class ELU(Kind):
    """An exponential linear unit. Clevert et al. 2016, arXiv:1511.07289."""

    alpha: float = 1.0

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        x = inputs[0]
        return np.where(x > 0, x, self.alpha * np.expm1(np.minimum(x, 0)))

    def onnx(
        self,
        graph: OnnxGraph,
        weights: Arrays,
        inputs: Sequence[OnnxTensor],
        shapes: Sequence[Shape],
    ) -> OnnxTensor:
        return graph.each("Elu", inputs[0], alpha=self.alpha)


@dataclass(frozen=True)
class PReLU(Kind):
    """A rectifier whose slopes are learned. He et al. 2015, arXiv:1502.01852.

    shared_axes: counted with the batch, as Keras does.
    """

    shared_axes: tuple[int, ...] | None = None

    def parameter_shapes(self, inputs: Sequence[Shape]) -> dict[str, Shape]:
        shared = self.shared_axes or ()
        sizes = (1 if axis in shared else size for axis, size in enumerate(inputs[0], 1))
        return {"alpha": tuple(sizes)}

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        return np.where(inputs[0] > 0, inputs[0], weights["alpha"] * inputs[0])

    def onnx(
        self,
        graph: OnnxGraph,
        weights: Arrays,
        inputs: Sequence[OnnxTensor],
        shapes: Sequence[Shape],
    ) -> OnnxTensor:
        slopes = graph.constant(weights["alpha"], "alpha")
        return OnnxTensor(last=graph.node("PRelu", graph.last(inputs[0]), slopes))

    def flow(self, inputs: Sequence[Shape], units: Sequence[np.ndarray], table: UnitTable) -> Flow:
        last = len(inputs[0])
        if last in (self.shared_axes or ()):
            return Flow(units[0])
        return Flow(units[0], (Axis("alpha", last - 1, units[0], "carries"),))


@dataclass(frozen=True)
class Softmax(Kind):
    """Probabilities over the last axis."""

    axis: int = -1

    @property
    def keeps_zero(self) -> bool:
        """Whether zero stays zero: no, it becomes a probability."""
        return False

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        check_last_axis(self.axis, inputs[0])
        return inputs[0]

    def config(self) -> dict[str, Any]:
        return {"axis": -1}

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        return softmax(inputs[0])

    def onnx(
        self,
        graph: OnnxGraph,
        weights: Arrays,
        inputs: Sequence[OnnxTensor],
        shapes: Sequence[Shape],
    ) -> OnnxTensor:
        return onnx_function(graph, "softmax", inputs[0])

    def flow(self, inputs: Sequence[Shape], units: Sequence[np.ndarray], table: UnitTable) -> Flow:
        table.freeze(units[0], "softmax mixes its channels")
        return Flow(units[0])
