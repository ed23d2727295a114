"""Confusion matrices in JSON: of many classes only the cells that are not zero.

A matrix of 1,000 classes has a million cells, of which 5,000 images fill 5,000 at most: as rows
it was two thirds of what a page with such networks took to show.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, overload

import numpy as np

from core.errors import RecordError
from core.json_values import Codec, decode

Row = tuple[int, ...]
Counts = Sequence[Row]
WHOLE, MOST = 32, 2000  # classes between which cells are stored; beyond, a few lines fill memory


class Cells(Sequence[Row]):
    """A matrix of counts as its cells that are not zero; a row is made when it is asked for."""

    def __init__(self, classes: int, cells: Iterable[tuple[int, int, int]]) -> None:
        """cells: (row, column, count)."""
        self._classes = classes
        self.cells = tuple(cells)

    @cached_property
    def _rows(self) -> tuple[Row, ...]:
        return tuple(map(tuple, np.asarray(self).tolist()))

    def __len__(self) -> int:
        return self._classes

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        return self._rows[index]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        counts = np.zeros((self._classes, self._classes), int)
        for row, column, count in self.cells:
            counts[row, column] = count
        return counts if dtype is None else counts.astype(dtype)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._rows == tuple(other)

    def __hash__(self) -> int:
        return hash(self._rows)


def counts_to_json(counts: Counts) -> Any:
    """Return the rows, or {"classes": n, "row": …, "column": …, "count": …} of other cells."""
    if not WHOLE < len(counts) <= MOST:
        return [list(row) for row in counts]
    found = zip(("row", "column", "count"), _filled(np.array(counts)), strict=True)
    return {"classes": len(counts)} | {name: each.tolist() for name, each in found}


def counts_from_json(value: Any, place: str) -> Counts:
    """Return the matrix of either form. Raises RecordError for one that is neither."""
    if not isinstance(value, Mapping):
        return decode(tuple[Row, ...], value, place)  # type: ignore[no-any-return]
    size = decode(int, value.get("classes"), f"{place}.classes")
    if not 0 < size <= MOST:
        raise RecordError(f"{place} is of {size:,} classes, not of 1 to {MOST:,}.")
    rows, columns, found = (
        decode(Row, value.get(name), f"{place}.{name}") for name in ("row", "column", "count")
    )
    if not len(rows) == len(columns) == len(found):
        raise RecordError(f"{place} has {len(rows)} rows for {len(found)} counts.")
    if any(not 0 <= one < size for one in (*rows, *columns)):
        raise RecordError(f"{place} has a cell outside its {size:,} classes.")
    return Cells(size, zip(rows, columns, found, strict=True))


STORED = {"codec": Codec(counts_to_json, counts_from_json)}  # a field's metadata


def images_of(counts: Counts) -> int:
    """Return the number of images that were counted."""
    if isinstance(counts, Cells):
        return sum(count for *_, count in counts.cells)
    return sum(map(sum, counts))


def largest_mistakes(counts: Counts, most: int = 20) -> list[tuple[int, int, int]]:
    """Return (true class, said class, images) of the most frequent mistakes, or largest changes."""
    cells = np.array(counts)
    np.fill_diagonal(cells, 0)
    filled = _filled(cells)
    order = np.argsort(-np.abs(filled[-1]), kind="stable")[:most]
    return list(zip(*(each[order].tolist() for each in filled), strict=True))


def _filled(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the rows, columns and counts of the cells that are not zero."""
    rows, columns = np.nonzero(matrix)
    return rows, columns, matrix[rows, columns]
