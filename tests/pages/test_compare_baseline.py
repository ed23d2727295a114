"""Compare: one network is pinned, the others' numbers say how far they are from it."""

import pytest

from tests.pages.conftest import all_text

pytestmark = pytest.mark.slow  # whole pages


def compared(open_page, ids, **more):
    points = f"{ids['magnitude-0.8']},{ids['magnitude-0.95']}"
    test = open_page("frontier", data=ids["data"], points=points, **more)
    assert not test.exception
    return test


def measured(test):
    """Return the table of measurements: it is the first with accuracies."""
    return next(each.value for each in test.dataframe if "Accuracy" in each.value.columns)


def test_the_dense_network_is_pinned_first_though_nobody_selected_it(filled_home, open_page):
    table = measured(compared(open_page, filled_home[1]))
    assert table["Network"].tolist() == ["📌 Dense", "magnitude 80.0%", "magnitude 95.0%"]
    # dense 76 %, then 77 % and 74 %
    assert table["Accuracy"].tolist() == ["76.0%", "77.0% (+1.0)", "74.0% (-2.0)"]


def test_another_baseline_is_kept_in_the_address_and_the_numbers_follow_it(filled_home, open_page):
    ids = filled_home[1]
    test = compared(open_page, ids, baseline=ids["magnitude-0.95"])
    table = measured(test)
    assert table["Network"].tolist()[0] == "📌 magnitude 95.0%"
    assert table["Accuracy"].tolist() == ["74.0%", "77.0% (+3.0)"]
    # size 2.2 MB x (1 - sparsity), so a gzip of 20 % is four times one of 5 %
    assert "(× 4)" in table["Gzip"].tolist()[1]


def test_each_compared_network_has_one_download(filled_home, open_page):
    test = compared(open_page, filled_home[1])
    labels = [each.proto.label.replace("\\", "") for each in test.get("download_button")]
    wanted = ["Dense", "magnitude 80.0%", "magnitude 95.0%"]
    assert [label for label in labels if label in wanted] == wanted


def test_predictions_name_the_network_that_they_are_compared_with(filled_home, open_page):
    ids = filled_home[1]
    points = f"{ids['dense']},{ids['magnitude-0.95']}"
    test = open_page("frontier", data=ids["data"], points=points, compare="Predictions")
    text = all_text(test).replace("\\", "")
    assert "agree with those of the dense network on 90.0% of the images" in text
