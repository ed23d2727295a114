"""Layers that only arrange entries anew: the input, Flatten, Reshape, Permute."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from core.errors import SettingsError
from core.networks.layers.kind import Arrays, Kind, Shape
from core.networks.layers.onnx_graph import OnnxGraph, OnnxTensor
from core.networks.layers.unit_table import Flow, UnitTable


@dataclass(frozen=True)
class InputLayer(Kind):
    """The images or rows that a network reads."""

    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        """Check the options. Raises SettingsError if one does not fit."""
        super().__post_init__()
        if not self.shape or min(self.shape) < 1:
            raise SettingsError(f"its input has the shape {self.shape}.")

    @property
    def keeps_zero(self) -> bool:
        """Whether its channels are zero: no, they hold the image."""
        return False

    def build(self, name: str) -> Any:
        import keras

        return keras.Input(self.shape, name=name)

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return self.shape

    def flow(self, inputs: Sequence[Shape], units: Sequence[np.ndarray], table: UnitTable) -> Flow:
        made = table.make(self.shape[-1])
        table.freeze(made, "the network's input")
        return Flow(made)


def arranged(units: np.ndarray, entries: np.ndarray, table: UnitTable) -> Flow:
    """Return the flow of entries arranged anew; those that share a new channel are tied.

    entries: for each entry of the output, the input channel that it comes from.
    """
    rows = entries.reshape(-1, entries.shape[-1])
    first = units[rows[0]]
    for row in np.unique(rows[1:], axis=0):
        if (row != rows[0]).any():
            table.tie(first, units[row])
    return Flow(first)


def _channels(shape: Shape) -> np.ndarray:
    """Return the channel of each entry of a tensor."""
    return np.broadcast_to(np.arange(shape[-1]), shape)


@dataclass(frozen=True)
class Flatten(Kind):
    """All entries in one row: by position, then channel."""

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return (math.prod(inputs[0]),)

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        return inputs[0].reshape(len(inputs[0]), -1)

    def onnx(
        self,
        graph: OnnxGraph,
        weights: Arrays,
        inputs: Sequence[OnnxTensor],
        shapes: Sequence[Shape],
    ) -> OnnxTensor:
        return OnnxTensor(last=graph.node("Flatten", graph.last(inputs[0]), axis=1))

    def flow(self, inputs: Sequence[Shape], units: Sequence[np.ndarray], table: UnitTable) -> Flow:
        return arranged(units[0], _channels(inputs[0]).reshape(-1), table)


@dataclass(frozen=True)
class Reshape(Kind):
    """Entries in another shape; one size may be -1 for what is left."""

    target_shape: tuple[int, ...]

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the new shape. Raises SettingsError if it has another number of entries."""
        entries = math.prod(inputs[0])
        known = math.prod(size for size in self.target_shape if size != -1)
        free = self.target_shape.count(-1)
        if free > 1 or known < 1 or entries % known or (not free and entries != known):
            raise SettingsError(f"{inputs[0]} cannot be reshaped to {self.target_shape}.")
        return tuple(entries // known if size == -1 else size for size in self.target_shape)

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        shape = self.output_shape([inputs[0].shape[1:]])
        return inputs[0].reshape(len(inputs[0]), *shape)

    def onnx(
        self,
        graph: OnnxGraph,
        weights: Arrays,
        inputs: Sequence[OnnxTensor],
        shapes: Sequence[Shape],
    ) -> OnnxTensor:
        sizes = graph.integers(0, *self.output_shape(shapes))  # 0: as many as there are
        return OnnxTensor(last=graph.node("Reshape", graph.last(inputs[0]), sizes))

    def flow(self, inputs: Sequence[Shape], units: Sequence[np.ndarray], table: UnitTable) -> Flow:
        entries = _channels(inputs[0]).reshape(self.output_shape(inputs))
        return arranged(units[0], entries, table)

    def resized(self, width: int) -> Self:
        return replace(self, target_shape=(*self.target_shape[:-1], width))


@dataclass(frozen=True)
class Permute(Kind):
    """Axes in another order, counted from 1."""

    dims: tuple[int, ...]

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape in the new order. Raises SettingsError if it is no order."""
        if sorted(self.dims) != list(range(1, len(inputs[0]) + 1)):
            raise SettingsError(f"{self.dims} is no order of the axes of {inputs[0]}.")
        return tuple(inputs[0][axis - 1] for axis in self.dims)

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        return np.asarray(inputs[0].transpose(0, *self.dims))

    def onnx(
        self,
        graph: OnnxGraph,
        weights: Arrays,
        inputs: Sequence[OnnxTensor],
        shapes: Sequence[Shape],
    ) -> OnnxTensor:
        made = graph.node("Transpose", graph.last(inputs[0]), perm=(0, *self.dims))
        return OnnxTensor(last=made)

    def flow(self, inputs: Sequence[Shape], units: Sequence[np.ndarray], table: UnitTable) -> Flow:
        if self.dims[-1] == len(inputs[0]):
            return Flow(units[0])
        table.freeze(units[0], "its axes are exchanged, so that channels become positions")
        entries = _channels(inputs[0]).transpose([axis - 1 for axis in self.dims])
        return arranged(units[0], entries, table)
