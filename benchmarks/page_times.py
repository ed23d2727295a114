"""Processor seconds of each page's script, once everything is imported: the least of five runs.

    python -m benchmarks.page_times [--workspace FOLDER]

Prints one JSON object. Without a folder the workspace is filled with runs of
hand-made numbers. To compare two versions run it in both checkouts, in turn.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

from streamlit.testing.v1 import AppTest

from core.workspace import Workspace
from tests.runs.finished_lab import fill

PAGES = Path(__file__).parents[1] / "pages"
REPEATS, TIMEOUT_SECONDS = 5, 600.0


def seconds_of(page: str) -> float:
    """Return the least processor seconds of a page's script after its first run."""
    test = AppTest.from_file(str(PAGES / "frame.py"), default_timeout=TIMEOUT_SECONDS)
    test.switch_page(f"{page}.py").run()
    if test.exception:
        raise SystemExit(f"{page} does not open: {test.exception[0].value}")
    found = []
    for _ in range(REPEATS):
        began = time.process_time()
        test.run()
        found.append(time.process_time() - began)
    return min(found)


def seconds_of_pages() -> dict[str, float]:
    """Return page -> seconds, of every page in the workspace of PARETO_LAB_HOME."""
    pages = sorted({path.stem for path in PAGES.glob("*.py")} - {"frame", "__init__"})
    return {page: round(seconds_of(page), 4) for page in pages}


def main() -> None:
    """Measure every page in a workspace."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", help="measure in this one")
    home = parser.parse_args().workspace
    with tempfile.TemporaryDirectory() as filled:
        os.environ["PARETO_LAB_HOME"] = home or filled
        if not home:
            fill(Workspace(Path(filled)))
        print(json.dumps(seconds_of_pages()))


if __name__ == "__main__":
    main()
