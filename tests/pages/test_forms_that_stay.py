"""What was set in a form is there again after another view, or another page, was looked at."""

import pytest

pytestmark = pytest.mark.slow  # whole pages


def view(test, name):
    test.query_params["view"] = name
    next(each for each in test.get("button_group") if each.key == "prune-view").set_value(name)
    test.run()
    assert not test.exception
    assert not test.warning, [each.value for each in test.warning]


def labelled(kind, label):
    return next(each for each in kind if each.label == label)


@pytest.fixture
def pruning(filled_home, open_page):
    _, ids = filled_home
    return open_page("pruning", data=ids["data"], dense=ids["dense"], view="sweep")


def test_the_form_of_a_sweep(pruning):
    test = pruning
    labelled(test.pills, "Methods").set_value(["magnitude", "random"])
    labelled(test.pills, "Sparsities").set_value([0.5])
    labelled(test.text_input, "Other sparsities (%)").set_value("96")
    labelled(test.number_input, "Epochs per network").set_value(7)
    labelled(test.toggle, "Also run each paper's own recipe").set_value(True)
    test.run()
    for _ in range(2):  # also the second time
        view(test, "compete")
        view(test, "sweep")
        assert labelled(test.pills, "Methods").value == ["magnitude", "random"]
        assert labelled(test.pills, "Sparsities").value == [0.5]
        assert labelled(test.text_input, "Other sparsities (%)").value == "96"
        assert labelled(test.number_input, "Epochs per network").value == 7
        assert labelled(test.toggle, "Also run each paper's own recipe").value
    labelled(test.number_input, "Epochs per network").set_value(9).run()
    labelled(test.number_input, "Epochs per network").set_value(11).run()
    assert labelled(test.number_input, "Epochs per network").value == 11


def test_the_minutes_of_a_competition(pruning):
    view(pruning, "compete")
    labelled(pruning.number_input, "Minutes").set_value(2).run()
    view(pruning, "sweep")
    view(pruning, "compete")
    assert labelled(pruning.number_input, "Minutes").value == 2


def test_the_plan_of_one_network(pruning):
    view(pruning, "one")
    pruning.selectbox(key="plan-method").set_value("random").run()
    labelled(pruning.number_input, "Sparsity").set_value(0.7).run()
    view(pruning, "compete")
    view(pruning, "one")
    assert pruning.selectbox(key="plan-method").value == "random"
    assert labelled(pruning.number_input, "Sparsity").value == 0.7


def test_the_recipe_and_the_seed_of_a_training(filled_home, open_page):
    _, ids = filled_home
    test = open_page("training", data=ids["data"])
    next(each for each in test.get("button_group") if each.key == "preset").set_value("fast")
    test.run()
    labelled(test.number_input, "Epochs").set_value(3)
    labelled(test.number_input, "Seed").set_value(4)
    test.run()
    test.switch_page("runs.py").run()
    test.switch_page("training.py").run()
    assert labelled(test.number_input, "Epochs").value == 3
    assert labelled(test.number_input, "Seed").value == 4
