"""Layers that add, cut off or repeat positions; channels stay as they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from core.errors import SettingsError
from core.networks.layers.kind import Arrays, Kind, Shape, along, check_rank
from core.networks.layers.onnx_graph import OnnxGraph, OnnxTensor

Sides = tuple[tuple[int, ...], ...]


def _sides(value: Any, rank: int) -> list[list[int]]:
    """Return ((top, bottom), (left, right)) of any of Keras's short forms."""
    entries = list(value) if isinstance(value, list | tuple) else [value] * rank
    if rank == 1 and len(entries) == 2 and not isinstance(entries[0], list | tuple):
        entries = [entries]
    return [list(e) if isinstance(e, list | tuple) else [e, e] for e in entries]


def _check_sides(sides: Sides, rank: int) -> None:
    if len(sides) != rank or any(len(side) != 2 or min(side) < 0 for side in sides):
        raise SettingsError(f"{sides} should be two numbers of at least 0 for each of {rank} axes.")


def _as_options(sides: Sides) -> list[Any]:
    return list(sides[0]) if len(sides) == 1 else [list(side) for side in sides]


@dataclass(frozen=True)
class ZeroPadding(Kind):
    """Zeros around the positions."""

    rank: ClassVar[int]

    padding: Sides

    def __post_init__(self) -> None:
        """Check the options. Raises SettingsError if one does not fit."""
        super().__post_init__()
        _check_sides(self.padding, self.rank)

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> Self:
        return super().read({**config, "padding": _sides(config.get("padding", 1), cls.rank)})

    def config(self) -> dict[str, Any]:
        return {"padding": _as_options(self.padding)}

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        check_rank(type(self).__name__, inputs, self.rank + 1)
        sizes = zip(inputs[0][:-1], self.padding, strict=True)
        return (*(size + sum(side) for size, side in sizes), inputs[0][-1])

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        return np.pad(inputs[0], ((0, 0), *self.padding, (0, 0)))

    def onnx(
        self,
        graph: OnnxGraph,
        weights: Arrays,
        inputs: Sequence[OnnxTensor],
        shapes: Sequence[Shape],
    ) -> OnnxTensor:
        before, after = ([side[end] for side in self.padding] for end in (0, 1))
        pads = graph.integers(0, 0, *before, 0, 0, *after)  # batch, channels, positions
        return OnnxTensor(first=graph.node("Pad", graph.first(inputs[0]), pads))


@dataclass(frozen=True)
class ZeroPadding1D(ZeroPadding):
    """Zeros before and after a sequence."""

    rank: ClassVar[int] = 1


@dataclass(frozen=True)
class ZeroPadding2D(ZeroPadding):
    """Zeros around an image."""

    rank: ClassVar[int] = 2


@dataclass(frozen=True)
class Cropping(Kind):
    """Positions cut off at the borders."""

    rank: ClassVar[int]

    cropping: Sides

    def __post_init__(self) -> None:
        """Check the options. Raises SettingsError if one does not fit."""
        super().__post_init__()
        _check_sides(self.cropping, self.rank)

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> Self:
        return super().read({**config, "cropping": _sides(config.get("cropping", 0), cls.rank)})

    def config(self) -> dict[str, Any]:
        return {"cropping": _as_options(self.cropping)}

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the smaller shape. Raises SettingsError if nothing is left of it."""
        check_rank(type(self).__name__, inputs, self.rank + 1)
        pairs = zip(inputs[0][:-1], self.cropping, strict=True)
        sizes = tuple(size - sum(side) for size, side in pairs)
        if min(sizes) < 1:
            raise SettingsError(f"it crops {self.cropping} off {inputs[0][:-1]}, which is all.")
        return (*sizes, inputs[0][-1])

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        pairs = zip(inputs[0].shape[1:-1], self.cropping, strict=True)
        return inputs[0][(slice(None), *(slice(first, n - last) for n, (first, last) in pairs))]

    def onnx(
        self,
        graph: OnnxGraph,
        weights: Arrays,
        inputs: Sequence[OnnxTensor],
        shapes: Sequence[Shape],
    ) -> OnnxTensor:
        pairs = list(zip(shapes[0][:-1], self.cropping, strict=True))
        starts = graph.integers(*(first for _, (first, _) in pairs))
        ends = graph.integers(*(size - last for size, (_, last) in pairs))
        axes = graph.integers(*range(2, self.rank + 2))
        return OnnxTensor(first=graph.node("Slice", graph.first(inputs[0]), starts, ends, axes))


@dataclass(frozen=True)
class Cropping1D(Cropping):
    """Both ends of a sequence cut off."""

    rank: ClassVar[int] = 1


@dataclass(frozen=True)
class Cropping2D(Cropping):
    """The borders of an image cut off."""

    rank: ClassVar[int] = 2


@dataclass(frozen=True)
class UpSampling2D(Kind):
    """Every pixel repeated."""

    size: tuple[int, ...] = (2,)
    interpolation: str = "nearest"

    def __post_init__(self) -> None:
        """Check the options. Raises SettingsError if one does not fit."""
        super().__post_init__()
        object.__setattr__(self, "size", along(self.size, 2))
        if self.interpolation != "nearest":
            raise SettingsError(
                f"its interpolation is {self.interpolation[:20]!r}; only 'nearest' is supported."
            )

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        check_rank("UpSampling2D", inputs, 3)
        height, width, channels = inputs[0]
        return height * self.size[0], width * self.size[1], channels

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        return inputs[0].repeat(self.size[0], axis=1).repeat(self.size[1], axis=2)

    def onnx(
        self,
        graph: OnnxGraph,
        weights: Arrays,
        inputs: Sequence[OnnxTensor],
        shapes: Sequence[Shape],
    ) -> OnnxTensor:
        scales = graph.constant((1.0, 1.0, *self.size), "scales")
        options = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        made = graph.node("Resize", graph.first(inputs[0]), "", scales, mode="nearest", **options)
        return OnnxTensor(first=made)
