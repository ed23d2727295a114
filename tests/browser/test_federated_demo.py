"""The FedAvg demo as a lecturer uses it, in a real browser."""

import io
import re
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from core.federated.demo.grid import compute_grid
from core.federated.demo.pictures import grid_picture
from core.federated.demo.spec import FederatedGridSpec
from tests.browser.conftest import Visitor, new_context, settle

pytestmark = pytest.mark.slow
# Exchanges the two main runs' numbers, as no simulation would have them.
EXCHANGE = """() => {
  const demo = document.querySelector(".demo").demo, kept = demo.numbers.histories;
  const [a, b] = ["left", "right"].map((side) => keyOfRun(demo.main(side)));
  const [x, y] = [kept.get(a), kept.get(b)];
  kept.set(a, y).set(b, x);
  demo.refresh();
  function keyOfRun(run) {
    const { heterogeneity: h, local_steps: k, clients, algorithm } = run;
    return [h ?? "iid", k, clients, algorithm, 1, 1].join("|");
  }
}"""
PLAIN = """(side) => {
  const picture = document.querySelector(".demo").demo.shownPicture("two", side);
  const nested = (values, [size, ...rest]) => {
    const each = values.length / size, part = (i) => values.subarray(i * each, (i + 1) * each);
    if (!rest.length) return [...values];
    return Array.from({ length: size }, (_, i) => nested(part(i), rest));
  };
  return { optimum: picture.optimum, server: nested(picture.server.values, picture.server.shape),
           paths: nested(picture.paths.values, picture.paths.shape) };
}"""
# Notes what is asked and answered, and when.
LOG = """() => {
  const demo = document.querySelector(".demo").demo, receive = demo.receive.bind(demo);
  let send = demo.send;
  demo.log = [];
  const noted = (name, value) => {
    demo.log.push([name, value.at, Date.now()]);
    send(name, value);
  };
  Object.defineProperty(demo, "send", { set: (next) => { send = next; }, get: () => noted });
  demo.receive = (data) => {
    demo.log.push(["answer", data.answered, Date.now()]);
    receive(data);
  };
}"""
LOST_MILLISECONDS = 8000  # after which a question is asked again
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
    # One data set divided in two ways: its heights compare, and the sentence compares them.
    assert state(page, "state.preset") == "dirichlet"
    expect(page.locator("[data-role='sentence']")).to_have_text(
        re.compile(r"validation accuracy, \d+\.\d points below the left half.*on the same data\.")
    )
    page.locator("body").press("2")  # prepared runs have no paths: those of the sliders are bundled
    page.wait_for_function("document.querySelector('.demo').demo.shownPicture('two', 'right')")
    expect(page.locator("[data-title='right']")).to_have_text(re.compile("α = β = 1"))
    expect(page.locator("[data-role='sentence']")).to_have_text(re.compile("from the lowest mean"))


def test_the_sentence_says_when_the_halves_are_two_tasks_and_follows_the_numbers(visitor):
    page = opened(visitor, "")
    said = {}
    for preset in state(page, "facts.presets"):
        page.locator("[data-role='preset']").select_option(preset["name"])
        said[preset["name"]] = page.locator("[data-role='sentence']").inner_text()
    two_tasks = {name for name, text in said.items() if "two different tasks" in text}
    assert two_tasks == {"local_steps", "iid_and_heterogeneous", "k", "participation"}
    assert {name for name, text in said.items() if "on the same data" in text} == {
        *said
    } - two_tasks
    # The same page with the halves' numbers exchanged says the opposite.
    page.locator("[data-role='preset']").select_option("drift")
    before = page.locator("[data-role='sentence']").inner_text()
    assert "points above the left half, on the same data" in before
    assert "only 21% as far apart" in before
    page.evaluate(EXCHANGE)
    after = page.locator("[data-role='sentence']")
    expect(after).to_have_text(re.compile("points below the left half, on the same data"))
    expect(after).to_have_text(re.compile(r"4\.7\d times as far apart"))


def test_the_two_parameters_sentence_is_about_what_is_drawn(visitor):
    page = opened(visitor, "?preset=drift&view=2&round=20")
    computed(page)
    expect(page.locator("[data-role='sentence']")).to_have_text(re.compile("Round 20: the server"))
    said = page.locator("[data-role='sentence']").inner_text()
    found = [float(number) for number in re.findall(r"\d+\.\d+(?:e-\d+)?", said)]
    drawn = []
    for side in ("left", "right"):
        picture = page.evaluate(PLAIN, side)
        server, star = np.array(picture["server"][20]), np.array(picture["optimum"])
        ends = np.array(picture["paths"][19])[:, -1]
        spread = np.sqrt(np.mean(np.sum((ends - ends.mean(axis=0)) ** 2, axis=1)))
        drawn.append((np.linalg.norm(server - star), spread))
    expected = [drawn[0][0], drawn[1][0], drawn[0][1], drawn[1][1]]
    assert found == pytest.approx(expected, rel=0.006)  # three digits are said


def test_a_drag_over_many_positions_asks_one_question_at_a_time(visitor):
    """Every question starts a run of the page at once: many would be a queue of simulations."""
    page = opened(visitor, "?k=5&c=6")
    page.evaluate(LOG)
    for position in (2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 14, 15):
        slide(page, "right", position)
        page.wait_for_timeout(150)  # longer than the pause before the server is asked
    computed(page)
    assert state(page, "main('right').heterogeneity") == 1.4
    log = state(page, "log")
    asked = [entry for entry in log if entry[0] == "asked"]
    assert asked
    for (_, at, _), (_, _, later) in pairwise(asked):
        answer = next(entry for entry in log if entry[0] == "answer" and entry[1] == at)
        assert answer[2] <= later or later - at > LOST_MILLISECONDS


def test_a_guess_hides_curves_only(visitor):
    """A lecturer who looks at the paths while the hall guesses sees them, and hides on."""
    page = opened(visitor, "?preset=drift")
    page.get_by_role("button", name="Predict").click()
    assert state(page, "shownRound()") == 0
    page.locator("body").press("2")
    computed(page)
    expect(page.locator("[data-role='sentence']")).to_have_text(re.compile("Round 40: the server"))
    expect(page.locator("[data-role='note']")).to_have_text(
        re.compile("Violet: how far its correction")
    )
    expect(page.locator("[data-role='note']")).not_to_have_text(re.compile("proximal pull"))
    page.locator("body").press("1")
    expect(page.locator("[data-role='sentence']")).to_have_text(re.compile("Draw the curve"))


def test_another_draw_of_the_clients_is_shown_and_not_the_prepared_runs(visitor):
    spec = FederatedGridSpec(
        data_seed=5, rounds=1, heterogeneities=(1.0,), local_steps=(20,), clients=(30,),
        algorithms=("fedavg",),
    )  # fmt: skip
    page = opened(visitor, "")
    assert state(page, "state.preset") == "dirichlet"
    sent = {"digest": "another", "grid": grid_picture(compute_grid(spec)).to_json()}
    page.evaluate(
        "(sent) => document.querySelector('.demo').demo"
        ".receive({ extras: [], answers: [], error: '', gif: null, ...sent })",
        sent,
    )
    expect(page.locator("[data-title='right']")).to_have_text(re.compile("α = β = 1: FedAvg"))
    expect(page.locator("[data-role='round-name']")).to_have_text("Round 1 of 1")
    assert state(page, "main('right').data_seed") == 5
    page.evaluate("document.querySelector('.demo').demo.choosePreset('drift')")
    assert state(page, "main('right').data_seed") == 5  # no prepared question goes back to another


def test_play_after_a_guess_begins_at_round_0(visitor):
    page = opened(visitor, "?preset=drift&speed=1")
    page.get_by_role("button", name="Predict").click()
    page.locator('[data-do="play"]').click()
    page.wait_for_timeout(500)
    assert state(page, "playing")
    assert 0 < state(page, "time") < state(page, "rounds()")
    assert not state(page, "hidden")


SENT = """() => {
  const demo = document.querySelector(".demo").demo, send = demo.send;
  let sent;
  demo.send = (name, value) => { sent = name === "gif" ? value : sent; };
  document.querySelector('[data-do="gif"]').click();
  demo.send = send;
  return { lines: sent.runs[1].lines.length, metric: sent.metric };
}"""


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("?preset=local_steps&view=2", {"lines": 1}),
        ("?preset=local_steps&view=1", {"lines": 4}),
        ("?preset=drift&metric=drift&view=4", {"metric": "validation_accuracy"}),
    ],
)
def test_the_gif_is_asked_for_what_the_page_shows(visitor, address, wanted):
    page = opened(visitor, address)
    sent = page.evaluate(SENT)
    assert {name: sent[name] for name in wanted} == wanted


def test_paths_of_one_run_among_several_lines_are_titled_with_it(visitor):
    page = opened(visitor, "?preset=local_steps")
    expect(page.locator("[data-title='right']")).to_have_text("Heterogeneous, α = β = 1")
    page.locator("body").press("2")
    expect(page.locator("[data-title='right']")).to_have_text(
        "Heterogeneous, α = β = 1: FedAvg, K = 100"
    )


def test_prepared_runs_have_a_colour_each(visitor):
    page = opened(visitor, "")
    inks = page.evaluate(
        "(() => { const d = document.querySelector('.demo').demo; return ['left', 'right']"
        ".flatMap((s) => d.lines(s).map((each, i, all) => d.inkOf(each, i, all.length))); })()"
    )
    assert sorted(inks) == [0, 1, 2, 3, 4]


BROKEN = (
    "?right=banana&left=9&k=-5&c=0&alg=x&alg2=y&metric=z&vary=k:abc&preset=nope&speed=0&round=x"
    "&one=77&view=9&target=2&mu=-1&seed=&grid=nothing"
)


def test_a_broken_address_opens_what_an_empty_one_does(visitor):
    page = opened(visitor, "")
    usual, sentence = state(page, "state"), page.locator("[data-role='sentence']").inner_text()
    page = opened(visitor, BROKEN)
    assert state(page, "state") == usual
    assert state(page, "waitingFor.size") == 0
    assert page.locator("[data-role='sentence']").inner_text() == sentence


def test_leaving_the_presets_survives_a_reload(visitor):
    page = opened(visitor, "")
    page.locator("[data-role='preset']").select_option("")
    page.wait_for_function("window.location.search.includes('preset=none')")
    page.reload()
    page.wait_for_selector(".demo[data-ready]", timeout=READY_MILLISECONDS)
    assert state(page, "state.preset") == ""
    expect(page.locator("[data-title='left']")).to_have_text("IID: FedAvg, K = 20")
    slide(page, "k", 14)
    page.locator("[data-role='preset']").select_option("dirichlet")
    page.wait_for_function("!window.location.search.includes('preset')")
    # Prepared runs are not the sliders': no value stands beside a slider.
    expect(page.locator("[data-role='k-name']")).to_have_text("Local steps K")
    expect(page.locator("[data-role='sliders-note']")).to_have_text(re.compile("Move a slider"))


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
    expect(page.get_by_role("button", name="Leave full screen")).to_be_visible()
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
        assert len(lines) == 1 + 5 * 41  # five lines, 40 rounds and the start
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
