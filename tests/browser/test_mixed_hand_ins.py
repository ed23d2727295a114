"""A class's zip with files of every format, three of them broken, graded in a real browser."""

import json
import re
import zipfile

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import settle
from tests.browser.finished import finished_lab, visit
from tests.grading import mixed_class
from tests.inputs.build import zipped

GRADING_MILLISECONDS = 240_000  # the first job of an engine imports TensorFlow
IMAGES = 200
GRADE = re.compile(r"\bGrade\b")  # beside its icon and its shortcut
BROKEN = ("truncated", "masks", "scattered")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with finished_lab(tmp_path_factory.mktemp("finished lab")) as found:
        yield found


def class_zip() -> bytes:
    """Return one good file of each format and the three broken ones, a folder for each person."""
    weights, files = mixed_class.good(), {}
    for number, (ending, write) in enumerate(mixed_class.WRITERS):
        own = mixed_class.of_person(weights, number)
        files[f"good-{ending[1:]}/my_model_weights{ending}"] = write(own)
    for number, name in enumerate(BROKEN, len(files)):
        ending, make, _ = mixed_class.BROKEN[name]
        own = mixed_class.of_person(weights, number)
        files[f"{name}/my_model_weights{ending}"] = make(own)
    return zipped(files)


def graded(page: Page, folder) -> None:
    (folder / "class.zip").write_bytes(class_zip())
    (folder / "hidden.npz").write_bytes(mixed_class.hidden_npz(IMAGES))
    uploads = page.get_by_test_id("stFileUploaderDropzoneInput")
    uploads.nth(0).set_input_files(folder / "class.zip")
    expect(page.get_by_text("class.zip")).to_be_visible()
    uploads.nth(1).set_input_files(folder / "hidden.npz")
    expect(page.get_by_text("hidden.npz")).to_be_visible()
    page.wait_for_load_state("networkidle")  # the names are there before the bytes
    settle(page)
    page.get_by_role("button", name=GRADE).click()
    expect(page.get_by_text(f"8 files on {IMAGES} hidden images")).to_be_visible(
        timeout=GRADING_MILLISECONDS
    )


def downloaded(page: Page, label: str) -> str:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=label).click()
    return waiting.value.path()


def test_every_format_is_graded_and_every_broken_file_has_its_verdict(
    chromium, lab, tmp_path
) -> None:
    url, ids = lab
    with visit(chromium, url) as visitor:
        page = visitor.go(f"/grading?data={ids['data']}")
        graded(page, tmp_path)
        expect(page.get_by_text("1 file could not be graded")).to_be_visible()
        page.get_by_text("7 reasons in full").click()
        for words in (
            "The weights file is damaged or cut short",
            "The masks were likely lost in fine-tuning",
            "A compact network was likely put back to the wrong places",
        ):
            expect(page.get_by_text(words).last).to_be_visible()
        with open(downloaded(page, "JSON")) as file:
            rows = {row["name"]: row for row in json.load(file)}
        results = downloaded(page, "Gradescope results (zip, one each)")
        with zipfile.ZipFile(results) as archive:
            told = {n.partition("/")[0]: json.loads(archive.read(n)) for n in archive.namelist()}
    good = {name for name in rows if name.startswith("good-")}
    assert good == {f"good-{ending[1:]}" for ending, _ in mixed_class.WRITERS}
    assert set(rows) == set(told) == good | set(BROKEN)
    for name in good:
        assert (rows[name]["accuracy"], rows[name]["findings"]) == (1.0, [])
        assert rows[name]["score"] == pytest.approx((1 + rows[name]["sparsity"]) / 2)
        assert len(told[name]["tests"]) == 3
    assert rows["truncated"]["accuracy"] is None
    assert rows["masks"]["score"] < 0.51  # every image right, next to nothing zero
    assert "rises from" in rows["scattered"]["findings"][0]
    for name in ("masks", "scattered"):
        (finding,) = rows[name]["findings"]
        assert told[name]["tests"][-1]["output"] == finding
