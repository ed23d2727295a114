"""A zip that is nothing but a table of contents, written byte by byte."""

import struct


def zip_of_entries(entries: int, claimed: int | None = None, zip64: bool = True) -> bytes:
    """Return a zip that is only a table of contents; claimed: what its end record says of it."""
    said = entries if claimed is None else claimed
    name = struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", *(20, 20), *[0] * 7, 6, *[0] * 6)
    table = b"".join(name + b"%06d" % number for number in range(entries))
    if not zip64:
        return table + struct.pack("<4s4xHHIIH", b"PK\x05\x06", said, said, len(table), 0, 0)
    end = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, said, said, len(table), 0)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, len(table), 1)
    small = struct.pack("<4s4xHHIIH", b"PK\x05\x06", 0xFFFF, 0xFFFF, 2**32 - 1, 2**32 - 1, 0)
    return table + end + locator + small
