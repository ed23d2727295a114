"""A real Chromium, the whole dashboard, and what every browser test watches."""

import contextlib
import os
import re
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.browser.server import ROOT, serve

REMEDY = (
    "No browser for the browser tests. Install one (`sudo apt-get install chromium`, or "
    "`.venv/bin/python -m playwright install chromium`), or set CHROMIUM to its path."
)
OPENINGS, OPEN_MS = 10, 4_000
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)


def chromium_path(playwright: Playwright) -> str:
    named = os.environ.get("CHROMIUM")
    if named and Path(named).exists():
        return named
    own = playwright.chromium.executable_path
    if Path(own).exists():
        return own
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise pytest.fail.Exception(REMEDY)


@pytest.fixture(scope="session")
def playwright_process():
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright_process):
    path = chromium_path(playwright_process)
    browser = playwright_process.chromium.launch(executable_path=path, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def lab_url(tmp_path_factory):
    """The dashboard itself, in a fresh workspace."""
    with serve(ROOT / "app.py", tmp_path_factory.mktemp("home with space")) as url:
        yield url


class Visitor:
    """One browser tab that remembers every complaint of the page's scripts.

    A request that would leave this machine is a complaint too.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("console", self._note)
        page.on("response", self._note_response)
        page.on("request", self._note_request)

    def _note(self, message) -> None:
        if message.type == "error" and not is_probe(message.location.get("url", "")):
            self.complaints.append(f"console: {message.text}")

    def _note_response(self, response) -> None:
        if response.status >= 400 and not is_probe(response.url):
            self.complaints.append(f"{response.status}: {response.url}")

    def _note_request(self, request) -> None:
        if leaves_the_machine(request.url):
            self.complaints.append(f"request to {request.url[:120]}")

    def go(self, address: str = "/") -> Page:
        """Open a page and wait until its script has run."""
        self.page.goto(self.url + address)
        settle(self.page)
        return self.page


def leaves_the_machine(url: str) -> bool:
    """Tell whether a request goes anywhere but to the dashboard itself."""
    parts = urlsplit(url)
    return parts.scheme not in ("data", "blob", "about") and parts.hostname != "127.0.0.1"


def is_probe(url: str) -> bool:
    """Tell Streamlit's own question, below a deep link, where its server is; a 404 is an answer."""
    return re.search(r"/\w+/_stcore/(health|host-config)$", url) is not None


def settle(page: Page, timeout: float = 30_000) -> None:
    """Wait until Streamlit says that the page's script has finished."""
    page.wait_for_selector("[data-testid='stAppViewContainer']", timeout=timeout)
    page.wait_for_selector(
        "[data-testid='stApp'][data-test-script-state='notRunning']", timeout=timeout
    )


def select(page: Page, label: str, option: str) -> None:
    """Choose an option of a box by its name.

    A list of options closes when the page scrolls or a part of it is drawn anew. Who sees that
    opens it again.
    """
    box = page.get_by_role("combobox", name=label)
    wanted = page.get_by_role("option", name=option, exact=True)
    box.scroll_into_view_if_needed()
    for _ in range(OPENINGS):
        box.click()
        with contextlib.suppress(PlaywrightTimeout):
            wanted.click(timeout=OPEN_MS)
            return
        page.keyboard.press("Escape")
    raise AssertionError(f"{label} does not offer {option}: {page.inner_text('body')[:2000]}")


def new_context(
    browser: Browser, width: int = 1280, height: int = 900, scheme: str = "light"
) -> BrowserContext:
    return browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, accept_downloads=True
    )


@pytest.fixture
def visitor(chromium, lab_url):
    """A visitor of the dashboard at 1280 pixels in the light theme; complaints fail the test."""
    context = new_context(chromium)
    person = Visitor(context.new_page(), lab_url)
    yield person
    context.close()
    assert person.complaints == []


def press_in_table(page: Page, row: int, x: int = 54) -> None:
    """Click a row of the table of runs: by default its button, at x = 16 its check box.

    A canvas: rows are where they are drawn, 35 pixels each below a head as high.
    """
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    table.locator(".dvn-scroller").first.click(position={"x": x, "y": 35 * (row + 1) + 18})
