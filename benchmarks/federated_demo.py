"""Measure the bars of the FedAvg demo: python -m benchmarks.federated_demo [--grid]

In Chromium: the median of 50 moves of sliders along the grid, frames a second at 30 clients, and
how long positions between the grid's take in every view, from the slider's event to the answer.
--grid also computes the whole grid with the engine. Prints one JSON object, with the machine's load
and, beside wall-clock seconds, the processor seconds of the processes that compute.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
from playwright.sync_api import Page, sync_playwright

from benchmarks.sample_demo import computed_grid
from tests.browser.conftest import FLAGS, chromium_path, new_context
from tests.browser.server import ROOT, serve

BARS = {"grid_move_ms": 150, "live_s": 2, "frames_per_second": 30, "grid_minutes": 10}
# Positions of the sliders that the grid has, and values between them.
MOVES = {"right": (1, 6, 11, 21), "k": (0, 3, 5, 7, 11, 12, 14), "c": (30, 15, 6)}
# View -> what moves -> positions that the grid has not got, each asked once, whose curves are new
# too: the largest K are 199, 198 and 197.
BETWEEN: Mapping[int, Mapping[str, tuple[Mapping[str, object], ...]]] = {
    view: {
        "one half": tuple({"right": h + view / 100} for h in (0.3, 0.8, 1.3)),
        "both halves, largest K": tuple({"k": k - view} for k in (200, 197, 194)),
        "both halves, SCAFFOLD": ({"k": 200 - view, "alg": "scaffold"},),
    }
    for view in (1, 2, 3)
}
# Whose processor seconds count beside an answer's wall-clock ones -> a part of the command.
PROCESSES = {"computing": "demo.child", "server": "pages.server"}
ANIMATION_SECONDS = 4
SETTLED_MILLISECONDS = 3000  # the processes that compute have started by then

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
    found: dict[str, object] = {"bars": BARS, "load_before": os.getloadavg()}
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
    print(json.dumps(found | {"load_after": os.getloadavg()}, indent=1))


def _browser(page: Page, address: str) -> dict[str, object]:
    began = time.monotonic()
    page.goto(address)
    page.wait_for_selector(".demo[data-ready]", timeout=120_000)
    opened = time.monotonic() - began
    order = [(role, value) for role, values in MOVES.items() for value in values]
    moves = [page.evaluate(MOVE, order[number % len(order)]) for number in range(50)]
    assert page.evaluate("document.querySelector('.demo').demo.waitingFor.size") == 0
    page.wait_for_timeout(SETTLED_MILLISECONDS)
    return {
        "open_s": round(opened, 2),
        "grid_move_ms": {
            "median": round(statistics.median(moves), 1),
            "largest": round(max(moves), 1),
        },
        "live": {view: _live(page, view, moves) for view, moves in BETWEEN.items()},
        "frames_per_second": {view: _frames(page, view) for view in ("1", "2", "3")},
    }


def _live(page: Page, view: int, moves: Mapping[str, tuple[Mapping[str, object], ...]]) -> object:
    """Return wall-clock and processor seconds of every move; all begin at grid positions."""
    found = {}
    for name, positions in moves.items():
        found[name] = []
        for position in positions:
            start = {"view": view, "left": "iid", "right": 1, "k": 20, "alg": "fedavg"}
            _set(page, start)
            began = {who: _processor(who) for who in PROCESSES}
            _set(page, position)
            wall = int(page.evaluate("document.querySelector('.demo').dataset.live")) / 1000
            used = {who: round(_processor(who) - began[who], 2) for who in PROCESSES}
            found[name].append({"wall_s": wall, "processor_s": used})
    return found


def _set(page: Page, state: Mapping[str, object]) -> None:
    page.evaluate("(state) => document.querySelector('.demo').demo.set(state)", state)
    page.wait_for_function(
        "document.querySelector('.demo').demo.waitingFor.size === 0", timeout=120_000
    )


def _processor(who: str) -> float:
    """Return the processor seconds so far of the processes whose command names this."""
    times = [
        each.cpu_times()
        for each in psutil.Process().children(recursive=True)
        if any(PROCESSES[who] in part for part in each.cmdline())
    ]
    return sum(each.user + each.system for each in times)


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


if __name__ == "__main__":
    main()
