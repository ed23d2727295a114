"""The .safetensors format: a JSON header of shapes and places, then the numbers.

Source: github.com/huggingface/safetensors, "Format"; its rules on size, order and gaps are held.
"""

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

from core.errors import WeightsError
from core.networks.formats.hdf5_checks import shown
from core.networks.formats.tensors import MOST_AXES, MOST_TENSORS, Tensor, numbers, width

LONGEST_HEADER = 1 << 20  # bytes; the network's own has 1 KB
KINDS = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64",
    "I32": "int32", "I16": "int16", "I8": "int8", "U8": "uint8", "BOOL": "bool",
}  # fmt: skip
AGAIN = "Save it again with safetensors and upload the new file."


def is_safetensors(content: memoryview) -> bool:
    """Tell by the first bytes: the header's length, whatever it is, and then a brace.

    A pickle may have a brace there as well, but no zeros before it.
    """
    is_pickle = len(content) > 2 and content[0] == 0x80 and bytes(content[3:8]) != bytes(5)
    return len(content) >= 9 and content[8] == ord("{") and not is_pickle


def read(content: memoryview) -> dict[str, Tensor]:
    """Return the tensors by name, unread.

    Raises WeightsError unless every byte is accounted for.
    """
    (length,) = struct.unpack("<Q", content[:8])
    if length > min(LONGEST_HEADER, len(content) - 8):
        raise WeightsError(
            f"The .safetensors file declares a header of {length:,} bytes; {len(content) - 8:,} "
            f"are there, and {LONGEST_HEADER:,} are read at most. {AGAIN}"
        )
    entries = _header(bytes(content[8 : 8 + length]))
    data = content[8 + length :]
    places = {name: _place(name, entry, len(data)) for name, entry in entries.items()}
    _check_covered(places, len(data))
    return {
        shown(name): _tensor(entries[name], data[start:end])
        for name, (start, end) in places.items()
    }


def _header(text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(
            text.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number
        )
    except (ValueError, RecursionError) as error:
        raise _damaged("its header is no JSON of tensors") from error
    if not isinstance(header, dict) or len(header) > MOST_TENSORS:
        raise _damaged("its header lists no tensors, or far too many")
    header.pop("__metadata__", None)  # texts about the file: never needed
    return header


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object; raise ValueError if it gives one name twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given twice")
    return found


def _no_number(text: str) -> float:
    raise ValueError(text)


def _place(name: str, entry: Any, size: int) -> tuple[int, int]:
    """Return where a tensor's bytes begin and end, checked against its shape."""
    fields: dict[str, Any] = entry if isinstance(entry, dict) else {}
    kind, shape, offsets = (fields.get(key, ()) for key in ("dtype", "shape", "data_offsets"))
    if not isinstance(kind, str) or not _are_counts(shape) or not _are_counts(offsets):
        raise _damaged(f"{shown(name)} has no type, shape or place")
    if kind not in KINDS:
        raise WeightsError(
            f"{shown(name)} holds {kind[:20]!r}, which is not read. Save the weights as float32 "
            "and upload that file."
        )
    if len(offsets) != 2 or len(shape) > MOST_AXES:
        raise _damaged(f"{shown(name)} has no shape or place of a tensor")
    start, end = offsets
    wanted = width(KINDS[kind])
    for side in shape:
        wanted *= side
    if not start <= end <= size or end - start != wanted:
        raise _damaged(f"{shown(name)} is not where and as large as its shape says")
    return start, end


def _are_counts(numbers_: Any) -> bool:
    return isinstance(numbers_, list) and all(type(n) is int and n >= 0 for n in numbers_)


def _check_covered(places: Mapping[str, tuple[int, int]], size: int) -> None:
    """Raise WeightsError if two tensors overlap, or bytes belong to none."""
    at = 0
    for name, (start, end) in sorted(places.items(), key=lambda item: item[1]):
        if start != at:
            raise _damaged(f"{shown(name)} overlaps another tensor or leaves a gap")
        at = end
    if at != size:
        raise _damaged(f"{size - at:,} bytes belong to no tensor")


def _tensor(entry: Mapping[str, Any], content: memoryview) -> Tensor:
    kind, shape = KINDS[entry["dtype"]], tuple(entry["shape"])
    return Tensor(shape, kind, lambda: numbers(content, kind).reshape(shape))


def _damaged(reason: str) -> WeightsError:
    return WeightsError(f"The .safetensors file is damaged ({reason}). {AGAIN}")


def to_bytes(tensors: Mapping[str, np.ndarray]) -> bytes:
    """Return float32 tensors in the format, in the order given; same weights, same bytes."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, array in tensors.items():
        offsets = [at, at + array.size * 4]
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": offsets}
        at = offsets[1]
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # numbers begin at a multiple of eight, as the library has it
    numbers_ = b"".join(np.ascontiguousarray(a, "<f4").tobytes() for a in tensors.values())
    return struct.pack("<Q", len(text)) + text + numbers_
