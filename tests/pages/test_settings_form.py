"""A settings class becomes a form: every field a control, every limit kept, every help shown."""

import pytest
from streamlit.testing.v1 import AppTest

pytestmark = pytest.mark.slow  # whole pages


def form_page():
    """Run as a page: the recipe's form, and what came out of it."""
    import streamlit as st

    from core.settings import to_dict
    from core.training.recipe import FAST, Recipe
    from pages.components.settings_form import settings_form

    settings = settings_form(Recipe, "form", FAST)
    if settings is not None:
        st.json(to_dict(settings))


def opened():
    return AppTest.from_function(form_page, default_timeout=180).run()


def field(test, label):
    every = [*test.number_input, *test.selectbox, *test.toggle, *test.text_input]
    return next(each for each in every if each.label == label)


def test_every_field_of_the_class_has_a_control():
    from core.settings import describe
    from core.training.recipe import Recipe

    test = opened()
    labels = {each.label for each in [*test.number_input, *test.selectbox, *test.toggle]}
    assert labels == {each.label for each in describe(Recipe)}


def test_the_form_starts_at_the_preset_and_returns_what_was_entered():
    import json

    from core.training.recipe import FAST

    test = opened()
    assert field(test, "Epochs").value == FAST.epochs
    field(test, "Epochs").set_value(3).run()
    values = json.loads(test.json[0].value)
    assert (values["epochs"], values["schedule"]) == (3, FAST.schedule)


def test_limits_and_reasons_come_from_the_field():
    test = opened()
    epochs = field(test, "Epochs")
    assert (epochs.min, epochs.max) == (1, 10_000)
    assert "From 1 to 10000" in epochs.help
    assert "**Why?**" in field(test, "Schedule").help


def test_settings_that_do_not_go_together_are_said_and_give_no_settings():
    test = opened()
    field(test, "Cutout (pixels)").set_value(3).run()
    assert "Choose an even side" in test.error[0].value
    assert not test.json
