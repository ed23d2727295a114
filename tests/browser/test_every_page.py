"""Every page, light and dark, wide and narrow: quiet console, nothing axe-core calls serious."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import settle
from tests.browser.finished import finished_lab, visit

FOLDER = Path(__file__).parents[2] / "pages"
PAGES = sorted({path.stem for path in FOLDER.glob("*.py")} - {"frame", "__init__"})
LOOKS = {"light 1280": ("light", 1280), "dark 1280": ("dark", 1280), "light 400": ("light", 400)}
GRAVE = ("serious", "critical")
# Streamlit's own canvas tables and menus, which a page cannot change.
OUTSIDE = [["[data-testid='stHeader']"], ["[data-testid='stDataFrameResizable']"]]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with finished_lab(tmp_path_factory.mktemp("every page")) as found:
        yield found


def opened(visitor, name):
    page = visitor.go(f"/{name}" if name != "home" else "/")
    page.wait_for_timeout(1500)
    settle(page)
    return page


def offers(page):
    """Return the words on the toolbar buttons of every chart."""
    titles = page.eval_on_selector_all(
        ".modebar-btn", "buttons => buttons.map(each => each.dataset.title ?? '')"
    )
    return set(" ".join(titles).lower().replace("...", "").split())


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_quiet_accessible_and_fits(chromium, lab, name, look):
    scheme, width = LOOKS[look]
    with visit(chromium, lab[0], scheme=scheme, width=width) as visitor:
        page = opened(visitor, name)
        assert "Traceback" not in page.inner_text("body")
        assert page.locator("[data-testid='stException']").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert offers(page) & {"cloud", "share", "plotly"} == set()
        found = Axe().run(page, context={"exclude": OUTSIDE}).response["violations"]
        grave = [
            f"{each['id']}: {node['html'][:160]}"
            for each in found
            if each["impact"] in GRAVE
            for node in each["nodes"]
        ]
        assert grave == []
