"""Layers that multiply channels by constants or by learned factors."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from core.errors import SettingsError
from core.networks.layers.kind import Arrays, Kind, Shape
from core.networks.layers.onnx_graph import OnnxGraph, OnnxTensor
from core.networks.layers.unit_table import Axis, Flow, UnitTable


@dataclass(frozen=True)
class Rescaling(Kind):
    """Inputs times a constant plus another, one for all channels or one for each."""

    scale: tuple[float, ...]
    offset: tuple[float, ...] = (0.0,)

    @property
    def keeps_zero(self) -> bool:
        """Whether nothing is added."""
        return not any(self.offset)

    def config(self) -> dict[str, Any]:
        """Return Keras's options; one number for all channels is no list."""
        pairs = {"scale": self.scale, "offset": self.offset}
        return {key: v[0] if len(v) == 1 else list(v) for key, v in pairs.items()}

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        scale, offset = (np.array(each, np.float32) for each in (self.scale, self.offset))
        return np.asarray(inputs[0] * scale + offset)

    def onnx(
        self,
        graph: OnnxGraph,
        weights: Arrays,
        inputs: Sequence[OnnxTensor],
        shapes: Sequence[Shape],
    ) -> OnnxTensor:
        scaled = graph.node("Mul", graph.last(inputs[0]), graph.constant(self.scale, "scale"))
        return OnnxTensor(last=graph.node("Add", scaled, graph.constant(self.offset, "offset")))

    def flow(self, inputs: Sequence[Shape], units: Sequence[np.ndarray], table: UnitTable) -> Flow:
        if max(len(self.scale), len(self.offset)) > 1:
            table.freeze(units[0], "rescaling has a constant for each")
        return Flow(units[0])


@dataclass(frozen=True)
class LayerScale(Kind):
    """A learned factor for each channel, in ConvNeXt. Touvron et al. 2021, arXiv:2103.17239."""

    module: ClassVar[str] = "keras.applications.convnext"

    init_values: float
    projection_dim: int

    def keras_class(self) -> Any:
        from keras.src.applications.convnext import LayerScale

        return LayerScale

    def parameter_shapes(self, inputs: Sequence[Shape]) -> dict[str, Shape]:
        """Return the shape of the factors. Raises SettingsError if they do not fit."""
        if self.projection_dim != inputs[0][-1]:
            raise SettingsError(
                f"its {self.projection_dim} factors do not fit {inputs[0][-1]} channels."
            )
        return {"gamma": (self.projection_dim,)}

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        return np.asarray(inputs[0] * weights["gamma"])

    def onnx(
        self,
        graph: OnnxGraph,
        weights: Arrays,
        inputs: Sequence[OnnxTensor],
        shapes: Sequence[Shape],
    ) -> OnnxTensor:
        gamma = graph.constant(weights["gamma"], "gamma")
        return OnnxTensor(last=graph.node("Mul", graph.last(inputs[0]), gamma))

    def flow(self, inputs: Sequence[Shape], units: Sequence[np.ndarray], table: UnitTable) -> Flow:
        return Flow(units[0], (Axis("gamma", 0, units[0], "carries"),))

    def resized(self, width: int) -> Self:
        return replace(self, projection_dim=width)
