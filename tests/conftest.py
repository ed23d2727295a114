"""For all tests: threads, the order of the files, and a quiet end."""

import os
import re
import sys
from pathlib import Path

import pytest

# Threads of BLAS spin while they wait for each other: beside another process, two took three times
# the processor's time of one. Runners keep to one as well. To be set before NumPy is imported.
for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
    os.environ.setdefault(f"{name}_NUM_THREADS", "1")

HERE = Path(__file__).parent
# A file that is slow as a whole says so with `pytestmark = pytest.mark.slow  # why`.
MARKS_OF_A_FILE = re.compile(r"^pytestmark = (.*)$", re.MULTILINE)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave unread what would be deselected: reading it costs imports."""
    expression, path = config.option.markexpr, collection_path.relative_to(HERE).as_posix()
    if path == "browser" and "not browser" in expression:
        return True
    if collection_path.suffix != ".py" or "not " not in expression:
        return None
    marks = MARKS_OF_A_FILE.search(collection_path.read_text())
    names = re.findall(r"pytest\.mark\.(\w+)", marks[1]) if marks else []
    return True if any(f"not {name}" in expression for name in names) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files with long tests first.

    With two workers that take whole files in order (`--dist loadfile --no-loadscope-reorder`), a
    long file that is begun last would keep one of them waiting.
    """
    outside = ("browser", "cluster")
    long = {item.path for item in items if any(map(item.get_closest_marker, outside))}
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path not in long, item.path not in slow))


def pytest_unconfigure() -> None:
    """Remove the folder of Streamlit's AppTest: else it complains after the closing line."""
    if used := sys.modules.get("streamlit.testing.v1.app_test"):
        used.TMP_DIR.cleanup()
