"""Measure the bars of the FedAvg demo: python -m benchmarks.federated_demo [--grid]

In Chromium: the median of 50 moves of sliders along the grid, frames a second at 30 clients, and
how long a run between the grid's takes. --grid also computes the whole grid with the engine.
Prints one JSON object; processor seconds beside wall-clock ones, as other work slows the latter.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.sample_demo import computed_grid
from core.federated.demo.pictures import curves_picture, plane_pictures, toy_picture
from core.federated.demo.spec import DemoRun
from tests.browser.conftest import FLAGS, chromium_path, new_context
from tests.browser.server import ROOT, serve

BARS = {"grid_move_ms": 150, "live_s": 2, "frames_per_second": 30, "grid_minutes": 10}
# Positions of the sliders that the grid has, and values between them.
MOVES = {"right": (1, 6, 11, 21), "k": (0, 3, 5, 7, 11, 12, 14), "c": (30, 15, 6)}
BETWEEN = {"right": 4, "k": 9}
ANIMATION_SECONDS = 4

MOVE = """async ([role, value]) => {
  const slider = document.querySelector(`.demo [data-role="${role}"]`);
  const began = performance.now();
  slider.value = value;
  slider.dispatchEvent(new Event("input"));
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - began;
}"""


def main() -> None:
    """Measure, and print what was found beside its bar."""
    found: dict[str, object] = {"bars": BARS, "server": _server()}
    with (
        tempfile.TemporaryDirectory() as home,
        serve(ROOT / "app.py", Path(home)) as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium_path(playwright), args=FLAGS)
        page = new_context(browser, 1280, 720).new_page()
        found |= _browser(page, f"{url}/federated_demo?speed=4")
        browser.close()
    if "--grid" in sys.argv[1:]:
        _, result, wall = computed_grid()
        found["grid"] = {"runs": result.runs, "seconds": result.seconds, "wall_s": round(wall)}
    print(json.dumps(found, indent=1))


def _browser(page: Page, address: str) -> dict[str, object]:
    began = time.monotonic()
    page.goto(address)
    page.wait_for_selector(".demo[data-ready]", timeout=120_000)
    opened = time.monotonic() - began
    order = [(role, value) for role, values in MOVES.items() for value in values]
    moves = [page.evaluate(MOVE, order[number % len(order)]) for number in range(50)]
    assert page.evaluate("document.querySelector('.demo').demo.waitingFor.size") == 0
    live = {role: _live(page, role, position) for role, position in BETWEEN.items()}
    return {
        "open_s": round(opened, 2),
        "grid_move_ms": {
            "median": round(statistics.median(moves), 1),
            "largest": round(max(moves), 1),
        },
        "live_wall_s": live,
        "frames_per_second": {view: _frames(page, view) for view in ("1", "2", "3")},
    }


def _live(page: Page, role: str, position: int) -> float:
    page.evaluate(MOVE, [role, position])
    page.wait_for_function(
        "document.querySelector('.demo').demo.waitingFor.size === 0", timeout=120_000
    )
    return round(float(page.evaluate("document.querySelector('.demo').dataset.live")) / 1000, 2)


def _frames(page: Page, view: str) -> float:
    page.evaluate(MOVE, ["right", 11])
    page.evaluate(MOVE, ["k", 7])
    page.evaluate("document.activeElement?.blur()")
    page.locator("body").press(view)
    page.wait_for_function(
        "document.querySelector('.demo').demo.waitingFor.size === 0", timeout=120_000
    )
    page.evaluate("document.querySelector('.demo').demo.go(0)")
    page.evaluate("document.querySelector('.demo').demo.play(true)")
    page.wait_for_timeout(ANIMATION_SECONDS * 1000 - 500)
    frames = page.evaluate("document.querySelector('.demo').demo.frames")
    page.evaluate("document.querySelector('.demo').demo.play(false)")
    return round((len(frames) - 1) / (frames[-1] - frames[0]) * 1000, 1)


def _server() -> dict[str, dict[str, float]]:
    """Return what the server needs for one half, with 20 and with the largest K."""
    made: dict[str, dict[str, float]] = {}
    for k in (21, 199):
        run = DemoRun(1.0, k)
        curves_picture(DemoRun(1.0, 1))  # the clients' data are read once
        made[f"K = {k}"] = {
            "curves": _processor(lambda run=run: curves_picture(run)),
            "two_parameters": _processor(lambda run=run: toy_picture(run)),
            "plane": _processor(lambda run=run: plane_pictures([run])),
        }
    return made


def _processor(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return round(time.process_time() - began, 2)


if __name__ == "__main__":
    main()
