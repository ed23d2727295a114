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
<<<<<<< HEAD
# A file that is slow as a whole says so with `pytestmark = pytest.mark.slow  # why`.
MARKS_OF_A_FILE = re.compile(r"^pytestmark = (.*)$", re.MULTILINE)
=======
# Slow as a whole, by what they do. `make check` does not even read them; single tests are marked
# where they stand. What is in neither runs in milliseconds.
TRAIN = (  # and import TensorFlow, which takes eight seconds
    "pruning/methods/test_method_scores.py",
    "pruning/graphs/test_prune_network.py",
    "training/test_export.py",
    "training/test_graph_architecture.py",
    "training/test_optimizers.py",
    "training/test_step.py",
    "training/test_temporary_batchnorm.py",
)
COMPARE_WITH_SCIKIT_LEARN = (
    "pruning/methods/test_regression.py",
    "pruning/reconstruction/test_lasso.py",
)
RUN_WHOLE_PAGES = (
    "pages/test_between_pages.py",
    "pages/test_choices_stay.py",
)
START_CHILD_PROCESSES = (
    "data/uploads/test_grading_set.py",
    "grading/test_submissions.py",
    "inputs/test_upload_life.py",
    "jobs/test_parts.py",
    "jobs/transfer/test_bundle.py",
)
SLOW = {*TRAIN, *COMPARE_WITH_SCIKIT_LEARN, *RUN_WHOLE_PAGES, *START_CHILD_PROCESSES}
>>>>>>> 24ad515 (Networks: any network trains and is pruned by job and command, by its digest)


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
