"""Confusion matrices in JSON: of many classes only the cells that are not zero.

A matrix of 1,000 classes has a million cells, of which 5,000 images fill 5,000 at most: as rows
it was two thirds of what a page with such networks took to show.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.errors import RecordError
from core.json_values import Codec, decode

Counts = tuple[tuple[int, ...], ...]
WHOLE, MOST = 32, 2000  # classes between which cells are stored; beyond, a few lines fill memory


def counts_to_json(counts: Counts) -> Any:
    """Return the rows, or {"classes": n, "row": …, "column": …, "count": …} of other cells."""
    if not WHOLE < len(counts) <= MOST:
        return [list(row) for row in counts]
    cells = np.array(counts)
    rows, columns = np.nonzero(cells)
    found = {"row": rows, "column": columns, "count": cells[rows, columns]}
    return {"classes": len(counts)} | {name: each.tolist() for name, each in found.items()}


def counts_from_json(value: Any, place: str) -> Counts:
    """Return the matrix of either form. Raises RecordError for one that is neither."""
    if not isinstance(value, Mapping):
        return decode(Counts, value, place)  # type: ignore[no-any-return]
    size = decode(int, value.get("classes"), f"{place}.classes")
    if not 0 < size <= MOST:
        raise RecordError(f"{place} is of {size:,} classes, not of 1 to {MOST:,}.")
    rows, columns, found = (
        decode(tuple[int, ...], value.get(name), f"{place}.{name}")
        for name in ("row", "column", "count")
    )
    if not len(rows) == len(columns) == len(found):
        raise RecordError(f"{place} has {len(rows)} rows for {len(found)} counts.")
    if any(not 0 <= one < size for one in (*rows, *columns)):
        raise RecordError(f"{place} has a cell outside its {size:,} classes.")
    cells = [[0] * size for _ in range(size)]
    for row, column, count in zip(rows, columns, found, strict=True):
        cells[row][column] = count
    return tuple(map(tuple, cells))


STORED = {"codec": Codec(counts_to_json, counts_from_json)}  # a field's metadata
