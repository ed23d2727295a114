"""Layers that normalise: by statistics of the training, of one input, or of the data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from core.networks.layers.kind import Arrays, Kind, Shape, check_last_axis
from core.networks.layers.onnx_graph import OnnxGraph, OnnxTensor
from core.networks.layers.unit_table import Axis, Flow, UnitTable


@dataclass(frozen=True)
class BatchNormalization(Kind):
    """Batch normalization. Ioffe & Szegedy 2015, arXiv:1502.03167."""

    fixed: ClassVar[tuple[str, ...]] = ("moving_mean", "moving_variance")
    shifts: ClassVar[tuple[str, ...]] = ("beta", "moving_mean")

    axis: int = -1
    momentum: float = 0.99
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> Self:
        axis = config.get("axis", -1)  # a list of one in Keras 2
        alone = isinstance(axis, list) and len(axis) == 1
        return super().read({**config, "axis": axis[0] if alone else axis})

    def parameter_shapes(self, inputs: Sequence[Shape]) -> dict[str, Shape]:
        parts = ["gamma"] * self.scale + ["beta"] * self.center + [*self.fixed]
        return dict.fromkeys(parts, inputs[0][-1:])

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        check_last_axis(self.axis, inputs[0])
        return inputs[0]

    def config(self) -> dict[str, Any]:
        return {**super().config(), "axis": -1}

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        factor = 1 / np.sqrt(weights["moving_variance"] + np.float32(self.epsilon))
        factor = factor * weights["gamma"] if self.scale else factor
        shift = -weights["moving_mean"] * factor
        return np.asarray(inputs[0] * factor + (shift + weights["beta"] if self.center else shift))

    def onnx(
        self,
        graph: OnnxGraph,
        weights: Arrays,
        inputs: Sequence[OnnxTensor],
        shapes: Sequence[Shape],
    ) -> OnnxTensor:
        zeros = np.zeros(shapes[0][-1], np.float32)
        vectors = {"gamma": zeros + 1, "beta": zeros, **weights}
        names = [graph.constant(vectors[part], part) for part in ("gamma", "beta", *self.fixed)]
        made = graph.node(
            "BatchNormalization", graph.first(inputs[0]), *names, epsilon=self.epsilon
        )
        return OnnxTensor(first=made)

    def flow(self, inputs: Sequence[Shape], units: Sequence[np.ndarray], table: UnitTable) -> Flow:
        parts = self.parameter_shapes(inputs)
        return Flow(units[0], tuple(Axis(part, 0, units[0], "carries") for part in parts))


@dataclass(frozen=True)
class LayerNormalization(Kind):
    """Layer normalization: over the channels of one position. Ba et al. 2016, arXiv:1607.06450."""

    axis: tuple[int, ...] = (-1,)
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True

    @property
    def keeps_zero(self) -> bool:
        """Whether zero stays zero: no, the mean of the other channels is taken off."""
        return False

    def parameter_shapes(self, inputs: Sequence[Shape]) -> dict[str, Shape]:
        return dict.fromkeys(["gamma"] * self.scale + ["beta"] * self.center, inputs[0][-1:])

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        check_last_axis(self.axis, inputs[0])
        return inputs[0]

    def config(self) -> dict[str, Any]:
        return {**super().config(), "axis": -1}

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        centred = inputs[0] - inputs[0].mean(axis=-1, keepdims=True)
        variance = np.square(centred).mean(axis=-1, keepdims=True)
        result = centred / np.sqrt(variance + np.float32(self.epsilon))
        result = result * weights["gamma"] if self.scale else result
        return np.asarray(result + weights["beta"] if self.center else result)

    def onnx(
        self,
        graph: OnnxGraph,
        weights: Arrays,
        inputs: Sequence[OnnxTensor],
        shapes: Sequence[Shape],
    ) -> OnnxTensor:
        ones = np.ones(shapes[0][-1], np.float32)
        read = [graph.last(inputs[0]), graph.constant(weights.get("gamma", ones), "gamma")]
        read += [graph.constant(weights["beta"], "beta")] if self.center else []
        made = graph.node("LayerNormalization", *read, axis=-1, epsilon=self.epsilon)
        return OnnxTensor(last=made)

    def flow(self, inputs: Sequence[Shape], units: Sequence[np.ndarray], table: UnitTable) -> Flow:
        table.freeze(units[0], "layer normalization averages over them")
        parts = self.parameter_shapes(inputs)
        return Flow(units[0], tuple(Axis(part, 0, units[0], "carries") for part in parts))


@dataclass(frozen=True)
class Normalization(Kind):
    """The data's own mean and variance taken off; learned by `adapt`, or given as options."""

    fixed: ClassVar[tuple[str, ...]] = ("mean", "variance", "count")

    axis: tuple[int, ...] | None = (-1,)
    mean: tuple[float, ...] | None = None
    variance: tuple[float, ...] | None = None
    invert: bool = False

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> Self:
        axis = config.get("axis", -1)  # Keras writes None, one mean for all, as an empty list
        return super().read({**config, "axis": None if axis == [] else axis})

    @property
    def keeps_zero(self) -> bool:
        """Whether zero stays zero: no, the data's mean is taken off."""
        return False

    def parameter_shapes(self, inputs: Sequence[Shape]) -> dict[str, Shape]:
        if self.mean is not None:
            return {}
        size = inputs[0][-1:] if self.axis is not None else ()
        return {"mean": size, "variance": size, "count": ()}

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        if self.axis is not None:
            check_last_axis(self.axis, inputs[0])
        return inputs[0]

    def config(self) -> dict[str, Any]:
        return {**super().config(), "axis": None if self.axis is None else -1}

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        mean, deviation = self._statistics(weights)
        if self.invert:
            return np.asarray(mean + inputs[0] * deviation)
        return np.asarray((inputs[0] - mean) / deviation)

    def _statistics(self, weights: Arrays) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation, of the weights or of the options."""
        mean = weights["mean"] if self.mean is None else np.array(self.mean, np.float32)
        variance = weights["variance"] if self.mean is None else np.array(self.variance, np.float32)
        return mean, np.maximum(np.sqrt(variance), np.float32(1e-7))

    def onnx(
        self,
        graph: OnnxGraph,
        weights: Arrays,
        inputs: Sequence[OnnxTensor],
        shapes: Sequence[Shape],
    ) -> OnnxTensor:
        mean, deviation = (graph.constant(each) for each in self._statistics(weights))
        if self.invert:
            wide = graph.node("Mul", graph.last(inputs[0]), deviation)
            return OnnxTensor(last=graph.node("Add", wide, mean))
        centred = graph.node("Sub", graph.last(inputs[0]), mean)
        return OnnxTensor(last=graph.node("Div", centred, deviation))

    def flow(self, inputs: Sequence[Shape], units: Sequence[np.ndarray], table: UnitTable) -> Flow:
        table.freeze(units[0], "normalization has a mean for each")
        return Flow(units[0])
