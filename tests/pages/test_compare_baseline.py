"""Compare: one network is pinned, the others' numbers say how far they are from it."""

import pytest

from core.jobs.store.annotation import Annotation
from core.jobs.store.store import Store
from core.pruning.plan import PrunePlan
from core.pruning.search.seeds import repetition_seed, seed_name, seed_place
from core.pruning.spec import PruneSpec
from tests.pages.conftest import all_text
from tests.runs.finished_lab import finish

pytestmark = pytest.mark.slow  # whole pages


def compared(open_page, ids, **more):
    points = f"{ids['magnitude-0.8']},{ids['magnitude-0.95']}"
    test = open_page("frontier", data=ids["data"], points=points, **more)
    assert not test.exception
    return test


def bare(text):
    """Return what a cell shows: Markdown's signs are written with backslashes."""
    return text.replace("\\", "")


def measured(test):
    """Return the table of measurements, a row for each network."""
    found = next(each.value for each in test.table if "Measure" in each.value.columns)
    return found.set_index("Measure").T.rename(index=lambda name: name.replace("\\", ""))


def test_the_dense_network_is_pinned_first_though_nobody_selected_it(filled_home, open_page):
    table = measured(compared(open_page, filled_home[1]))
    assert table.index.tolist() == ["Dense (baseline)", "magnitude 80.0%", "magnitude 95.0%"]
    # dense 76 %, then 77 % and 74 %
    assert table["Accuracy"].map(bare).tolist() == ["76.0%", "77.0% (+1.0)", "74.0% (−2.0)"]


def test_another_baseline_is_kept_in_the_address_and_the_numbers_follow_it(filled_home, open_page):
    ids = filled_home[1]
    test = compared(open_page, ids, baseline=ids["magnitude-0.95"])
    table = measured(test)
    assert table.index.tolist()[0] == "magnitude 95.0% (baseline)"
    assert table["Accuracy"].map(bare).tolist() == ["74.0%", "77.0% (+3.0)"]
    # size 2.2 MB x (1 - sparsity), so a gzip of 20 % is four times one of 5 %
    assert "(×\u00a04)" in bare(table["Gzip"].tolist()[1])


def test_each_compared_network_has_one_download(filled_home, open_page):
    test = compared(open_page, filled_home[1])
    labels = [each.proto.label.replace("\\", "") for each in test.get("download_button")]
    helps = " ".join(each.proto.help for each in test.get("download_button"))
    assert "Download my_model_weights-magnitude-95" in helps  # six of one name tell nobody apart
    wanted = ["Dense", "magnitude 80.0%", "magnitude 95.0%"]
    assert [label for label in labels if label in wanted] == wanted


def test_predictions_name_the_network_that_they_are_compared_with(filled_home, open_page):
    ids = filled_home[1]
    points = f"{ids['dense']},{ids['magnitude-0.95']}"
    test = open_page("frontier", data=ids["data"], points=points, compare="Predictions")
    text = all_text(test).replace("\\", "")
    assert "agree with those of the dense network on 90.0% of the images" in text


def test_settings_that_differ_are_told_in_words_and_no_cell_is_a_canvas(filled_home, open_page):
    """A canvas cuts what is wide and shows boxes for signs that its font lacks."""
    ids = filled_home[1]
    chosen = f"{ids['magnitude-0.8']},{ids['l1_filter-0.95']}"
    test = open_page("frontier", data=ids["data"], points=chosen)
    found = next(each.value for each in test.table if "Setting" in each.value.columns)
    assert [[bare(cell) for cell in row] for row in found.values.tolist()] == [
        ["method", "Magnitude", "L1 filter"],
        ["sparsity", "80%", "95%"],
    ]
    assert "l1_filter" not in bare(str(found.values.tolist()))


def test_a_score_and_a_seed_are_the_same_in_the_table_and_on_the_card(filled_home, open_page):
    ids = filled_home[1]
    table = measured(compared(open_page, ids))
    assert table["Score"].map(bare).tolist() == ["0.381", "0.785", "0.845"]
    alone = open_page("frontier", data=ids["data"], points=ids["magnitude-0.95"])
    assert "0.845" in [each.value for each in alone.metric if each.label == "Score"]
    second = repetition_seed(0, 1)
    assert (seed_place(7), seed_place(second)) == ("7", "2 of its sweep")
    assert seed_name(second) == f"seed {seed_place(second)}"


def test_latencies_are_shown_with_what_they_depend_on(filled_home, open_page):
    test = compared(open_page, filled_home[1])
    assert measured(test)["Latency"].map(bare).tolist() == ["0.20 ms", "–", "–"]
    assert "only runs from a quiet machine compare" in all_text(test)


def test_one_network_alone_asks_for_a_second_once_and_starts_nothing(filled_home, open_page):
    workspace, ids = filled_home
    store = Store(workspace.store_url)
    before = len(store.jobs(kind="behaviour"))
    for view in ("Settings", "Predictions"):
        test = open_page("frontier", data=ids["data"], points=ids["random-0.95"], compare=view)
        text = all_text(test)
        assert not test.exception
        assert "Select a second network to compare the two." in text
        assert "Select two pruned networks" not in text
    assert len(store.jobs(kind="behaviour")) == before
    store.close()


def taught(workspace, ids, teachers):
    """Finish a pruning that learned from these networks; return its id."""
    store = Store(workspace.store_url)
    try:
        plan = PrunePlan(method="magnitude", sparsity=0.8)
        spec = PruneSpec(data=ids["data"], dense=ids["dense"], plan=plan, teachers=teachers)
        like = store.get(ids["magnitude-0.8"]).result
        return finish(store, spec, like)
    finally:
        store.close()


def settings_that_differ(test):
    found = next(each.value for each in test.table if "Setting" in each.value.columns)
    return [[bare(cell) for cell in row] for row in found.values.tolist()]


def test_networks_that_differ_in_their_teachers_only_say_so(filled_home, open_page):
    workspace, ids = filled_home
    gone = "f" * 16
    one = taught(workspace, ids, (ids["magnitude-0.95"], gone))
    test = open_page("frontier", data=ids["data"], points=f"{ids['magnitude-0.8']},{one}")
    told = "magnitude 95.0%, deleted network ffffffff"
    assert settings_that_differ(test) == [["teachers", "none", told]]


def test_a_default_stands_beside_another_value(filled_home, open_page):
    workspace, ids = filled_home
    store = Store(workspace.store_url)
    plan = PrunePlan(method="magnitude", sparsity=0.8, temperature=4.0)
    like = dict(store.get(ids["magnitude-0.8"]).result)
    like["point"] = {**like["point"], "plan": plan.to_dict()}
    warm = finish(store, PruneSpec(data=ids["data"], dense=ids["dense"], plan=plan), like)
    store.close()
    test = open_page("frontier", data=ids["data"], points=f"{ids['magnitude-0.8']},{warm}")
    assert settings_that_differ(test) == [["temperature", "2", "4"]]


def test_networks_called_like_a_column_keep_one_of_their_own(filled_home, open_page):
    workspace, ids = filled_home
    store = Store(workspace.store_url)
    chosen = [ids["magnitude-0.8"], ids["magnitude-0.95"], ids["l1_filter-0.8"]]
    for id, name in zip(chosen, ("Measure", "Setting", "Dense (baseline)"), strict=True):
        store.annotate(id, Annotation(name))
    store.close()
    test = open_page("frontier", data=ids["data"], points=",".join(chosen))
    first, second = ([bare(name) for name in each.value.columns] for each in test.table)
    assert first == [
        "Measure",
        "Dense (baseline)",
        "Measure (2)",
        "Setting",
        "Dense (baseline) (2)",
    ]
    assert second == ["Setting", "Measure", "Setting (2)", "Dense (baseline)"]
    accuracies = measured(test).loc[:, "Accuracy"].map(bare).tolist()
    assert accuracies == ["76.0%", "77.0% (+1.0)", "74.0% (−2.0)", "72.0% (−4.0)"]
