"""Which of this program's modules an autograder needs: read from their import statements."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import core

ROOT = Path(core.__file__).parent
# Imported where they are needed only, and never in an autograder: each brings packages of its own.
LEFT_OUT = frozenset({"core.workspace", "core.data.images"})
BY_NAME = re.compile(r'"(core(?:\.\w+)+)(?::\w+)?"')


def needed(entry: str) -> dict[str, bytes]:
    """Return path in the zip -> content of a module, and of all that it imports, in order.

    The packages' own `__init__` and modules that are started by name are among them.
    """
    found: dict[str, bytes] = {}
    waiting = [entry]
    while waiting:
        module = waiting.pop()
        path = _path(module)
        if path is None or module in LEFT_OUT or _name(path) in found:
            continue
        text = path.read_text(encoding="utf-8")
        found[_name(path)] = text.encode()
        waiting += _around(module)
        waiting += _imported(text)
    return dict(sorted(found.items()))


def _path(module: str) -> Path | None:
    """Return the file of a module or a package of ours, None if it is neither."""
    place = ROOT.joinpath(*module.split(".")[1:])
    files = (place.with_suffix(".py"), place / "__init__.py")
    return next((file for file in files if file.is_file()), None)


def _name(path: Path) -> str:
    return f"core/{path.relative_to(ROOT).as_posix()}"


def _around(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:depth]) for depth in range(1, len(parts))]


def _imported(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("core"):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.startswith("core."))
    yield from BY_NAME.findall(text)
