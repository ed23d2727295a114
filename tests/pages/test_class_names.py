"""Renaming the classes of a data set on the Data page."""

import json

import numpy as np
import pytest

from core.data import store as datasets
from core.data.dataset import Dataset, Split
from core.jobs.store.store import Store
from tests.pages.conftest import all_text, button

pytestmark = pytest.mark.slow  # whole pages


def test_a_renamed_class_is_called_so_everywhere_and_runs_stay_the_same(filled_home, open_page):
    workspace, ids = filled_home
    test = open_page("data", data=ids["data"])
    next(each for each in test.text_input if each.label == "coat").set_value("winter coat")
    button(test, "Save names").click().run()
    assert not test.exception
    assert "**winter coat**" in all_text(test)
    compared = open_page(
        "frontier", data=ids["data"], points=f"{ids['dense']},{ids['magnitude-0.95']}",
        compare="Predictions",
    )  # fmt: skip
    matrix = str([each.proto for each in compared.get("bidi_component")])
    assert "winter coat" in matrix
    store = Store(workspace.store_url)
    assert store.get(ids["dense"]).settings["data"] == ids["data"]
    store.close()
    button(test, "Back to the original names").click().run()
    assert "**coat**" in all_text(test)


def test_two_classes_of_one_name_are_refused_with_a_sentence(filled_home, open_page):
    workspace, ids = filled_home
    test = open_page("data", data=ids["data"])
    next(each for each in test.text_input if each.label == "coat").set_value("shirt")
    button(test, "Save names").click().run()
    assert "Two classes are called “shirt”" in test.error[0].value
    assert "coat" in datasets.list_stored(workspace)[0].class_names


def changed(workspace, digest, **other):
    """Change dataset.json as somebody with an editor would."""
    path = workspace.datasets / digest / datasets.DESCRIPTION
    path.write_text(json.dumps(json.loads(path.read_text()) | other))


def test_no_chart_is_told_a_tag_that_somebody_wrote_into_the_description(filled_home, open_page):
    workspace, ids = filled_home
    names = ["<a href='https://example.org'>coat</a>", *"abcd"]
    changed(workspace, ids["data"], shown_names=names)
    points = f"{ids['dense']},{ids['magnitude-0.95']}"
    test = open_page("frontier", data=ids["data"], points=points, compare="Predictions")
    assert not test.exception
    told = str([each.proto for each in test.get("bidi_component")])
    assert "<a href" not in told
    assert "coat" in told


def test_a_damaged_description_costs_a_sentence_on_no_page_more(filled_home, open_page):
    workspace, ids = filled_home
    digest = ids["data"]
    changed(workspace, digest, class_names="ab", counts={"train": "six"})
    for page in ("home", "data", "training", "pruning", "frontier", "grading", "report", "runs"):
        test = open_page(page, data=digest)
        assert not test.exception, page
        assert not [each.value for each in test.error if "on our side" in each.value], page


def test_a_class_without_images_says_so(filled_home, open_page):
    images = np.zeros((4, 8, 8, 3), np.uint8)
    train, rest = Split(images, np.array([0, 0, 1, 1])), Split(images, np.array([0, 1, 0, 1]))
    digest = datasets.save(filled_home[0], Dataset("three", ("a", "b", "cat"), train, rest))
    test = open_page("data", data=digest)
    assert not test.error
    assert [each.value for each in test.caption].count("No image of this class.") == 1


def test_a_thousand_classes_are_renamed_in_one_table_and_looked_for_by_name(filled_home, open_page):
    names = tuple(f"class {number}" for number in range(1000))
    images = np.zeros((4, 8, 8, 3), np.uint8)
    some = Split(images, np.array([0, 1, 998, 999]))
    digest = datasets.save(filled_home[0], Dataset("many", names, some, some))
    test = open_page("data", data=digest)
    assert not test.error
    assert len(test.text_input) < 10
    (table,) = [each for each in test.dataframe if "names:" in each.proto.id]
    assert table.proto.editing_mode
    assert list(table.value["Name"]) == list(names)
    assert "50 of 1,000 classes." in [each.value for each in test.caption]
    finder = next(each for each in test.text_input if each.label == "Find a class")
    finder.set_value("CLASS 99").run()
    assert "11 of 1,000 classes." in [each.value for each in test.caption]
    button(test, "Save names").click().run()
    assert not test.error
    stored = next(each for each in datasets.list_stored(filled_home[0]) if each.digest == digest)
    assert stored.class_names == names
