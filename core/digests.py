"""The identity of a content: sixteen hexadecimal digits, the same for the same content."""

import hashlib

import numpy as np

DIGITS = 16


def digest_of(*parts: bytes | str | np.ndarray) -> str:
    """Return the digest of the parts in their order.

    An array counts with its type and shape, texts and bytes as they are.
    """
    content = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            content.update(f"{part.dtype}{part.shape}".encode())
            content.update(np.ascontiguousarray(part).data)
        else:
            content.update(part.encode() if isinstance(part, str) else part)
    return content.hexdigest()[:DIGITS]
