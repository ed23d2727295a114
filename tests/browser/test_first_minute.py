"""The first sixty seconds of a newcomer, click by click, in a real browser.

What waits for the quick preset's training, more than two minutes, is nightly; `test_main_job.py`
sees the same with one epoch.
"""

import json

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor, new_context
from tests.browser.server import ROOT, serve

pytestmark = pytest.mark.slow
DOTS_MS = 560_000
DOTS = (
    "() => (document.querySelector('.live-chart-plot')?.data ?? [])"
    ".filter(trace => trace.customdata && trace.name !== 'Chosen')"
    ".reduce((sum, trace) => sum + trace.x.length, 0)"
)


@pytest.fixture(scope="module")
def newcomer(chromium, tmp_path_factory):
    with serve(ROOT / "app.py", tmp_path_factory.mktemp("newcomer")) as url:
        context = new_context(chromium)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        person = Visitor(context.new_page(), url)
        yield person
        context.close()
    assert person.complaints == [], person.complaints


@pytest.fixture(scope="module")
def at_work(newcomer):
    """The newcomer's page after two clicks: the quick preset is at work on the sample."""
    page = newcomer.go("/")
    page.get_by_role("button", name="Try the sample").click()
    page.get_by_text("about a minute").wait_for()
    page.get_by_role("button", name="Start").click()
    return page


@pytest.fixture(scope="module")
def dots(at_work):
    """The same page when the dense network and two pruned ones are there, minutes later."""
    at_work.wait_for_function(f"() => ({DOTS})() >= 1", timeout=DOTS_MS)
    at_work.get_by_text("The dense network has 592,933 weights").wait_for()
    at_work.wait_for_function(f"() => ({DOTS})() >= 3", timeout=DOTS_MS)
    return at_work


def test_zero_seconds_one_sentence_and_a_finished_frontier(newcomer):
    page = newcomer.go("/")
    page.wait_for_function(f"() => ({DOTS})() > 1")
    sample = json.loads((ROOT / "assets" / "sample_sweep.json").read_text())
    assert page.evaluate(DOTS) == 1 + len(sample["points"])
    assert page.get_by_role("button", name="Try the sample").is_visible()
    assert page.get_by_role("link", name="Upload a data set").is_visible()


def test_five_seconds_pictures_and_balance(newcomer):
    page = newcomer.page
    page.get_by_role("button", name="Try the sample").click()
    page.get_by_alt_text("8 images of pullover").wait_for()
    page.locator(".live-chart-plot .bars").first.wait_for()


def test_ten_seconds_the_quick_preset_starts(at_work):
    at_work.get_by_text("The dense network is trained first").or_(
        at_work.get_by_text("The dense network has")
    ).first.wait_for()


@pytest.mark.nightly
def test_then_the_baseline_and_more_dots_with_a_sentence_each(dots):
    assert dots.get_by_text("of 592,933 weights and").count() >= 1


@pytest.mark.nightly
def test_a_cut_before_any_fine_tuning_has_a_sentence_images_and_a_file(dots):
    outcome = dots.locator(".st-key-tour-outcome")
    outcome.get_by_role("button", name="Download the best network").wait_for()
    assert outcome.get_by_role("paragraph").count() >= 1
    outcome.locator(".image-strip img[alt*='newly wrong']").first.wait_for()


@pytest.mark.nightly
def test_a_click_opens_the_card_with_its_download(dots):
    page = dots
    page.locator(".live-chart-plot .scatterlayer .point").last.click(force=True)
    page.get_by_text("Classes", exact=True).click()
    page.get_by_text("Confusion matrix (holdout)").wait_for()
    for name in ("Score", "Accuracy", "Sparsity", "On disk, gzip"):
        expect(page.locator("[data-testid='stMetric']").filter(has_text=name)).to_have_count(1)
    button = page.get_by_role("button", name="Download my_model_weights.h5").or_(
        page.get_by_role("button", name="Download dense.h5")
    )
    expect(button).to_be_visible()


@pytest.mark.nightly
def test_at_last_fedavg_and_a_link_that_can_be_copied(dots):
    page = dots
    assert page.get_by_role("link", name="Try FedAvg").is_visible()
    page.get_by_role("button", name="Copy link").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("() => navigator.clipboard.readText()") == page.url
    assert "sweep=" in page.url
