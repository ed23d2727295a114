"""Every page, light and dark, wide and narrow: quiet console, nothing axe-core calls serious."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import new_context, settle
from tests.browser.finished import finished_lab, visit_in

FOLDER = Path(__file__).parents[2] / "pages"
PAGES = sorted({path.stem for path in FOLDER.glob("*.py")} - {"frame", "__init__"})
LOOKS = {"light 1280": ("light", 1280), "dark 1280": ("dark", 1280), "light 400": ("light", 400)}
GRAVE = ("serious", "critical")
# Streamlit's own canvas tables and menus, which a page cannot change.
OUTSIDE = [["[data-testid='stHeader']"], ["[data-testid='stDataFrameResizable']"]]
# What a page passes is not described element by element: that takes most of the time.
VIOLATIONS = {"resultTypes": ["violations"]}


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with finished_lab(tmp_path_factory.mktemp("every page")) as found:
        yield found


@pytest.fixture(scope="module")
def browsers(chromium):
    """One browser profile for each look: Streamlit's scripts are fetched once, not each time."""
    contexts = {
        look: new_context(chromium, scheme=scheme, width=width)
        for look, (scheme, width) in LOOKS.items()
    }
    yield contexts
    for context in contexts.values():
        context.close()


def opened(visitor, name):
    page = visitor.go(f"/{name}" if name != "home" else "/")
    page.wait_for_timeout(500)  # what a component's script complains of, it does by then
    settle(page)
    return page


def offers(page):
    """Return the words on the toolbar buttons of every chart."""
    titles = page.eval_on_selector_all(
        ".modebar-btn", "buttons => buttons.map(each => each.dataset.title ?? '')"
    )
    return set(" ".join(titles).lower().replace("...", "").split())


# What a person calls untidy: a metric alone on its line, neighbours that touch, narrow columns of
# text in a wide block. Returns a sentence for each.
UNTIDY = """() => {
  const main = document.querySelector("[data-testid='stMain']");
  const box = (each) => each.getBoundingClientRect();
  const seen = (each) => each.checkVisibility() && box(each).width > 0;
  const found = [];
  for (const row of main.querySelectorAll("[class*='st-key-metrics-']")) {
    const lines = new Map();
    for (const each of row.querySelectorAll("[data-testid='stMetric']")) {
      const top = Math.round(box(each).top);
      lines.set(top, (lines.get(top) ?? 0) + 1);
    }
    const counts = [...lines.values()];
    if (counts.length > 1 && counts.includes(1)) found.push(`alone: ${row.className.slice(-60)}`);
  }
  const grouped = (each) => each.closest(
    ".stButtonGroup, .stMultiSelect, .modebar, [data-baseweb], [data-testid='stElementToolbar']");
  const pressed = [...main.querySelectorAll("button, a[href]")].filter(
    (each) => seen(each) && !grouped(each) && !each.closest("p, li, [role='dialog']"));
  for (const one of pressed) for (const other of pressed) {
    const a = box(one), b = box(other), gap = b.left - a.right;
    const beside = a.top < b.bottom - 4 && b.top < a.bottom - 4;
    if (one !== other && beside && gap > -1 && gap < 8)
      found.push(`crowded: ${one.innerText} | ${other.innerText} (${gap.toFixed(0)} px)`);
  }
  for (const text of main.querySelectorAll("[data-testid='stMarkdownContainer'] > p")) {
    const wide = box(text.parentElement).width, own = box(text).width;
    const lines = box(text).height / parseFloat(getComputedStyle(text).lineHeight);
    if (seen(text) && lines > 1.5 && own < 0.9 * Math.min(wide, 960))
      found.push(`narrow: ${own.toFixed(0)} of ${wide.toFixed(0)} px: ${text.innerText}`);
  }
  return [...new Set(found)];
}"""


# The page scrolls in its main part: what is wider than that pushes everything to the side. What
# scrolls in a box of its own, such as a table, does not.
TOO_WIDE = """() => {
  const main = document.querySelector("[data-testid='stMain']");
  if (main.scrollWidth <= main.clientWidth) return [];
  const right = main.getBoundingClientRect().right;
  return [...main.querySelectorAll("*")]
    .filter((each) => each.checkVisibility() && each.getBoundingClientRect().right > right)
    .map((each) => `${each.className} ends at ${each.getBoundingClientRect().right}`);
}"""
# Links that say less than they were told, because their line was too short.
CUT = """() => [...document.querySelectorAll(
    "[data-testid='stMain'] [data-testid='stPageLink'] p, .live-chart-name > span")]
  .filter((each) => each.checkVisibility() && each.clientWidth)
  .filter((each) => each.scrollWidth > each.clientWidth + 1
                    || each.scrollHeight > each.clientHeight + 2)
  .map((each) => each.textContent)"""


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_quiet_accessible_and_fits(browsers, lab, name, look):
    _, width = LOOKS[look]
    with visit_in(browsers[look], lab[0]) as visitor:
        page = opened(visitor, name)
        assert "Traceback" not in page.inner_text("body")
        assert page.locator("[data-testid='stException']").count() == 0
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width
        assert page.evaluate(TOO_WIDE) == []
        assert page.evaluate(CUT) == []
        assert page.evaluate(UNTIDY) == []
        assert offers(page) & {"cloud", "share", "plotly"} == set()
        axe = Axe().run(page, context={"exclude": OUTSIDE}, options=VIOLATIONS)
        found = axe.response["violations"]
        grave = [
            f"{each['id']}: {node['html'][:160]}"
            for each in found
            if each["impact"] in GRAVE
            for node in each["nodes"]
        ]
        assert grave == []


COLORS = "buttons => [...new Set(buttons.map((each) => getComputedStyle(each).color))]"


def test_chosen_pills_are_as_easy_to_read_as_the_others_in_the_dark(browsers, lab):
    with visit_in(browsers["dark 1280"], lab[0]) as visitor:
        page = visitor.go("/pruning?view=sweep")
        pills = ".st-key-sweep-methods button"
        page.locator(f"{pills}[aria-pressed='true']").first.wait_for()
        assert page.locator(f"{pills}[aria-pressed='false']").count() > 0
        assert len(page.eval_on_selector_all(pills, COLORS)) == 1
