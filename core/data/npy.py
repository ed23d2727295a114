"""Arrays in NumPy's .npy and .npz formats, their headers checked before anything is allocated."""

import io
import math

import numpy as np

from core.data.unpack import Member
from core.errors import UploadError

LONGEST_HEADER = 10_000
MAGIC = b"\x93NUMPY"


def read(member: Member, allowed_bytes: int) -> np.ndarray:
    """Return the array of an .npy member as a view; raise UploadError if it is no plain one."""
    content, shown = member.content, member.shown
    shape, fortran, dtype, start = _header(content, shown)
    if dtype.kind not in "uifbUS" or dtype.names is not None:
        raise UploadError(
            f"{shown} holds Python objects or structures ({str(dtype)[:40]}), not numbers. "
            "Save plain arrays with numpy.savez."
        )
    count = math.prod(shape)
    if min(shape, default=0) < 0 or count * dtype.itemsize > allowed_bytes:
        raise UploadError(
            f"{shown} declares an array of {shape} {dtype}, more than is accepted. "
            "Upload fewer or smaller images."
        )
    if count * dtype.itemsize != len(content) - start:
        raise UploadError(
            f"{shown} declares {count * dtype.itemsize:,} bytes but {len(content) - start:,} are "
            "there. Save and upload it again."
        )
    if count == 0 or dtype.itemsize == 0:
        return np.empty(shape, dtype)
    flat = np.frombuffer(content, dtype, offset=start)
    return flat.reshape(shape, order="F" if fortran else "C")


def _header(content: memoryview, shown: str) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    file = io.BytesIO(bytes(content[: LONGEST_HEADER + 12]))
    try:
        version = np.lib.format.read_magic(file)
        readers = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }
        shape, fortran, dtype = readers[version](file, max_header_size=LONGEST_HEADER)
    except (ValueError, KeyError, TypeError, SyntaxError, OverflowError, RecursionError) as error:
        raise UploadError(
            f"{shown} is not an array as numpy.save writes it. Save it again with numpy.savez."
        ) from error
    return shape, fortran, dtype, file.tell()
