"""Take the screenshots that README and docs show: python -m tests.browser.pictures.

They show an empty workspace, so that anybody gets the same: the bundled sample runs.
"""

import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import FLAGS, chromium_path, new_context, settle
from tests.browser.server import ROOT, serve

FOLDER = ROOT / "docs" / "pictures"
# File -> address, colour scheme, width.
PICTURES = {
    "frontier-light": ("/", "light", 1280),
    "frontier-dark": ("/", "dark", 1280),
    "federated-light": ("/federated", "light", 1280),
    "federated-narrow": ("/federated", "dark", 400),
    "demo-light": ("/federated_demo", "light", 1280),
    "learn-light": ("/learn", "light", 1280),
    "report-light": ("/report", "light", 1280),
}
CHART_MILLISECONDS = 20_000


def take(page: Page, url: str, target: Path) -> None:
    """Open the address, wait for its charts, and write the picture."""
    page.goto(url)
    settle(page)
    page.wait_for_selector(
        ".live-chart-plot .main-svg, .demo[data-ready]", timeout=CHART_MILLISECONDS
    )
    page.wait_for_timeout(1500)  # fonts and Plotly's entrance
    page.screenshot(path=target)


def main() -> None:
    """Take every picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as home,
        serve(ROOT / "app.py", Path(home)) as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium_path(playwright), args=FLAGS)
        for name, (address, scheme, width) in PICTURES.items():
            context = new_context(browser, width, 900, scheme)
            take(context.new_page(), url + address, FOLDER / f"{name}.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
