"""What a frontier of thousands of networks costs, in this checkout and in others.

    python -m benchmarks.many_points [--points 5000] [--checkouts PATH …]

Prints, for each checkout in turn, milliseconds of the processor: the front, the page's script
(first time, and again), a zoom of the chart; and by the clock the same zoom in a real browser. A
checkout may be of version 0.1: its own tests fill its own workspace, in which a finished pruning is
copied.
"""

import argparse
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

STORE_FILE = "jobs.db"
SLOW = 20_000.0  # milliseconds; measured once more, not three times
REPEATS, ZOOMS, TIMEOUT_SECONDS = 15, 15, 600.0
METHODS = ("magnitude", "l1_filter", "snip", "random")
DRAWN = "() => document.querySelector('.live-chart-plot')?.dataset.drawn"
ZOOM = """async (turn) => {
  const plot = document.querySelector(".live-chart-plot"), axis = plot._fullLayout.xaxis;
  plot.first ??= [...axis.range];
  const [left, right] = plot.first, inner = (right - left) * (turn % 2 ? 0.2 : 0);
  const began = performance.now();
  await window.Plotly.relayout(plot, { "xaxis.range": [left + inner, right - inner] });
  while (plot.arranging) await new Promise((resolve) => setTimeout(resolve, 0));
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
  return performance.now() - began;
}"""


def least(act: Callable[[], object], repeats: int = REPEATS) -> float:
    """Return the least milliseconds of the processor of an act."""
    found = []
    for _ in range(repeats):
        began = time.process_time()
        act()
        found.append(time.process_time() - began)
    return 1000 * min(found)


def front_milliseconds(count: int) -> float:
    """Return what the front of so many random points costs."""
    import numpy as np

    from core.evaluation.frontier import front
    from tests.evaluation.points import point

    rng = np.random.default_rng(0)
    points = [
        point(float(a), float(s), id=str(n)) for n, (a, s) in enumerate(rng.random((count, 2)))
    ]
    return least(lambda: front(points))


def filled(home: Path, count: int) -> None:
    """Fill a workspace with so many finished prunings of one dense network."""
    from core.workspace import Workspace

    there = "runs" if Path("tests/runs/finished_lab.py").exists() else "reports"
    import_module(f"tests.{there}.finished_lab").fill(Workspace(home))
    with sqlite3.connect(home / STORE_FILE) as store:
        store.row_factory = sqlite3.Row
        found = store.execute("SELECT * FROM job WHERE kind = 'prune' AND state = 'done'")
        first = dict(found.fetchone())
        rows = [copied(first, number) for number in range(count)]
        names = ", ".join(f'"{name}"' for name in rows[0])
        marks = ", ".join("?" * len(rows[0]))
        store.executemany(
            f"INSERT INTO job ({names}) VALUES ({marks})", [[*r.values()] for r in rows]
        )


def copied(row: dict[str, Any], number: int) -> dict[str, Any]:
    """Return the row of another finished pruning: one of four methods at one of 50 sparsities."""
    settings, result = json.loads(row["settings"]), json.loads(row["result"])
    accuracy, sparsity = 0.6 + (number % 397) / 1000, 0.5 + (number % 50) / 101
    method, own = METHODS[number % 4], f"{number:016x}"
    plan = settings["plan"] | {"method": method, "sparsity": sparsity}
    told = {"id": own, "label": method, "method": method, "plan": plan, "seed": number}
    told |= {"accuracy": accuracy, "validation_accuracy": accuracy, "sparsity": sparsity}
    result["point"] |= told | {"score": (accuracy + sparsity) / 2}
    kept = {name: value for name, value in row.items() if name != "sequence"}
    texts = {"settings": json.dumps(settings | {"plan": plan}), "result": json.dumps(result)}
    return kept | {"id": own, "seed": number} | texts


def script_milliseconds() -> tuple[float, float]:
    """Return what the page's script costs at first and again."""
    from streamlit.testing.v1 import AppTest

    framed = Path("pages/frame.py").exists()
    script = Path("pages/frame.py" if framed else "app.py").resolve()
    page = AppTest.from_file(str(script), default_timeout=TIMEOUT_SECONDS)
    page.switch_page("frontier.py" if framed else "pages/frontier.py")
    first = least(page.run, 1)
    assert not page.exception, page.exception
    return first, least(page.run, 3 if first < SLOW else 1)


def zoom_milliseconds(home: Path) -> tuple[float, float]:
    """Return a zoom's median time of the page's thread, and its least by the clock."""
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import FLAGS, chromium_path, new_context
    from tests.browser.server import ROOT, serve

    with serve(ROOT / "app.py", home) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(playwright), args=FLAGS)
        page = new_context(browser, 1280, 800).new_page()
        page.goto(f"{url}/frontier")
        page.wait_for_function(DRAWN, timeout=1000 * TIMEOUT_SECONDS)
        page.wait_for_timeout(3000)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        busy, clock = [], []
        for turn in range(ZOOMS):
            before = busy_seconds(session)
            clock.append(page.evaluate(ZOOM, turn))
            busy.append(1000 * (busy_seconds(session) - before))
        browser.close()
    return statistics.median(busy), min(clock)


def busy_seconds(session: Any) -> float:
    """Return how long the page's main thread has been at work."""
    found = session.send("Performance.getMetrics")["metrics"]
    return next(each["value"] for each in found if each["name"] == "TaskDuration")


def measure(count: int) -> None:
    """Measure the checkout in the working directory and print its line."""
    home = Path(tempfile.mkdtemp(prefix="many-points-"))
    os.environ["PARETO_LAB_HOME"] = str(home)
    filled(home, count)
    first, again = script_milliseconds()
    busy, clock = zoom_milliseconds(home)
    cells = (front_milliseconds(count), first, again, busy, clock)
    print(f"{Path.cwd().name:12}" + "".join(f"{cell:>14,.1f}" for cell in cells), flush=True)


def main() -> None:
    """Measure each checkout in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=5000)
    parser.add_argument("--checkouts", type=Path, nargs="*", default=[Path.cwd()])
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.here:
        measure(arguments.points)
        return
    titles = ("front", "script, first", "script, again", "zoom", "zoom, clock")
    print(f"{'ms':12}" + "".join(f"{title:>14}" for title in titles), flush=True)
    for checkout in arguments.checkouts:
        command = [sys.executable, str(Path(__file__).resolve()), "--here"]
        command += ["--points", str(arguments.points)]
        environment = {**os.environ, "PYTHONPATH": str(checkout.resolve())}
        subprocess.run(command, cwd=checkout, env=environment, check=True)


if __name__ == "__main__":
    main()
