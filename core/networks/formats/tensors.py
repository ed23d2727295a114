"""Arrays in a stranger's file of which only the shape is known until all of them are checked."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from core.errors import WeightsError
from core.networks.formats.hdf5_checks import LARGEST_BYTES, shown

MOST_TENSORS = 10_000
MOST_AXES = 8
# How numbers are stored -> how they are read; bfloat16 is the upper half of a float32.
FLOATS = {"float16": "<f2", "bfloat16": "<u2", "float32": "<f4", "float64": "<f8"}
WHOLE = {"int8": "<i1", "uint8": "<u1", "int16": "<i2", "int32": "<i4", "int64": "<i8", "bool": "?"}
STORED = FLOATS | WHOLE


@dataclass(frozen=True)
class Tensor:
    """One array: its shape, how its numbers are stored (a key of STORED), and how it is read."""

    shape: tuple[int, ...]
    kind: str
    read: Callable[[], np.ndarray]

    @property
    def size(self) -> int:
        """The number of values."""
        return math.prod(self.shape)


def check_amount(tensors: Iterable[tuple[str, Tensor]]) -> None:
    """Raise WeightsError if the tensors declare more than a stranger's weights may take."""
    total = 0
    for number, (name, tensor) in enumerate(tensors, 1):
        total += tensor.size * width(tensor.kind)
        if total > LARGEST_BYTES or number > MOST_TENSORS:
            raise WeightsError(
                f"{shown(name)} declares {tensor.size:,} values, {total:,} bytes with those before "
                "it; the reference network has 592,933 values in all. Nothing was read. Save its "
                "weights alone."
            )


def width(kind: str) -> int:
    """Return the bytes of one stored number."""
    return np.dtype(STORED[kind]).itemsize


def kind_of(dtype: np.dtype) -> str:
    """Return the key of STORED for an array's element type.

    Raises WeightsError for any other.
    """
    if dtype.name not in STORED:
        raise WeightsError(
            f"The file holds {dtype.name}, not numbers of a network. Save the weights as float32 "
            "and upload that file."
        )
    return dtype.name


def numbers(content: memoryview | bytes, kind: str) -> np.ndarray:
    """Return bytes as numbers, bfloat16 as the float32 that it is the upper half of."""
    stored = np.frombuffer(content, STORED[kind])
    return widened(stored) if kind == "bfloat16" else stored


def widened(halves: np.ndarray) -> np.ndarray:
    """Return the float32 of which these are the upper sixteen bits."""
    return (halves.astype(np.uint32) << 16).view(np.float32)
