"""Arrays in NumPy's .npy format, their headers checked before anything is allocated.

The header is matched against the one form numpy.save writes, never evaluated.
Source of the format: numpy.lib.format, versions 1.0 to 3.0.
"""

import math
import re
import struct

import numpy as np

from core.archives.members import Member
from core.errors import UploadError

LONGEST_HEADER = 10_000
MAGIC = b"\x93NUMPY"
LENGTHS = {b"\x01\x00": "<H", b"\x02\x00": "<I", b"\x03\x00": "<I"}
HEADER = re.compile(
    r"\{'descr': (?P<kind>'[^']{1,20}'|\[.*\]), 'fortran_order': (?P<fortran>True|False), "
    r"'shape': \((?P<shape>(?:[0-9]{1,19}L?(?:, ?|(?=\))))*)\), ?\}\s*",
    re.ASCII | re.DOTALL,
)
PLAIN = re.compile(r"'[<>|=]?(b1|[iu][1248]|f[248]|[US][1-9][0-9]{0,3})'", re.ASCII)


def read(member: Member, allowed_bytes: int) -> np.ndarray:
    """Return the array of an .npy member as a view.

    Raises UploadError if it is no plain one.
    """
    content, shown = member.content, member.shown
    shape, fortran, dtype, start = _header(content, shown)
    size = math.prod(shape) * dtype.itemsize
    if max(size, *shape, 0) > allowed_bytes or len(shape) > 32:
        raise UploadError(
            f"{shown} declares an array of {str(shape)[:80]} {dtype}, more than is accepted. "
            "Upload fewer or smaller images."
        )
    if size != len(content) - start:
        raise UploadError(
            f"{shown} declares {size:,} bytes but {len(content) - start:,} are there. "
            "Save and upload it again."
        )
    if size == 0:
        return np.empty(shape, dtype)
    flat = np.frombuffer(content, dtype, offset=start)
    return flat.reshape(shape, order="F" if fortran else "C")


def _header(content: memoryview, shown: str) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    layout = LENGTHS.get(bytes(content[6:8]))
    start = 8 + struct.calcsize(layout or "")
    if bytes(content[:6]) != MAGIC or layout is None or len(content) < start:
        raise _no_array(shown)
    length = struct.unpack(layout, content[8:start])[0]
    text = str(content[start : start + min(length, LONGEST_HEADER)], "latin-1")
    found = HEADER.fullmatch(text)
    if found is None:
        raise _no_array(shown)
    if not PLAIN.fullmatch(found["kind"]):
        raise UploadError(
            f"{shown} holds Python objects or structures ({found['kind'][:40]}), not numbers. "
            "Save plain arrays with numpy.savez."
        )
    shape = tuple(int(side) for side in re.findall("[0-9]+", found["shape"]))
    return shape, found["fortran"] == "True", np.dtype(found["kind"].strip("'")), start + length


def _no_array(shown: str) -> UploadError:
    return UploadError(
        f"{shown} is not an array as numpy.save writes it. Save it again with numpy.savez."
    )
