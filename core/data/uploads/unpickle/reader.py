"""NumPy arrays and lists of numbers out of a pickle, without Python's unpickler."""

import math
import struct
from typing import Any

import numpy as np

from core.data.uploads.unpickle.descriptions import ADVICE, Array, build, refused
from core.data.uploads.unpickle.machine import Machine

DEEPEST = 5
LONGEST_TEXT = 200


def read(content: memoryview | bytes, label: str, allowed_bytes: int) -> np.ndarray:
    """Return the array (or nested list of numbers, as an array) in a pickle of protocol 2 to 5.

    label: what messages call it. allowed_bytes: the largest array that may arise.
    Raises UploadError for anything else; the array may be a view of `content`.
    """
    try:
        value = Machine(memoryview(content).cast("B"), label).run()
        return as_array(value, label, allowed_bytes)
    except (IndexError, ValueError, TypeError, KeyError, struct.error, OverflowError) as error:
        raise refused(label, "is damaged or cut short") from error


def as_array(value: Any, label: str, allowed_bytes: int) -> np.ndarray:
    """Return the described value as an array once its size is known to be allowed.

    Raises UploadError if it is no array, or too large.
    """
    if isinstance(value, Array):
        return build(value, label, allowed_bytes)
    if isinstance(value, list | tuple):
        return _from_lists(value, label, allowed_bytes)
    raise refused(label, f"holds a {kind(value)}, not an array of numbers", ADVICE)


def kind(value: Any) -> str:
    """Return what messages call a value's type."""
    names = {"dict": "dictionary", "str": "text", "NoneType": "None", "memoryview": "byte string"}
    return names.get(type(value).__name__, type(value).__name__.lower())


def _from_lists(value: Any, label: str, allowed_bytes: int) -> np.ndarray:
    """Return nested lists as an array, every level measured before anything is copied."""
    kinds: set[type] = set()
    shape = _measure(value, label, {}, kinds, 0)
    if math.prod(shape) * 8 > allowed_bytes:
        raise refused(
            label,
            f"expands to {math.prod(shape):,} numbers, more than is accepted",
            "Upload fewer or smaller images.",
        )
    if math.prod(shape) == 0:
        return np.empty(shape)
    if kinds == {Array}:
        return _stacked(value, label, allowed_bytes)
    if kinds == {str}:
        return _texts(value, shape, label)
    if not kinds <= {int, float, bool}:
        odd = next(kind for kind in kinds if kind not in (int, float, bool))
        raise refused(label, f"holds a {odd.__name__.lower()} among its numbers", ADVICE)
    return np.array(value, dtype=np.float64 if float in kinds else np.int64)


def _measure(
    value: Any,
    label: str,
    known: dict[int, tuple[int, ...] | None],
    kinds: set[type],
    depth: int,
) -> tuple[int, ...]:
    """Return the shape; shared lists are measured once, so that a thousand laughs stay cheap.

    kinds: gathers the types of what the lists hold in the end.
    """
    if depth >= DEEPEST:
        raise refused(label, f"is nested more than {DEEPEST} levels deep")
    if id(value) in known:
        if (shape := known[id(value)]) is None:
            raise refused(label, "holds a list that contains itself")
        return shape
    known[id(value)] = None
    found = set(map(type, value))
    lists = found & {list, tuple}
    kinds |= found - lists
    if lists:
        inner = (
            {_measure(item, label, known, kinds, depth + 1) for item in value}
            if lists == found
            else {(), (0,)}
        )
    else:
        inner = {item.shape for item in value} if found == {Array} else {()}
    if len(inner) > 1:
        raise refused(
            label,
            "is ragged: its rows differ in length",
            "Bring all images to one size before the export.",
        )
    known[id(value)] = shape = (len(value), *inner.pop())
    return shape


def _stacked(value: Any, label: str, allowed_bytes: int) -> np.ndarray:
    if isinstance(value, Array):
        return build(value, label, allowed_bytes)
    return np.stack([_stacked(item, label, allowed_bytes) for item in value])


def _texts(value: Any, shape: tuple[int, ...], label: str) -> np.ndarray:
    longest = max(map(len, value)) if len(shape) == 1 else LONGEST_TEXT + 1
    if longest > LONGEST_TEXT:
        raise refused(label, "holds long or nested texts", "Use one short text a label.")
    return np.array(value, dtype=np.str_)
