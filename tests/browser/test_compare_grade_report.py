"""Compare, grade, report and learn as a person does it, in a real browser."""

import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from core.networks.formats import keras_h5
from tests.browser.conftest import press_in_table, settle
from tests.browser.finished import finished_lab, visit
from tests.browser.test_every_page import GRAVE, OUTSIDE, TOO_WIDE, VIOLATIONS
from tests.runs.finished_lab import pruned_weights

GRADING_MILLISECONDS = 180_000  # the first job of an engine imports TensorFlow


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with finished_lab(tmp_path_factory.mktemp("finished lab")) as found:
        yield found


@pytest.fixture
def tab(chromium, lab):
    with visit(chromium, lab[0]) as visitor:
        yield visitor


STANDS_STILL = """() => {
  const box = JSON.stringify(document.querySelector(".nsewdrag").getBoundingClientRect());
  const still = box === window.lastBox;
  window.lastBox = box;
  return still;
}"""


# What a printer sees is what is drawn when the event returns.
DRAWN = """(event) => {
  window.dispatchEvent(new Event(event));
  return [...document.querySelectorAll(".plot .main-svg:first-child")].map(
    (each) => [each.width.baseVal.value, each.height.baseVal.value]);
}"""


def click_dot(page: Page, label: str) -> None:
    """Click the first dot of the trace called `label`, where Plotly has drawn it."""
    settle(page)  # what the last click brought may still push the chart down
    page.wait_for_function(STANDS_STILL, polling=300)
    place = page.evaluate(
        """(label) => {
          const plot = document.querySelector(".live-chart-plot");
          const trace = plot._fullData.find((t) => t.name === label);
          const box = plot.querySelector(".nsewdrag").getBoundingClientRect();
          const { xaxis, yaxis } = plot._fullLayout;
          return { x: box.x + xaxis.d2p(trace.x[0]), y: box.y + yaxis.d2p(trace.y[0]) };
        }""",
        label,
    )
    page.mouse.move(place["x"], place["y"])
    page.mouse.click(place["x"], place["y"])


def drawn(page: Page) -> None:
    page.wait_for_selector(".live-chart-plot .main-svg")
    settle(page)


def test_a_clicked_dot_is_compared_and_the_link_brings_it_back(tab, lab) -> None:
    page = tab.go("/frontier")
    drawn(page)
    click_dot(page, "L1 filter")
    chosen = page.get_by_test_id("stMultiSelect")
    expect(chosen).to_contain_text("l1_filter")
    expect(page.get_by_role("button", name="Download my_model_weights.h5")).to_be_visible()
    click_dot(page, "Dense")
    expect(chosen).to_contain_text("Dense")
    address = page.url
    assert "points=" in address
    page.goto(address)
    settle(page)
    expect(page.get_by_test_id("stMultiSelect")).to_contain_text("l1_filter")


CLICK_LAYER = """(name) => {
  const plots = [...document.querySelectorAll(".live-chart-plot")];
  const plot = plots.find((each) => each._fullData?.some((t) => t.name === "Makes units"));
  plot.scrollIntoView({ block: "center" });
  const trace = plot._fullData.find((t) => t.name === "Makes units");
  const at = trace.customdata.findIndex(([layer]) => layer === name);
  const box = plot.querySelector(".nsewdrag").getBoundingClientRect();
  const { xaxis, yaxis } = plot._fullLayout;
  return { x: box.x + xaxis.d2p(trace.x[at]), y: box.y + yaxis.d2p(trace.y[at]) };
}"""


LINES = """() => [...document.querySelectorAll(".live-chart-plot")].some(
  (each) => each._fullData?.some((trace) => trace.name === "Tries"))"""


def test_settings_that_mattered_and_the_kernels_of_a_clicked_layer_are_shown(tab, lab) -> None:
    page = tab.go(f"/frontier?points={lab[1]['magnitude-0.95'][:8]}")
    drawn(page)
    page.get_by_text("Which settings mattered").click()
    page.get_by_text("6 tries cannot tell").wait_for()
    page.wait_for_function(LINES)
    page.get_by_text("Architecture", exact=True).first.click()
    page.get_by_text("of conv1/kernel: 3 inputs of 3 × 3").first.wait_for()
    settle(page)
    page.evaluate(CLICK_LAYER, "dense1")  # scrolls there
    page.wait_for_function(STANDS_STILL, polling=300)
    place = page.evaluate(CLICK_LAYER, "dense1")
    page.mouse.move(place["x"], place["y"])
    page.mouse.click(place["x"], place["y"])
    page.get_by_text("of dense1/kernel: 64 inputs of 4 × 4").first.wait_for()
    box = page.get_by_label("Unit (0 to 511)")
    box.fill("7")
    box.press("Enter")
    page.get_by_text("Weights of unit 7 of dense1/kernel").first.wait_for()
    settle(page)
    axe = Axe().run(page, context={"exclude": OUTSIDE}, options=VIOLATIONS)
    grave = [each["id"] for each in axe.response["violations"] if each["impact"] in GRAVE]
    assert grave == []


def test_changed_images_of_two_networks_are_shown(tab, lab) -> None:
    _, ids = lab
    points = ",".join(ids[name][:8] for name in ("dense", "magnitude-0.95"))
    page = tab.go(f"/frontier?points={points}&view=Predictions")
    drawn(page)
    page.get_by_text("Newly wrong: 2").click()
    expect(page.get_by_text("T-shirt 90% → shirt 60%").first).to_be_visible()


def handed_in(folder: Path) -> Path:
    """Return a zip of five files, one broken and one with NaN in it."""
    bundle = folder / "class.zip"
    with zipfile.ZipFile(bundle, "w") as archive:
        for number, name in enumerate(("anna", "bob", "carla")):
            path = folder / f"{name}.h5"
            keras_h5.write(path, pruned_weights(0.3 * number))
            archive.write(path, f"{name}/my_model_weights.h5")
        broken = pruned_weights(0.5)
        broken["conv1/bias"][0] = float("nan")
        keras_h5.write(folder / "nan.h5", broken)
        archive.write(folder / "nan.h5", "dora/my_model_weights.h5")
        archive.writestr("emil/my_model_weights.h5", b"not weights at all")
    return bundle


def hidden_test_set(folder: Path) -> Path:
    """Return a file of 60 labelled images that no data set holds."""
    pixels = np.random.default_rng(1).integers(0, 255, (60, 25, 25, 3), dtype=np.uint8)
    path = folder / "hidden.npz"
    np.savez(path, test_images=pixels, test_labels=np.arange(60) % 5)
    return path


def test_a_zip_of_five_is_graded_and_the_broken_ones_explained(tab, lab, tmp_path) -> None:
    _, ids = lab
    page = tab.go(f"/grading?data={ids['data']}")
    bundle = handed_in(tmp_path)
    uploads = page.get_by_test_id("stFileUploaderDropzoneInput")
    uploads.nth(0).set_input_files(bundle)
    expect(page.get_by_text("class.zip")).to_be_visible()
    uploads.nth(1).set_input_files(hidden_test_set(tmp_path))
    expect(page.get_by_text("hidden.npz")).to_be_visible()
    page.wait_for_load_state("networkidle")  # the names are there before the bytes
    settle(page)
    page.get_by_role("button", name=re.compile(r"\bGrade\b")).click()
    expect(page.get_by_text("2 files could not be graded")).to_be_visible(
        timeout=GRADING_MILLISECONDS
    )
    expect(page.get_by_text("5 files on 60 hidden images")).to_be_visible()
    expect(page.get_by_text("not a weights file that is read").last).to_be_visible()
    expect(page.get_by_text("NaN or infinite").last).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Gradescope results (zip, one each)").click()
    with zipfile.ZipFile(waiting.value.path()) as archive:
        assert len(archive.namelist()) == 5
        results = json.loads(archive.read("anna/results.json"))
    # Nothing of Anna's is zero: a line of the doctor's stands behind the three tests.
    assert len(results["tests"]) == 4
    assert "The network was likely saved before it was trained" in results["tests"][-1]["output"]
    assert [row["name"] for row in results["leaderboard"]] == ["Score", "Accuracy", "Sparsity"]


def test_the_downloaded_report_works_from_disk_without_a_network(tab, chromium, tmp_path) -> None:
    page = tab.go("/report")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download the report").click()
    path = tmp_path / "report.html"
    waiting.value.save_as(path)
    context = chromium.new_context(offline=True)
    offline = context.new_page()
    complaints: list[str] = []
    offline.on("pageerror", lambda error: complaints.append(str(error)))
    offline.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    offline.goto(path.as_uri())
    offline.wait_for_selector(".plot .main-svg")
    assert offline.locator(".plot .main-svg").count() >= offline.locator(".plot").count() > 5
    assert "validation images choose Magnitude" in offline.locator("main").inner_text()
    titles = offline.eval_on_selector_all(
        ".modebar-btn", "buttons => buttons.map(each => each.dataset.title)"
    )
    assert titles
    assert not [title for title in titles if re.search("share|cloud", title, re.I)]
    assert set(map(tuple, offline.evaluate(DRAWN, "beforeprint"))) == {(688, 290)}
    assert {height for _, height in offline.evaluate(DRAWN, "afterprint")} == {400}
    context.close()
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_no_page_is_wider_than_the_screen_or_complains(chromium, lab, scheme, width) -> None:
    url, ids = lab
    points = ",".join(ids[name][:8] for name in ("dense", "magnitude-0.95"))
    addresses = [
        f"/frontier?points={points}",
        f"/frontier?points={points}&view=Weights",
        "/learn?topic=One+round+of+FedAvg",
        "/learn?topic=Pruning+methods",
    ]
    if (scheme, width) == ("dark", 400):  # the other three looks: test_every_page.py
        addresses += ["/grading", "/report", "/learn"]
    with visit(chromium, url, width=width, scheme=scheme) as visitor:
        for address in addresses:
            page = visitor.go(address)
            assert page.get_by_test_id("stException").count() == 0
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, address


@pytest.mark.parametrize("name", ["Data", "Prune", "Frontier", "Federated", "Report", "Learn"])
def test_one_press_of_back_leaves_a_page(tab, name) -> None:
    """A page writes what it shows into the address; no entry of the history for each."""
    page = tab.go("/")
    page.get_by_role("link", name=name, exact=True).click()
    page.wait_for_url("**/*?*")
    page.wait_for_timeout(1000)
    settle(page)
    page.go_back()
    settle(page)
    assert page.evaluate("location.pathname") == "/"


# Titles of axes that reach into the column, or the row, of their ticks' labels.
BETWEEN = """() => [...document.querySelectorAll(".live-chart-plot")].flatMap((plot) => {
  const all = (what) =>
    [...plot.querySelectorAll(what)].map((each) => each.getBoundingClientRect());
  const left = Math.min(...all(".ytick text").map((label) => label.left));
  const bottom = Math.max(...all(".xtick text").map((label) => label.bottom));
  return [...all(".ytitle").filter((title) => title.right > left),
          ...all(".xtitle").filter((title) => title.top < bottom)].map((title) => title.toJSON());
})"""


@pytest.mark.parametrize("width", [1280, 400])
def test_no_title_of_an_axis_stands_among_its_labels(chromium, lab, width):
    url, ids = lab
    with visit(chromium, url, width=width, height=2600) as visitor:
        chosen = f"{ids['dense'][:8]},{ids['magnitude-0.95'][:8]}"
        page = visitor.go(f"/frontier?points={chosen}&compare=Predictions")
        expect(page.get_by_text("True class", exact=True).first).to_be_visible(timeout=30_000)
        page.wait_for_function(STANDS_STILL, polling=300)
        assert page.evaluate(BETWEEN) == []


def test_runs_are_selected_by_the_keyboard_and_laid_over_one_another(tab) -> None:
    page = tab.go("/runs?q=fedavg+synthetic")
    page.get_by_test_id("stDataFrame").wait_for()
    press_in_table(page, row=0, x=150)  # a cell; Tab leads there too
    page.keyboard.press("Shift+Space")
    expect(page.get_by_text("1 run selected: FedAvg 1, (1, 1).")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")
    expect(page.get_by_text("2 runs selected.")).to_be_visible()
    page.get_by_role("button", name="Tag", exact=False).click()
    page.get_by_label("Tags, separated by commas").locator("visible=true").fill("course")
    page.get_by_role("button", name="Add", exact=True).click()  # once, from the text itself
    expect(page.get_by_text("2 runs tagged.")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Overlay curves").click()
    page.get_by_text("1 setting differs").wait_for()
    drawn(page)
    legend = page.locator(".live-chart-plot .legendtext")
    expect(legend.first).to_have_text("FedAvg 1, (1, 1)")
    expect(legend).to_have_count(2)
    found = Axe().run(page, context={"exclude": OUTSIDE}, options=VIOLATIONS).response
    assert [each["id"] for each in found["violations"] if each["impact"] in GRAVE] == []
    page.get_by_role("button", name="All runs", exact=True).click()
    expect(page.get_by_role("textbox", name="Search")).to_have_value("fedavg synthetic")


def test_six_compared_networks_fit_a_phone_and_their_table_is_reached_by_keys(chromium, lab):
    url, ids = lab
    chosen = ",".join(id[:8] for name, id in ids.items() if name[-1].isdigit())
    with visit(chromium, url, width=400) as visitor:
        page = visitor.go(f"/frontier?points={chosen}&compare=Settings")
        place = page.locator("[data-testid='stTable'] [tabindex='0']").first
        place.scroll_into_view_if_needed()
        assert page.evaluate(TOO_WIDE) == []
        found = Axe().run(page, context={"exclude": OUTSIDE}, options=VIOLATIONS).response
        assert [each["id"] for each in found["violations"] if each["impact"] in GRAVE] == []
        place.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("(place) => place.scrollLeft > 0", arg=place.element_handle())
