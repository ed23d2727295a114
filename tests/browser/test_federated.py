"""A federated comparison as a person runs it: start, live curves, stop, resume, done."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import settle

CURVES_MILLISECONDS = 60_000
# No machine is through with them before Stop is pressed; the test does not wait for their end.
ROUNDS = 20_000

FIRST_ROUNDS = """() => {
  const plot = document.querySelector(".live-chart-plot");
  return plot && (plot.data || []).some((trace) => trace.x.length > 1);
}"""
FURTHER = """(round) => {
  const plot = document.querySelector(".live-chart-plot");
  return (plot?.data || []).some((trace) => trace.x.at(-1) > round);
}"""


def line(page: Page) -> dict[str, list[float]]:
    """Return the first line of the first chart: rounds as x, training loss as y."""
    return page.evaluate(
        """() => {
          const trace = document.querySelector(".live-chart-plot").data[0];
          return {x: [...trace.x], y: [...trace.y]};
        }"""
    )


@pytest.mark.slow
def test_curves_grow_and_a_stopped_run_goes_on_where_it_was(visitor):
    page = visitor.go("/federated?question=own")
    rounds = page.get_by_role("spinbutton", name="Rounds", exact=True)
    rounds.fill(str(ROUNDS))
    rounds.press("Enter")
    settle(page)
    page.get_by_role("button", name="Start").click()
    # The sample stays until the first round of one's own run.
    expect(page.get_by_text("Bundled result")).to_be_hidden(timeout=CURVES_MILLISECONDS)
    page.wait_for_function(FIRST_ROUNDS, timeout=CURVES_MILLISECONDS)
    page.get_by_role("button", name="Stop", exact=True).first.click()
    resume = page.get_by_role("button", name="Resume")
    expect(resume.first).to_be_visible(timeout=CURVES_MILLISECONDS)
    stopped = line(page)
    assert stopped["x"][-1] < ROUNDS
    resume.first.click()
    page.wait_for_function(FURTHER, arg=stopped["x"][-1], timeout=CURVES_MILLISECONDS)
    assert line(page)["y"][:2] == stopped["y"][:2]
    page.get_by_role("button", name="Stop", exact=True).first.click()
    expect(resume.first).to_be_visible(timeout=CURVES_MILLISECONDS)
    settle(page)
    page.get_by_text("Epochs", exact=True).click()
    expect(page).to_have_url(re.compile("over=epoch"), timeout=CURVES_MILLISECONDS)
