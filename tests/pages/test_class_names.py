"""Renaming the classes of a data set on the Data page."""

import pytest

from core.data import store as datasets
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
