"""Fully connected layers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from core.errors import SettingsError
from core.networks.layers.functions import FUNCTIONS, MIXING, onnx_function
from core.networks.layers.kind import Arrays, Kind, Shape
from core.networks.layers.onnx_graph import OnnxGraph, OnnxTensor
from core.networks.layers.unit_table import Axis, Flow, UnitTable


@dataclass(frozen=True)
class Dense(Kind):
    """A fully connected layer along the last axis."""

    units: int
    activation: str = "linear"
    use_bias: bool = True

    def __post_init__(self) -> None:
        """Check the options. Raises SettingsError if one does not fit."""
        super().__post_init__()
        if self.units < 1:
            raise SettingsError(f"it has {self.units} units.")

    def parameter_shapes(self, inputs: Sequence[Shape]) -> dict[str, Shape]:
        shapes: dict[str, Shape] = {"kernel": (inputs[0][-1], self.units)}
        return shapes | ({"bias": (self.units,)} if self.use_bias else {})

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return (*inputs[0][:-1], self.units)

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        result = inputs[0] @ weights["kernel"]
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
        kernel = graph.constant(weights["kernel"], "kernel")
        made = graph.node("MatMul", graph.last(inputs[0]), kernel)
        if self.use_bias:
            made = graph.node("Add", made, graph.constant(weights["bias"], "bias"))
        return onnx_function(graph, self.activation, OnnxTensor(last=made))

    def kernel_uses(self, inputs: Sequence[Shape]) -> dict[str, int]:
        return {"kernel": math.prod(inputs[0][:-1])}

    def flow(self, inputs: Sequence[Shape], units: Sequence[np.ndarray], table: UnitTable) -> Flow:
        made = table.make(self.units)
        axes = [Axis("kernel", 0, units[0], "reads"), Axis("kernel", 1, made, "makes")]
        axes += [Axis("bias", 0, made, "makes")] if self.use_bias else []
        if self.activation in MIXING:
            table.freeze(made, f"{self.activation} mixes its channels")
        return Flow(made, tuple(axes))

    def resized(self, width: int) -> Self:
        return replace(self, units=width)
