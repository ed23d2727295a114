"""A browser's last word may come after the page has gone on: what it was about may be gone."""

import pytest
from streamlit.testing.v1 import AppTest

pytestmark = pytest.mark.slow  # a script of a page


def keep_filter():
    from pages.components.runs.filters import _keep

    _keep()


def keep_columns():
    from pages.components.runs.filters import _keep_view

    _keep_view()


def keep_scale():
    from pages.components.runs.overlay import _keep

    _keep()


def keep_runs():
    from pages.components.runs.overlay import _keep_runs

    _keep_runs()


def keep_selected_rows():
    from pages.components.runs.table import _remember

    _remember("runs-table-of-other-rows")


def open_row():
    from pages.components.runs.table import _open_clicked

    _open_clicked("runs-table-of-other-rows-open")


def keep_choice():
    from pages.components.address_state import _keep

    _keep("run", "choose-run-0", None)


LATE = (keep_columns, keep_scale, keep_runs, keep_selected_rows, open_row, keep_choice)


@pytest.mark.parametrize("callback", LATE, ids=lambda one: one.__name__)
def test_a_callback_whose_widget_is_gone_changes_nothing(empty_home, callback):
    test = AppTest.from_function(callback)
    test.query_params["run"] = "0" * 16
    test.run()
    assert not test.exception, [each.value for each in test.exception]
    assert not test.error, [each.value for each in test.error]
    assert test.query_params["run"] == "0" * 16
    assert not empty_home.runs_table.exists()


def test_a_filter_whose_boxes_are_gone_keeps_what_the_address_asks_for(empty_home):
    test = AppTest.from_function(keep_filter)
    test.query_params["kind"], test.query_params["q"] = "prune", "zzz"
    test.session_state["runs-words"] = "magnitude"
    test.run()
    assert not test.exception, [each.value for each in test.exception]
    assert dict(test.query_params) == {"q": "magnitude", "kind": "prune"}
