"""What a pickled array describes: names, element types, shapes and bytes, never objects.

The names below are the only ones a pickle may mention, and none of them is imported. A description
becomes an array only after its size was compared with the bytes that are present.
"""

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import UploadError

DTYPE = re.compile(r"[<>|=]?(b1|[iu][1248]|f[248]|[US][1-9][0-9]{0,3})", re.ASCII)
ADVICE = "Convert it first, e.g. pickle.dump(numpy.asarray(images), file)."
# numpy.asarray would leave an array of objects as it is.
OBJECTS_ADVICE = (
    "Convert it first and pickle that: texts with labels.astype(str), images with "
    "numpy.stack(images)."
)


@dataclass(frozen=True)
class Name:
    """One of the known global names, by what it stands for."""

    means: str


@dataclass
class DType:
    """An element type as its pickle describes it; order is filled in by BUILD."""

    text: str
    order: str = "="


@dataclass
class Array:
    """An array as its pickle describes it; nothing is allocated.

    axes: which stored axis each axis of `shape` is, () when they are stored in their order.
    """

    shape: tuple[int, ...] = ()
    dtype: DType | None = None
    fortran: bool = False
    data: Any = b""
    axes: tuple[int, ...] = ()


NAMES: dict[tuple[str, str], Name] = {
    **{
        (f"numpy.{core}.multiarray", name): Name(name)
        for core in ("core", "_core")
        for name in ("_reconstruct", "scalar")
    },
    **{(f"numpy.{core}.numeric", "_frombuffer"): Name("_frombuffer") for core in ("core", "_core")},
    ("numpy", "ndarray"): Name("ndarray"),
    ("numpy", "dtype"): Name("dtype"),
    ("_codecs", "encode"): Name("encode"),
    ("__builtin__", "bytes"): Name("bytes"),
    ("builtins", "bytes"): Name("bytes"),
}


def refused(
    label: str, what: str, remedy: str = "Export it again as a NumPy array."
) -> UploadError:
    """Return the refusal of a pickle: what it is, what is wrong, what to do."""
    return UploadError(f"{label} {what}. {remedy}")


def build(array: Array, label: str, allowed_bytes: int) -> np.ndarray:
    """Return the described array, a view of its bytes.

    Raises UploadError if its size is not what its bytes have, or more than is allowed.
    """
    if array.dtype is None:
        raise refused(label, "describes an array without content")
    kind = np.dtype(array.dtype.order + array.dtype.text.lstrip("<>|="))
    count = math.prod(array.shape)
    if min(array.shape, default=0) < 0 or count * kind.itemsize > allowed_bytes:
        raise refused(
            label,
            f"declares an array of {array.shape} {kind}, more than is accepted",
            "Upload fewer or smaller images.",
        )
    if isinstance(array.data, list):
        raise refused(label, "holds Python objects instead of numbers", OBJECTS_ADVICE)
    data = _as_bytes(array.data)
    if len(data) != count * kind.itemsize:
        raise refused(
            label, f"declares {count * kind.itemsize:,} bytes but {len(data):,} are there"
        )
    if count == 0:
        return np.empty(array.shape, kind)
    flat = np.frombuffer(data, kind)
    if array.axes:
        stored = [array.shape[array.axes.index(axis)] for axis in range(len(array.axes))]
        return flat.reshape(stored).transpose(array.axes)
    return flat.reshape(array.shape, order="F" if array.fortran else "C")


def _as_bytes(data: Any) -> Any:
    if isinstance(data, str):  # protocol 2 of Python 2 wrote bytes as text
        return data.encode("latin-1")
    if isinstance(data, bytes | bytearray | memoryview):
        return data
    raise TypeError("no bytes")


def advice_for(module: str) -> str:
    """Return how to convert what a library of that name pickles."""
    root = module.split(".")[0]
    if root == "pandas":
        return "A pandas table must be converted first: pickle.dump(table.to_numpy(), file)."
    if root in ("torch", "tensorflow", "jax", "jaxlib", "keras", "mxnet", "cupy"):
        return "A tensor must be converted first: pickle.dump(tensor.numpy(), file)."
    return ADVICE


def described(means: str, arguments: tuple[Any, ...], label: str) -> Any:
    """Return the description of what a known name builds from its arguments.

    Raises UploadError for arguments that no array has.
    """
    if means == "_reconstruct":
        return Array()
    if means == "dtype":
        return _dtype(arguments[0], label)
    if means == "_frombuffer":
        return _from_buffer(*arguments)
    if means == "scalar":
        return _scalar(arguments, label)
    if means == "encode":
        text, encoding = arguments
        if not isinstance(text, str):
            raise TypeError("text")
        if encoding not in ("latin1", "latin-1"):
            raise refused(label, "uses an unusual text encoding")
        return text.encode("latin-1")
    if means == "bytes" and arguments == ():
        return b""
    raise refused(label, "builds something that is not an array")


def _from_buffer(data: Any, dtype: Any, shape: Any, order: Any, axes: Any = None) -> Array:
    """Return the array of a protocol 5 pickle; order "K": stored in `shape`, then transposed.

    Source: numpy._core.numeric._frombuffer of NumPy 2.4.
    """
    array = Array()
    fill(array, shape, dtype, order == "F", data)
    if order != "K":
        return array
    if not isinstance(axes, tuple) or not all(type(axis) is int for axis in axes):
        raise TypeError("axes")
    if sorted(axes) != list(range(len(shape))):
        raise ValueError("axes")
    array.shape, array.axes = tuple(shape[axis] for axis in axes), axes
    return array


def fill(array: Array, shape: Any, dtype: Any, fortran: bool, data: Any) -> None:
    """Complete the description of an array; raise TypeError for parts of a wrong kind."""
    if not isinstance(shape, tuple) or len(shape) > 32 or not isinstance(dtype, DType):
        raise TypeError("shape or element type")
    if not all(type(side) is int for side in shape):
        raise TypeError("shape")
    array.shape, array.dtype, array.fortran, array.data = shape, dtype, fortran, data


def _dtype(text: Any, label: str) -> DType:
    text = text.decode("ascii") if isinstance(text, bytes) else text
    text = str(bytes(text), "ascii") if isinstance(text, memoryview) else text
    if not isinstance(text, str) or not DTYPE.fullmatch(text):
        shown = f"({str(text)[:20]}) instead of numbers"
        if str(text)[:1] == "O":
            raise refused(label, f"holds Python objects {shown}", OBJECTS_ADVICE)
        raise refused(label, f"holds an unusual element type {shown}", ADVICE)
    return DType(text)


def complete_dtype(dtype: DType, state: Any, label: str) -> None:
    """Take the byte order from the state of an element type; refuse structures."""
    order = state[1]
    order = str(bytes(order), "ascii") if isinstance(order, bytes | memoryview) else order
    if order not in ("<", ">", "|", "=") or any(part is not None for part in state[2:5]):
        raise refused(label, "holds a structured array instead of plain numbers", ADVICE)
    dtype.order = "=" if order == "|" else order


def _scalar(arguments: tuple[Any, ...], label: str) -> int | float | bool | str:
    dtype, data = arguments
    if not isinstance(dtype, DType):
        raise TypeError("element type")
    value = build(Array((), dtype, False, data), label, 1024)
    item = value.item()
    if not isinstance(item, int | float | bool | str):
        raise refused(label, "holds an unusual number", ADVICE)
    return item
