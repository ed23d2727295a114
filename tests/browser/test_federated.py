"""A federated comparison as a person runs it: start, live curves, stop, resume, done."""

import re

import pytest
from playwright.sync_api import Page, expect

from core.federated.presets import PRESETS
from tests.browser.conftest import settle

CURVES_MILLISECONDS = 60_000
DONE_MILLISECONDS = 300_000


ROUNDS = 101  # the model before training counts
RUNS = len(PRESETS["sgd_and_fedavg"])
ALL_ROUNDS = """(wanted) => {
  const plot = document.querySelector(".live-chart-plot");
  return JSON.stringify((plot.data || []).map((t) => t.x.length)) === JSON.stringify(wanted);
}"""

SOME_ROUNDS = """() => {
  const plot = document.querySelector(".live-chart-plot");
  return plot && (plot.data || []).some((trace) => trace.x.length > 1);
}"""


def lines(page: Page) -> list[list[int]]:
    """Return the number of points of every line of every chart."""
    return page.evaluate(
        """() => [...document.querySelectorAll(".live-chart-plot")]
          .map((plot) => (plot.data || []).map((trace) => trace.x.length))"""
    )


@pytest.mark.slow
def test_curves_grow_and_a_stopped_comparison_goes_on_where_it_was(visitor):
    page = visitor.go("/federated")
    page.get_by_role("button", name="Start").click()
    # The sample stays until the first round of one's own run.
    expect(page.get_by_text("Bundled result")).to_be_hidden(timeout=CURVES_MILLISECONDS)
    page.wait_for_function(SOME_ROUNDS, timeout=CURVES_MILLISECONDS)
    page.get_by_role("button", name="Stop", exact=True).first.click()
    resume = page.get_by_role("button", name="Resume")
    expect(resume.first).to_be_visible(timeout=CURVES_MILLISECONDS)
    assert lines(page)[0] != [ROUNDS] * RUNS
    resume.first.click()
    page.wait_for_function(ALL_ROUNDS, arg=[ROUNDS] * RUNS, timeout=DONE_MILLISECONDS)
    settle(page)
    page.get_by_text("Epochs", exact=True).click()
    expect(page).to_have_url(re.compile("over=epoch"), timeout=CURVES_MILLISECONDS)
