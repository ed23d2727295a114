"""The first minute of a newcomer in a real browser: when each thing to look at appears.

    python -m benchmarks.first_minute

Starts the dashboard in a fresh workspace, presses "Try the sample" and "Start", and prints, in
seconds after Start, when each mark of MARKS is on the page, as a table in Markdown. About two
minutes on two idle cores; needs Chromium.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import FLAGS, chromium_path, settle
from tests.browser.server import ROOT, serve

LOOK_SECONDS, GIVE_UP_SECONDS = 0.25, 900
PLOT = "(document.querySelector('.live-chart-plot')?.data ?? [])"


def traces(named: str, least: int = 1) -> str:
    """Return JavaScript that tells whether traces whose name matches have so many dots."""
    dots = f"{PLOT}.filter(t => ({named})(t)).flatMap(t => t.x).filter(x => x !== null)"
    return f"() => {dots}.length >= {least}"


def text(words: str) -> str:
    """Return JavaScript that tells whether the page says this."""
    return f"() => document.body.innerText.includes({words!r})"


FILLED = "t => t.customdata && t.name !== 'Chosen' && !/cut once/.test(t.name ?? '')"
MARKS = {
    "the dense network's first epoch (star)": traces("t => /^Dense/i.test(t.name ?? '')"),
    "first hollow dot (cut once, validation)": traces("t => /cut once/.test(t.name ?? '')"),
    "the dense network is trained": text("The dense network has 592,933 weights"),
    "first filled dot of a pruned network": traces(FILLED, 2),
    "sentence of what it lost": "() => !!document.querySelector('.st-key-tour-outcome p')",
    "images that paid": "() => document.querySelectorAll('.image-strip img').length >= 1",
    "download of the best network": text("Download the best network"),
    "all seven networks": traces(FILLED, 7),
}


def watch(page: Page) -> dict[str, float]:
    """Press the two buttons; return the seconds after the second at which each mark is seen."""
    page.get_by_role("button", name="Try the sample").click()
    page.get_by_role("button", name="Start").wait_for()
    settle(page)
    page.get_by_role("button", name="Start").click()
    began, seen = time.monotonic(), dict[str, float]()
    while len(seen) < len(MARKS) and time.monotonic() - began < GIVE_UP_SECONDS:
        for name, test in MARKS.items():
            if name not in seen and page.evaluate(f"({test})()"):
                seen[name] = time.monotonic() - began
                print(f"{seen[name]:5.0f} s  {name}", file=sys.stderr, flush=True)
        if "all seven networks" in seen and time.monotonic() - began > max(seen.values()) + 20:
            break
        time.sleep(LOOK_SECONDS)
    return seen


def main() -> int:
    """Measure one first minute and print it."""
    with (
        tempfile.TemporaryDirectory(prefix="first-minute-") as home,
        serve(ROOT / "app.py", Path(home)) as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium_path(playwright), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(url)
        settle(page)
        seen = watch(page)
        browser.close()
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f} at the end\n\n| mark | seconds |\n|---|---|")
    for name in MARKS:
        print(f"| {name} | {f'{seen[name]:.0f}' if name in seen else '–'} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
