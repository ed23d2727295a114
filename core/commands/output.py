"""What every command prints: progress for people on standard error, one JSON line for scripts."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence

from core.names import one_line

DONE, FAILED, WRONG_USE = 0, 1, 2


def add_json_option(parser: ArgumentParser) -> None:
    """Add --json, which every command has."""
    parser.add_argument(
        "--json", action="store_true", help="one JSON object as the last line of standard output"
    )


def say(text: str) -> None:
    """Print a line for people."""
    print(one_line(text), file=sys.stderr, flush=True)


def answer(value: Mapping[str, object], as_json: bool) -> None:
    """Print the result: a JSON line, or name and value line by line, of what there is."""
    if as_json:
        print(json.dumps(value), flush=True)
        return
    shown = {n: v for n, v in value.items() if v is not None and not isinstance(v, list | dict)}
    width = max((len(name) for name in shown), default=0)
    for name, entry in shown.items():
        print(f"{name:<{width}}  {_short(entry)}", flush=True)


def _short(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else one_line(str(value))


def table(rows: Sequence[Mapping[str, object]], columns: list[str]) -> None:
    """Print rows under their column names."""
    cells = [[_short(row.get(name, "")) for name in columns] for row in rows]
    widths = [max(len(name), *(len(row[i]) for row in cells)) if cells else len(name)
              for i, name in enumerate(columns)]  # fmt: skip
    for line in [columns, *cells]:
        print("  ".join(text.ljust(w) for text, w in zip(line, widths, strict=True)).rstrip())
