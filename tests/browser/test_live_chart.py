"""The chart keeps its node, zoom and picked dot while data arrive: Streamlit's own does not."""

import json

import pytest

from tests.browser.conftest import Visitor, new_context, settle
from tests.browser.server import ROOT, serve

RANGE = "plot => plot.layout.xaxis.range"


@pytest.fixture(scope="module")
def growing_url(tmp_path_factory):
    script = ROOT / "tests" / "browser" / "fixtures" / "growing_chart.py"
    with serve(script, tmp_path_factory.mktemp("growing")) as url:
        yield url


@pytest.fixture
def tab(chromium, growing_url):
    context = new_context(chromium)
    visitor = Visitor(context.new_page(), growing_url)
    visitor.go().wait_for_selector(".live-chart-plot .main-svg")
    yield visitor
    context.close()
    assert visitor.complaints == [], visitor.complaints


def drag_a_zoom(page):
    """Zoom with the mouse, as a person does: Plotly keeps only such a zoom."""
    box = page.locator(".live-chart-plot .nsewdrag").bounding_box()
    left, top = box["x"] + 0.2 * box["width"], box["y"] + 0.2 * box["height"]
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move(left + 0.4 * box["width"], top + 0.5 * box["height"], steps=8)
    page.mouse.up()


def wait_for_more(page, dots):
    page.wait_for_function(
        "dots => Number(document.querySelector('.live-chart-plot')?.dataset.points) > dots",
        arg=dots,
        timeout=30_000,
    )


def test_zoom_and_node_survive_new_data(tab):
    plot = tab.page.locator(".live-chart-plot")
    plot.evaluate("plot => { plot.dataset.mark = 'same node'; }")
    before = plot.evaluate(RANGE)
    drag_a_zoom(tab.page)
    tab.page.wait_for_timeout(500)
    zoomed = plot.evaluate(RANGE)
    assert zoomed != before
    wait_for_more(tab.page, int(plot.get_attribute("data-points")) + 2)
    assert plot.get_attribute("data-mark") == "same node"
    assert plot.evaluate(RANGE) == zoomed


def test_every_click_tells_its_dot_once_and_the_same_dot_again(tab):
    plot = tab.page.locator(".live-chart-plot")
    dot = tab.page.locator(".scatterlayer .trace").last.locator(".point").first
    for clicks in (1, 2):
        dot.click(force=True)
        tab.page.get_by_text(f"picked={['dot-0'] * clicks}").wait_for(timeout=20_000)
        wait_for_more(tab.page, int(plot.get_attribute("data-points")) + 1)
        assert tab.page.get_by_text(f"picked={['dot-0'] * clicks}").is_visible()
        tab.page.wait_for_timeout(500)  # two clicks at once are a double click: Plotly zooms out


def test_a_reloaded_page_gets_the_parts_it_misses(tab):
    tab.page.reload()
    wait_for_more(tab.page, 6)


def test_a_browser_asks_again_until_the_parts_it_misses_arrive(chromium, tmp_path):
    """Nothing else would call the chart's script: data that stay the same do not."""
    script = ROOT / "tests" / "browser" / "fixtures" / "lost_answers.py"
    with serve(script, tmp_path) as url:
        context = new_context(chromium)
        visitor = Visitor(context.new_page(), url)
        visitor.go().wait_for_selector(".live-chart-plot .main-svg", timeout=40_000)
        context.close()
    assert visitor.complaints == [], visitor.complaints


def test_only_changed_parts_are_sent(tab):
    """The still line goes over the wire once, however often the dots change."""
    plot = tab.page.locator(".live-chart-plot")
    plot.evaluate("plot => { plot.keys = [...plot.parts.keys()]; }")
    wait_for_more(tab.page, int(plot.get_attribute("data-points")) + 2)
    kept = plot.evaluate("plot => plot.keys.filter(key => plot.parts.has(key)).length")
    assert kept == 2  # layout and still line; the dots are new


def test_the_picture_and_the_sentence_are_there(tab):
    assert tab.page.locator(".live-chart figcaption").text_content() == "Dots."
    with tab.page.expect_download() as download:
        tab.page.locator(".live-chart-plot").hover()
        tab.page.locator(".modebar-btn[data-title='Download as SVG']").click()
    assert download.value.suggested_filename == "growing.svg"


def test_the_toolbar_uploads_nothing_and_is_no_tab_stop(tab):
    tab.page.locator(".live-chart-plot").hover()
    buttons = tab.page.locator(".modebar-btn")
    titles = buttons.evaluate_all("all => all.map(each => each.dataset.title)")
    assert "Download as SVG" in titles
    assert not [title for title in titles if "hare" in title or "loud" in title]
    assert buttons.evaluate_all("all => all.every(each => each.tabIndex === -1)")


def test_the_toolbar_does_not_cover_the_legend(chromium, lab_url):
    context = new_context(chromium, width=800)
    page = Visitor(context.new_page(), lab_url).go()
    page.wait_for_selector(".live-chart-plot .main-svg")
    page.locator(".live-chart-plot").hover()
    bar = page.locator(".modebar").bounding_box()
    names = page.locator(".legend").bounding_box()
    title = page.locator(".xtitle").bounding_box()
    context.close()
    for other in (names, title):
        assert bar["y"] >= other["y"] + other["height"]


def test_the_numbers_are_a_table_and_a_csv_file(tab):
    tab.page.get_by_text("Data table", exact=True).click()
    with tab.page.expect_download() as download:
        tab.page.get_by_role("button", name="CSV", exact=True).click()
    lines = download.value.path().read_text().splitlines()
    assert lines[:2] == ["id,x,y", "dot-0,0,0"]


def test_the_dark_theme_swaps_each_colour_for_its_twin(chromium, growing_url):
    context = new_context(chromium, scheme="dark")
    page = Visitor(context.new_page(), growing_url).go()
    page.wait_for_selector(".live-chart-plot .main-svg")
    drawn = page.locator(".live-chart-plot").evaluate("plot => JSON.stringify(plot.data)")
    context.close()
    assert json.loads(drawn)[1]["marker"]["color"] == "#5bbeff"


def test_a_phones_legend_keeps_its_room_when_the_page_runs_again(chromium, lab_url):
    context = new_context(chromium, width=400)
    page = Visitor(context.new_page(), lab_url).go()
    page.wait_for_selector(".live-chart-plot .main-svg")
    plot = page.locator(".live-chart-plot")
    height = plot.evaluate("plot => plot.clientHeight")
    page.get_by_text("Data table", exact=True).click()
    page.get_by_role("button", name="CSV", exact=True).wait_for()
    settle(page)
    assert plot.evaluate("plot => plot.clientHeight") == height
    # As much as the wide chart has, and a row for all but two of the ten names.
    assert height == plot.evaluate("plot => plot.latest.height") + 20 * 8
    context.close()
