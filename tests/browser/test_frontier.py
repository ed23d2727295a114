"""The frontier as a person reads it: pointer, keys, list, card, stacks of dots, scales."""

import re

import pytest
from playwright.sync_api import expect

from core.evaluation.results import NetworkResult
from core.jobs.store.store import Store
from core.networks.formats import keras_h5
from core.networks.network import REFERENCE
from core.pruning.plan import PrunePlan
from core.pruning.spec import PruneSpec
from core.workspace import Workspace
from tests.browser.conftest import Visitor, new_context, settle
from tests.browser.finished import finished_lab, visit
from tests.browser.server import ROOT, serve
from tests.evaluation.points import point
from tests.runs.finished_lab import finish, pruned_weights

pytestmark = pytest.mark.slow
CARD_MS = 30_000
PLACE = """([plot, id]) => {
  const index = plot.linked.ids.findIndex((each) => each === id || each.startsWith(id));
  const box = plot.getBoundingClientRect(), { xaxis, yaxis } = plot._fullLayout;
  return { x: box.x + xaxis._offset + xaxis.d2p(plot.linked.x[index]),
           y: box.y + yaxis._offset + yaxis.d2p(plot.linked.y[index]) };
}"""
BOXES = """(plot) => [...plot.querySelectorAll(".annotation-text")]
  .filter((text) => text.textContent.match(/[a-z]{3}/i) && !text.textContent.startsWith("score"))
  .map((text) => text.getBoundingClientRect().toJSON())"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A lab in which two methods have made networks that stand on one place."""
    home = tmp_path_factory.mktemp("frontier")
    with finished_lab(home) as (url, ids):
        store = Store(Workspace(home).store_url)
        for method in ("snip", "taylor"):
            plan = PrunePlan(method=method, sparsity=0.9)
            spec = PruneSpec(data=ids["data"], dense=ids["dense"], plan=plan)
            made = point(0.7, 0.9, method, plan=plan.to_dict(), parent=ids["dense"])
            result = NetworkResult(weights="my_model_weights.h5", shape=REFERENCE, point=made)
            ids[method] = finish(store, spec, result)
            target = Workspace(home).artifacts(ids[method]) / "my_model_weights.h5"
            keras_h5.write(target, pruned_weights(0.9))
        store.close()
        yield url, ids


@pytest.fixture
def tab(chromium, lab):
    with visit(chromium, lab[0], height=800) as visitor:
        yield visitor


def frontier(visitor, address="/frontier"):
    page = visitor.go(address)
    page.wait_for_selector(".live-chart-plot[data-drawn]")
    settle(page)
    return page


def place_of(page, id):
    return page.evaluate(PLACE, [page.locator(".live-chart-plot").first.element_handle(), id])


def readout(page):
    return page.locator(".live-chart-readout").first


def test_readout_list_and_keys_need_no_server_and_enter_opens_the_card(tab, lab):
    frames = []

    def note(frame):
        frames.append(frame)

    tab.page.on("websocket", lambda socket: socket.on("framesent", note))
    page = frontier(tab)
    page.wait_for_timeout(300)  # what the page itself still has to say
    frames.clear()
    place = place_of(page, lab[1]["magnitude-0.95"])
    page.mouse.move(place["x"] - 3, place["y"])
    page.mouse.move(place["x"], place["y"])
    expect(readout(page)).to_contain_text("magnitude 95.0% · accuracy 74.0%, sparsity 95.00%")
    active = page.locator(".live-chart-row[aria-selected='true']")
    expect(active).to_contain_text("magnitude 95.0%")
    page.locator(".live-chart-rows").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    expect(active).to_have_attribute("aria-posinset", "2")
    expect(readout(page)).to_contain_text("magnitude 98.0%")  # the second best score
    assert page.locator(".live-chart-ring").is_visible()
    assert frames == []
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Back to the list")).to_be_visible(timeout=CARD_MS)
    page.wait_for_url(f"**points={lab[1]['magnitude-0.98'][:8]}**")


def test_a_chart_without_a_list_is_walked_with_the_arrow_keys(tab):
    page = frontier(tab, "/")
    page.locator(".live-chart-stage").first.focus()
    page.keyboard.press("ArrowDown")
    expect(readout(page)).to_contain_text("magnitude 95.0%")  # the best score comes first
    assert page.locator(".live-chart-ring").first.is_visible()


def test_the_list_is_sorted_by_a_click_on_a_column(tab):
    page = frontier(tab)
    first = page.locator(".live-chart-row[aria-posinset='1']")
    expect(first).to_contain_text("0.845")  # the score, highest first
    page.get_by_role("button", name="Sort by Sparsity").click()
    expect(first).to_contain_text("98.00%")
    page.get_by_role("button", name="Sparsity, sorted descending").click()
    expect(first).to_contain_text("Dense")
    page.get_by_role("button", name="Sort by Network").click()
    expect(first).to_contain_text("Dense")


def test_chart_list_and_card_end_above_the_fold(tab):
    page = frontier(tab)
    for part in (".live-chart-stage", ".live-chart-list"):
        box = page.locator(part).first.bounding_box()
        assert box["y"] + box["height"] <= 800
    assert page.locator(".live-chart-list").bounding_box()["x"] > box["width"]  # beside it
    page.locator(".live-chart-row").first.click()
    page.get_by_role("button", name="Back to the list").wait_for(timeout=CARD_MS)
    expect(page.locator(".live-chart-list").first).to_be_hidden()
    download = page.get_by_role("button", name=re.compile("Download my_model")).bounding_box()
    assert download["y"] + download["height"] <= 800
    page.get_by_role("button", name="Back to the list").click()
    expect(page.locator(".live-chart-list").first).to_be_visible()


def test_networks_that_are_compared_are_marked_in_the_list(tab, lab):
    two = [lab[1][name][:8] for name in ("magnitude-0.95", "taylor")]
    page = frontier(tab, f"/frontier?points={','.join(two)}")
    marked = page.locator(".live-chart-row[aria-checked='true']")
    expect(marked).to_have_count(2)
    shown = set(marked.evaluate_all("(rows) => rows.map((row) => row.dataset.network.slice(0, 8))"))
    assert shown == set(two)


def test_a_cards_layers_are_drawn_across_the_page_and_its_buttons_stand_in_one_row(chromium, lab):
    with visit(chromium, lab[0], width=1280, height=900) as visitor:
        page = frontier(visitor, f"/frontier?points={lab[1]['magnitude-0.95'][:8]}")
        card = page.locator("[class*='st-key-card-beside-']")
        buttons = card.get_by_test_id("stButtonGroup").locator("button")
        buttons.filter(has_text="Architecture").click()
        said = page.get_by_text("multiply-adds an image (")
        said.wait_for(timeout=CARD_MS)
        settle(page)
        assert card.get_by_text("multiply-adds an image (").count() == 0
        stage, drawing = page.locator(".live-chart-stage").first, said.bounding_box()
        assert drawing["y"] > stage.bounding_box()["y"] + stage.bounding_box()["height"]
        assert drawing["width"] > 700
        assert len({round(each.bounding_box()["y"]) for each in buttons.all()}) == 1


def test_the_arrow_keys_go_on_from_the_row_that_was_clicked(tab, lab):
    """On the chart too: from 1,280 pixels on the card stands in the place of the list."""
    page = frontier(tab)
    page.locator(".live-chart-row[aria-posinset='2']").click()
    page.get_by_role("button", name="Back to the list").wait_for(timeout=CARD_MS)
    settle(page)
    page.keyboard.press("ArrowDown")
    expect(readout(page)).to_contain_text("taylor at 0.9")  # the third best score
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{lab[1]['taylor'][:8]}**")


def test_a_narrow_page_has_the_list_below_and_a_legend(chromium, lab):
    with visit(chromium, lab[0], width=400) as visitor:
        page = frontier(visitor)
        stage = page.locator(".live-chart-stage").first.bounding_box()
        assert page.locator(".live-chart-list").bounding_box()["y"] >= stage["y"] + stage["height"]
        assert page.locator(".live-chart-plot .legend").count() == 1


def test_dots_on_one_place_fan_out_and_each_can_be_chosen(tab, lab):
    page = frontier(tab)
    place = place_of(page, lab[1]["taylor"])
    page.mouse.move(place["x"] - 3, place["y"])
    page.mouse.move(place["x"], place["y"])
    expect(readout(page)).to_contain_text("2 networks here")
    page.mouse.click(place["x"], place["y"])
    fan = page.get_by_role("group", name="2 networks at one place").get_by_role("button")
    expect(fan).to_have_count(2)
    page.keyboard.press("Escape")
    expect(fan).to_have_count(0)
    page.wait_for_timeout(500)  # two clicks at once are a double click: Plotly zooms out
    page.mouse.move(place["x"] - 3, place["y"])
    page.mouse.click(place["x"], place["y"])
    expect(fan).to_have_count(2)
    page.get_by_role("button", name=re.compile("^taylor")).click()
    expect(page.get_by_role("button", name="Back to the list")).to_be_visible(timeout=CARD_MS)
    page.wait_for_url(f"**points={lab[1]['taylor'][:8]}**")


def test_the_address_keeps_the_scale_and_ticks_follow_a_zoom(tab):
    page = frontier(tab)
    page.get_by_text("Linear", exact=True).click()
    page.wait_for_url("**scale=linear**")
    settle(page)
    page.wait_for_function(
        "() => document.querySelector('.live-chart-plot').layout.xaxis.type === 'linear'"
    )
    page = frontier(tab, "/frontier?scale=fit")
    plot = page.locator(".live-chart-plot").first
    labels = plot.locator(".xtick text")
    assert "1%" not in " ".join(labels.all_text_contents()).split()
    plot.evaluate(
        "plot => window.Plotly.relayout(plot, {'xaxis.range': [Math.log10(0.061), "
        "Math.log10(0.039)]})"
    )
    expect(labels.first).to_have_text("6%94%")
    assert labels.count() == 5  # 6, 5.5, 5, 4.5 and 4%


def test_names_at_the_ends_of_lines_do_not_overlap(tab):
    """Two of them end on one place."""
    plot = frontier(tab).locator(".live-chart-plot").first
    boxes = plot.evaluate(BOXES)
    assert len(boxes) == 6
    for place, one in enumerate(boxes):
        for other in boxes[:place]:
            apart_x = one["right"] <= other["left"] or other["right"] <= one["left"]
            apart_y = one["bottom"] <= other["top"] + 1 or other["bottom"] <= one["top"] + 1
            assert apart_x or apart_y, (one, other)


STRUCK = """(plot) => {
  const front = plot.data.find((trace) => trace.name === "Front");
  const at = front.y.findIndex((y, n) => y === front.y[n + 1] && front.x[n] !== front.x[n + 1]);
  const flat = { y: front.y[at], x: Math.sqrt(front.x[at] * front.x[at + 1]) };
  plot.linked.ends.push({ text: "On the line", color: "#000000", ...flat });
  return window.Plotly.relayout(plot, { "xaxis.range": [...plot._fullLayout.xaxis.range] })
    .then(() => plot.getBoundingClientRect().y + plot._fullLayout._size.t
                + plot._fullLayout.yaxis.d2p(flat.y));
}"""


def test_the_front_strikes_through_no_name_and_score_lines_pass_behind(tab):
    page = frontier(tab, "/frontier?scale=log")
    plot = page.locator(".live-chart-plot").first
    line = plot.evaluate(STRUCK)
    name = plot.locator(".annotation-text", has_text="On the line")
    name.wait_for()
    box = name.bounding_box()
    assert box["y"] + box["height"] <= line or box["y"] >= line
    behind = plot.locator(".annotation", has_text="On the line").locator(".bg")
    assert "255, 255, 255" in behind.evaluate("rect => getComputedStyle(rect).fill")
    scores = plot.locator(".annotation", has_text=re.compile("^score")).locator(".bg")
    assert "255, 255, 255" in scores.first.evaluate("rect => getComputedStyle(rect).fill")


COVERING = """(plot) => {
  const score = plot.layout.annotations.find(({ text, xanchor }) =>
    /^0[.][0-9]{2}$/.test(text) && xanchor === "left");
  plot.linked.ends.push({ text: "Dense", color: "#000000", x: 10 ** score.x, y: score.y });
  return window.Plotly.relayout(plot, { "xaxis.range": [...plot._fullLayout.xaxis.range] })
    .then(() => score.text);
}"""


def test_a_score_gives_way_to_the_name_of_a_method(tab):
    plot = frontier(tab, "/frontier?scale=fit").locator(".live-chart-plot").first
    covered = plot.evaluate(COVERING)
    plot.locator(".annotation-text", has_text="Dense").wait_for()
    assert plot.get_by_text(covered, exact=True).count() == 0


@pytest.fixture(scope="module")
def many(chromium, tmp_path_factory):
    script = ROOT / "tests" / "browser" / "fixtures" / "many_dots.py"
    with serve(script, tmp_path_factory.mktemp("many")) as url:
        context = new_context(chromium, height=800)
        visitor = Visitor(context.new_page(), url)
        yield frontier(visitor, "/")
        context.close()
    assert visitor.complaints == [], visitor.complaints


def test_thousands_of_dots_are_painted_and_only_rows_in_sight_are_elements(many):
    assert many.locator(".scatterlayer .point").count() == 0
    painted = many.evaluate("""() => {
      const canvas = document.querySelector(".live-chart-painted");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((value, index) => index % 4 === 3 && value > 0).length;
    }""")
    assert painted > 5000  # pixels
    assert 0 < many.locator(".live-chart-row").count() < 60


def test_a_painted_dot_is_hovered_fanned_out_and_chosen(many):
    place = place_of(many, "stacked-0")
    many.mouse.move(place["x"] + 2, place["y"])
    expect(readout(many)).to_contain_text("12 networks here")
    many.mouse.click(place["x"], place["y"])
    many.get_by_role("button", name="Stacked 7:").click()
    many.get_by_text("picked=stacked-7").wait_for()


def test_a_file_has_the_painted_dots(many):
    many.locator(".live-chart-plot").first.hover()
    with many.expect_download() as download:
        many.locator(".modebar-btn[data-title='Download as SVG']").click()
    assert download.value.path().read_text().count("<path") > 2000
