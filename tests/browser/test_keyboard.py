"""Ctrl+Enter starts what a page is about, also right after a preset or a number was chosen."""

import re

import pytest
from playwright.sync_api import expect

from core.jobs.store.store import Store
from core.runs.specs import spec_of
from core.workspace import Workspace
from tests.browser.conftest import settle
from tests.browser.finished import finished_lab, visit

pytestmark = pytest.mark.slow
STARTED_MS = 60_000


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    home = tmp_path_factory.mktemp("keyboard")
    with finished_lab(home) as (url, ids):
        yield url, ids, Workspace(home)


def started_by_keys(page, workspace):
    """Press the keys; return the run that they start."""
    before = page.url  # names the newest run, if there is one
    page.keyboard.press("Control+Enter")
    expect(page).not_to_have_url(before, timeout=STARTED_MS)
    expect(page).to_have_url(re.compile("run="), timeout=STARTED_MS)
    store = Store(workspace.store_url)
    job = store.get(re.search("run=([0-9a-f]+)", page.url)[1])
    store.stop(job.id, force=True)
    store.close()
    return job


@pytest.mark.parametrize(
    ("address", "preset"),
    [("/training?data={data}", "Thorough"), ("/federated", "Local steps")],
)
def test_ctrl_enter_starts_after_a_preset_was_clicked(chromium, lab, address, preset):
    url, ids, workspace = lab
    with visit(chromium, url) as visitor:
        page = visitor.go(address.format(**ids))
        chosen = page.get_by_role("radio", name=preset, exact=True)
        chosen.click()
        expect(chosen).to_be_checked()
        settle(page)
        assert started_by_keys(page, workspace).kind in ("train", "federate_compare")


def test_ctrl_enter_in_a_number_field_starts_with_what_was_typed(chromium, lab):
    url, ids, workspace = lab
    with visit(chromium, url) as visitor:
        page = visitor.go(f"/training?data={ids['data']}")
        page.get_by_text("Change the recipe").click()
        page.get_by_label("Epochs", exact=True).fill("123")
        assert spec_of(started_by_keys(page, workspace)).recipe.epochs == 123
