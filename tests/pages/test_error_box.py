"""Errors reach a person as a sentence: theirs with the remedy, ours with a name for the log."""

import logging
import re

import pytest
from streamlit.testing.v1 import AppTest

from pages.components.error_box import plain


def refused_page():
    from core.errors import UploadError
    from pages.components.error_box import error_box

    with error_box():
        raise UploadError("The file <b>x</b> is empty. Upload it again.")


def broken_page():
    import streamlit as st

    from pages.components.error_box import error_box

    with error_box():
        raise ZeroDivisionError("secret detail")
    st.text("the rest goes on")


def test_a_users_error_is_shown_as_it_is_with_nothing_taken_as_markup():
    test = AppTest.from_function(refused_page).run()
    assert test.error[0].value == plain("The file <b>x</b> is empty. Upload it again.")
    assert "\\<b\\>" in test.error[0].value


def test_our_own_error_is_named_for_the_log_and_the_page_goes_on(caplog):
    with caplog.at_level(logging.ERROR):
        test = AppTest.from_function(broken_page).run()
    shown = test.error[0].value
    name = re.search(r"“(\w+)”", shown).group(1)
    assert name in caplog.text
    assert "secret detail" not in shown
    assert "Traceback" not in shown
    assert test.text[0].value == "the rest goes on"


def crashed_page():
    from pages.components.error_box import show_error

    show_error("This run crashed. Resume it.\nEnd of its log:\nTraceback (most recent call last)")


def test_the_end_of_a_log_folds_away_below_the_sentence():
    test = AppTest.from_function(crashed_page).run()
    assert test.error[0].value == plain("This run crashed. Resume it.")
    assert "Traceback" in test.expander[0].code[0].value


@pytest.mark.parametrize("text", ["*bold*", "[link](http://x)", "$a$", ":red[x]", "<script>"])
def test_markup_from_strangers_is_escaped(text):
    assert not re.search(r"(?<!\\)[*\[\]<>$:]", plain(text))


# What Streamlit's Markdown makes of a text behind its escapes: GitHub's links, its own icons.
SEEN = re.compile(
    r"(https?://|www(?=\.))[-.\w]+|[-.\w+]+@[-\w]+\.|:material/\w+:|:streamlit:", re.IGNORECASE
)


@pytest.mark.parametrize(
    "text", ["WWW.evil.test", "a@evil.test", "http://evil.test", ":material/home:", ":streamlit:"]
)
def test_nothing_becomes_a_link_or_an_icon_once_the_escapes_are_gone(text):
    assert SEEN.search(text)
    unescaped = re.sub(r"\\(.)", r"\1", plain(f"The file {text} is empty."))
    assert SEEN.search(unescaped) is None
    assert unescaped.replace("\u2060", "") == f"The file {text} is empty."
