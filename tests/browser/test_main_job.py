"""The whole main job in a real browser: data, training, pruning, a click, the file on disk."""

import re

import h5py
import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor, new_context, press_in_table, settle
from tests.browser.server import ROOT, serve

pytestmark = pytest.mark.slow
TRAINED_MS, PRUNED_MS = 400_000, 560_000
# How many networks the frontier shows.
DOTS = (
    "() => (document.querySelector('.live-chart-plot')?.data ?? [])"
    ".filter(trace => trace.customdata && trace.name !== 'Chosen')"
    ".reduce((sum, trace) => sum + trace.x.length, 0)"
)


@pytest.fixture(scope="module")
def visitor(chromium, tmp_path_factory):
    """One visitor for the whole story, in a fresh workspace whose path has a space."""
    with serve(ROOT / "app.py", tmp_path_factory.mktemp("main job")) as url:
        context = new_context(chromium)
        person = Visitor(context.new_page(), url)
        yield person
        context.close()
    assert person.complaints == []


def zeros_over_all(path) -> tuple[int, int]:
    """Count with h5py alone, as a stranger would."""
    arrays: list[np.ndarray] = []

    def collect(_, item):
        if isinstance(item, h5py.Dataset):
            arrays.append(item[()])

    with h5py.File(path) as file:
        file.visititems(collect)
    return sum(int((a == 0).sum()) for a in arrays), sum(a.size for a in arrays)


def metric(page, label) -> str:
    card = page.locator("[data-testid='stMetric']").filter(has_text=label).last
    return card.locator("[data-testid='stMetricValue']").inner_text()


def test_the_first_visitor_of_a_fresh_server_may_come_by_a_deep_link(visitor):
    page = visitor.go("/data")
    assert page.get_by_role("img", name="Logo").or_(page.get_by_alt_text("Logo")).first.is_visible()
    assert page.get_by_role("link", name="Train").is_visible()


def test_data_is_chosen_with_one_click_and_shows_its_classes(visitor):
    page = visitor.page
    page.get_by_role("button", name="Use it").first.click()
    page.get_by_text("Images per class").first.wait_for()
    assert page.get_by_text("pullover").first.is_visible()
    assert "data=" in page.url


def test_a_short_training_reports_every_epoch_and_ends_with_a_file(visitor):
    page = visitor.page
    page.get_by_role("link", name="Train", exact=True).click()
    page.get_by_text("Change the recipe").click()
    epochs = page.get_by_label("Epochs", exact=True)
    epochs.fill("1")
    epochs.press("Enter")
    settle(page)
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Download dense.h5").wait_for(timeout=TRAINED_MS)
    assert metric(page, "Epochs finished") == "1"
    assert page.locator(".live-chart figcaption").first.text_content().startswith("Best validation")


def choose_two_methods(page):
    """Leave magnitude and the L1 filter chosen in the form of a sweep."""
    methods = page.locator(".st-key-sweep-methods")
    methods.get_by_role("button", name="Magnitude", exact=True).wait_for()
    settle(page)
    for name in methods.get_by_role("button").all_inner_texts():
        pill = methods.get_by_role("button", name=name, exact=True)
        wanted = "true" if name in ("Magnitude", "L1 filter") else "false"
        if pill.get_attribute("aria-pressed") != wanted:
            pill.click()
            expect(pill).to_have_attribute("aria-pressed", wanted)
            settle(page)


def test_dots_appear_without_reload_for_two_methods_at_three_sparsities(visitor):
    page = visitor.page
    page.get_by_role("link", name="Prune", exact=True).click()
    page.get_by_role("button", name="Run a sweep").or_(
        page.get_by_text("Run a sweep")
    ).first.click()
    choose_two_methods(page)
    epochs = page.locator(".st-key-sweep-epochs input")
    epochs.fill("0")  # no training after the cut; the quick preset has it, nightly
    epochs.press("Enter")
    page.get_by_text("6 networks, about").wait_for()
    page.evaluate("() => { window.sameDocument = true; }")
    page.get_by_role("button", name="Start").click()
    page.wait_for_function(f"() => ({DOTS})() === 7", timeout=PRUNED_MS)
    assert page.evaluate("() => window.sameDocument")
    assert page.get_by_text("of 592,933 weights and").count() >= 1  # a sentence each


def test_a_clicked_dot_shows_the_sparsity_that_its_file_has(visitor, tmp_path):
    page = visitor.page
    chart = page.locator(".live-chart-plot").first
    # Not one that lies on another: these fan out at a click, and which do is the training's chance.
    kept, *place = chart.evaluate(
        """plot => {
            const [x, y] = [plot._fullLayout.xaxis, plot._fullLayout.yaxis];
            const dots = plot.data.filter(each => ['Magnitude', 'L1 filter'].includes(each.name))
                .flatMap(each => Array.from(each.x, (kept, i) => ({name: each.name, kept,
                    at: [x._offset + x.d2p(kept), y._offset + y.d2p(each.y[i])]})))
                .filter(each => each.at.every(Number.isFinite));
            const room = dot => Math.min(...dots.filter(other => other !== dot)
                .map(other => Math.hypot(other.at[0] - dot.at[0], other.at[1] - dot.at[1])));
            const best = dots.filter(each => each.name === 'Magnitude')
                .reduce((a, b) => room(a) > room(b) ? a : b);
            return [best.kept, ...best.at];
        }"""
    )
    page.get_by_text("in the queue").wait_for(state="detached")
    chart.click(position={"x": place[0], "y": place[1]}, force=True)
    button = page.get_by_role("button", name="Download my_model_weights.h5")
    button.wait_for()
    shown = metric(page, "Sparsity")
    with page.expect_download() as download:
        button.click()
    path = tmp_path / "my_model_weights.h5"
    download.value.save_as(path)
    zeros, parameters = zeros_over_all(path)
    assert parameters == 592_933
    assert f"{zeros / parameters:.2%}" == shown == f"{1 - kept:.2%}"
    assert "point=" in page.url


def test_the_copied_link_shows_the_same_card_to_somebody_else(visitor, chromium):
    context = new_context(chromium)
    other = Visitor(context.new_page(), visitor.url)
    page = other.go(visitor.page.url.removeprefix(visitor.url))
    page.get_by_role("button", name="Download my_model_weights.h5").wait_for()
    assert metric(page, "Sparsity") == metric(visitor.page, "Sparsity")
    context.close()
    assert other.complaints == []


def test_the_explorer_answers_when_the_slider_moves(visitor):
    page = visitor.page
    page.get_by_text("Instant preview").click()
    page.get_by_test_id("stMetric").filter(has_text="Change").wait_for(timeout=300_000)
    shown = page.get_by_role("paragraph")  # sparsities stand in the list of the frontier, too
    shown.filter(has_text=re.compile(r"^50\.00%$")).wait_for()
    page.locator(".st-key-explore-sparsity").get_by_role("slider").focus()
    page.keyboard.press("Home")
    shown.filter(has_text=re.compile(r"^0\.00%$")).wait_for(timeout=60_000)
    score = page.get_by_test_id("stMetric").filter(has_text="Score").first
    expect(score).to_contain_text("0.000", timeout=30_000)  # nothing is zero, so nothing scores
    tiles = ".st-key-explore-strip .strip-tile"
    kinds = f"() => [...document.querySelectorAll('{tiles}')].map(tile => tile.dataset.kind)"
    page.wait_for_function(f"() => ({kinds})().length === 24")
    assert set(page.evaluate(kinds)) <= {"both right", "both wrong"}
    page.keyboard.press("End")  # the slider recolours the same images
    page.wait_for_function(f"() => ({kinds})().includes('newly wrong')", timeout=60_000)
    lost = page.locator(f"{tiles}[data-kind='newly wrong'] img").first
    assert "newly wrong; the dense network says" in lost.get_attribute("alt")
    assert page.get_by_role("button", name="Fine-tune this").is_enabled()


def test_runs_lists_what_ran_and_exports_it(visitor):
    page = visitor.page
    page.get_by_role("link", name="Runs", exact=True).click()
    page.get_by_text("Magnitude, L1 filter at").first.wait_for(state="attached")
    settle(page)
    press_in_table(page, row=0)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as zip").click()
    assert download.value.suggested_filename.endswith(".zip")
