"""The FedAvg demo as a lecturer uses it, in a real browser."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor, new_context, settle

pytestmark = pytest.mark.slow
READY_MILLISECONDS, LIVE_MILLISECONDS = 60_000, 180_000


def opened(person: Visitor, address: str) -> Page:
    page = person.go(f"/federated_demo{address}")
    page.wait_for_selector(".demo[data-ready]", timeout=READY_MILLISECONDS)
    return page


def state(page: Page, what: str):
    """Return a part of what the demo shows."""
    return page.evaluate(f"document.querySelector('.demo').demo.{what}")


def computed(page: Page) -> None:
    page.wait_for_function(
        "document.querySelector('.demo').demo.waitingFor.size === 0", timeout=LIVE_MILLISECONDS
    )


def slide(page: Page, role: str, position: int) -> None:
    page.locator(f".demo [data-role='{role}']").evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')); }",
        position,
    )


def painted(page: Page, side: str) -> int:
    """Return how many pixels of a half are not empty."""
    return page.locator(f"[data-half='{side}']").evaluate(
        "(canvas) => { const d = canvas.getContext('2d').getImageData(0, 0, canvas.width, "
        "canvas.height).data; let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0; "
        "return n; }"
    )


def test_the_demo_is_one_click_away_and_its_grid_opens_at_once(visitor):
    page = visitor.go("/")
    page.get_by_role("link", name="FedAvg demo").click()
    page.wait_for_selector(".demo[data-ready]", timeout=READY_MILLISECONDS)
    settle(page)
    assert state(page, "waitingFor.size") == 0  # nothing is computed: all of it is bundled
    assert min(painted(page, side) for side in ("left", "right")) > 1000
    assert "validation accuracy" in page.locator("[data-role='sentence']").inner_text()


def test_a_lecture(visitor):
    """A link, ten rounds, a step back, other sliders, a guess, paths, full screen, a GIF."""
    page = opened(visitor, "?round=0&speed=10&k=20&right=1")
    assert state(page, "shownRound()") == 0
    page.locator("body").press("Space")
    page.wait_for_function("document.querySelector('.demo').demo.time >= 10")
    page.locator("body").press("Space")
    at = state(page, "shownRound()")
    assert at >= 10
    page.locator("body").press("ArrowLeft")
    assert state(page, "shownRound()") == at - 1
    expect(page.locator("[data-role='round-name']")).to_have_text(f"Round {at - 1} of 40")

    slide(page, "right", 21)  # α = β = 2
    slide(page, "k", 14)  # K = 200
    assert state(page, "waitingFor.size") == 0
    assert state(page, "main('right').local_steps") == 200
    expect(page.locator("[data-title='right']")).to_have_text(re.compile("α = β = 2.*K = 200"))
    page.wait_for_function("window.location.search.includes('k=200')")
    assert "right=2" in page.url

    page.get_by_role("button", name="Predict").click()
    box = page.locator("[data-half='left']").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 70, box["y"] + box["height"] - 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 20, box["y"] + 60, steps=20)
    page.mouse.up()
    assert sum(value is not None for value in state(page, "guess.left")) > 30
    page.get_by_role("button", name="Reveal").click()
    expect(page.locator("[data-role='note']")).to_have_text(re.compile(r"off.*left \d+\.\d points"))

    page.locator("body").press("2")
    computed(page)
    assert state(page, "shownPicture('two', 'right').paths.shape")[2:] == [7, 2]
    page.locator("body").press("3")
    computed(page)
    assert state(page, "shownPicture('plane', 'right').ends.shape")[1:] == [30, 2]
    expect(page.locator("[data-role='note']")).to_have_text(re.compile(r"\d+% of all drawn"))

    page.locator("body").press("f")
    page.wait_for_function("document.fullscreenElement !== null")
    sizes = page.evaluate(
        "[...document.querySelectorAll('.demo *')].filter((e) => e.checkVisibility() && "
        "[...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))"
        ".map((e) => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) >= 18
    page.wait_for_function("document.querySelector('[data-half=left]').getContext('2d').size >= 18")
    page.locator("body").press("f")
    page.wait_for_function("document.fullscreenElement === null")

    page.locator("body").press("1")
    with page.expect_download(timeout=LIVE_MILLISECONDS) as waiting:
        page.get_by_role("button", name="GIF").click()
    with Image.open(io.BytesIO(waiting.value.path().read_bytes())) as picture:
        assert (picture.format, picture.n_frames) == ("GIF", 41)


def test_a_target_is_dragged_and_what_was_not_reached_is_said(visitor):
    page = opened(visitor, "?view=4&k=20")
    box = page.locator("[data-half='right']").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 18, steps=5)
    page.mouse.up()
    assert state(page, "state.target") > 0.9
    expect(page.locator("[data-role='costs']")).to_contain_text("not reached")
    slide(page, "target", 0.2)
    expect(page.locator("[data-role='costs']")).not_to_contain_text("not reached")


@pytest.mark.parametrize("kind", ["PNG", "SVG", "CSV"])
def test_downloads_come_from_the_browser(visitor, kind):
    page = opened(visitor, "")
    with page.expect_download() as waiting:
        page.get_by_role("button", name=kind, exact=True).click()
    content = waiting.value.path().read_bytes()
    if kind == "CSV":
        lines = content.decode().splitlines()
        assert lines[0].startswith("half,run,round,train_loss")
        assert len(lines) == 1 + 2 * 41
    else:
        assert content[:4] == {"PNG": b"\x89PNG", "SVG": b"<svg"}[kind]


def test_what_lies_between_the_grids_runs_is_computed_and_the_old_picture_stays(visitor):
    page = opened(visitor, "?k=20")
    before = painted(page, "right")
    slide(page, "right", 4)  # α = β = 0.3
    assert state(page, "waitingFor.size") > 0
    assert painted(page, "right") == before
    computed(page)
    assert state(page, "main('right').heterogeneity") == 0.3
    page.reload()
    page.wait_for_selector(".demo[data-ready]", timeout=READY_MILLISECONDS)
    computed(page)
    assert state(page, "main('right').heterogeneity") == 0.3


@pytest.mark.parametrize("look", [("light", 1280, 720), ("dark", 1280, 720), ("light", 400, 800)])
def test_every_preset_opens_from_a_link_and_fits(chromium, lab_url, look):
    scheme, width, height = look
    context = new_context(chromium, width, height, scheme)
    person = Visitor(context.new_page(), lab_url)
    page = opened(person, "?embed=true")
    for name in [each["name"] for each in state(page, "facts.presets")]:
        page.locator("[data-role='preset']").select_option(name)
        assert state(page, "waitingFor.size") == 0, name  # the bundled runs suffice
        assert min(painted(page, side) for side in ("left", "right")) > 1000, name
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
    assert person.complaints == []
