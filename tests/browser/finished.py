"""The dashboard on a lab in which everything has run already."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext

from core.workspace import Workspace
from tests.browser.conftest import Visitor, new_context
from tests.browser.server import ROOT, serve
from tests.runs.finished_lab import fill


@contextmanager
def finished_lab(home: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the address of the dashboard and the ids of what is in it."""
    ids = fill(Workspace(home))
    with serve(ROOT / "app.py", home) as url:
        yield url, ids


@contextmanager
def visit(chromium, url: str, **how) -> Iterator[Visitor]:
    """Yield a visitor; what the page's scripts complain of fails the test."""
    context = new_context(chromium, **how)
    with visit_in(context, url) as visitor:
        yield visitor
    context.close()


@contextmanager
def visit_in(context: BrowserContext, url: str) -> Iterator[Visitor]:
    """Yield a visitor in a new tab of a browser that has Streamlit's scripts already."""
    page = context.new_page()
    visitor = Visitor(page, url)
    yield visitor
    page.close()
    assert visitor.complaints == [], visitor.complaints
