"""Rows as CSV that is safe to open in a spreadsheet, and CSV that strangers wrote as rows."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

# What a spreadsheet takes for a formula, in its full-width forms as well; it may skip blanks.
SIGNS = r"[=+\-@＝＋－＠]"
FORMULA = re.compile(rf"[\t\r\n]|\s*{SIGNS}")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
# A semicolon begins a new cell where it is the list separator, as in much of Europe.
LATER_FORMULA = re.compile(rf"([;\t\r\n]\s*)(?={SIGNS})")
MOST_COLUMNS = 1000
QUOTED = re.compile(r'[,;"\t\r\n]')


def to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """Return the rows under their column names; what a row lacks, and None, is an empty cell."""
    lines = [columns, *([row.get(name) for name in columns] for row in rows)]
    return "".join(",".join(map(_cell, line)) + "\n" for line in lines)


def from_csv(text: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a table, column name -> cell; cells without a column are left out.

    Raises ValueError for more than MOST_COLUMNS: each row would be filled up to them.
    """
    rows = csv.reader(io.StringIO(text, newline=""))
    columns = next(rows, [])
    if len(columns) > MOST_COLUMNS:
        raise ValueError(f"the table has {len(columns):,} columns")
    for row in rows:
        if row:
            yield dict(zip(columns, row, strict=False))


def _cell(value: object) -> str:
    text = _text(value)
    return '"' + text.replace('"', '""') + '"' if QUOTED.search(text) else text


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | int):
        return str(value)
    if isinstance(value, float):
        return repr(float(value))
    if isinstance(value, list | tuple | dict):
        value = json.dumps(value)
    return harmless(str(value))


def harmless(text: str) -> str:
    """Return a text that no spreadsheet runs as a formula, such as =HYPERLINK(…)."""
    if NUMBER.fullmatch(text):
        return text
    marked = LATER_FORMULA.sub(r"\1'", text)
    return f"'{marked}" if FORMULA.match(text) else marked
