"""A dot that was clicked stays chosen, also in a browser that lags behind the server."""

import pytest

from tests.pages.conftest import all_text

pytestmark = pytest.mark.slow  # whole pages


def test_what_a_lagging_browser_still_shows_does_not_undo_a_click(filled_home, open_page):
    _, ids = filled_home
    test = open_page("pruning", dense=ids["dense"])
    (box,) = (each for each in test.selectbox if each.label == "Selected network")
    assert box.value == "none"
    shown = test._tree.get_widget_states()  # what the browser shows, and sends with any event
    test.session_state["dots-clicked"] = 1  # as a click on a dot does
    test.query_params["point"] = ids["magnitude-0.95"]
    test.run()
    assert "95.00%" in [each.value for each in test.metric]
    test._run(shown)
    assert "95.00%" in [each.value for each in test.metric], all_text(test)
