"""The small frontier of the home page: the front, the best, and no more dots than can be seen."""

from types import SimpleNamespace

from core.runs.home.showcase import MOST_DOTS, MOST_NAMED, showcase
from tests.evaluation.points import point


def network(found, data="here"):
    return SimpleNamespace(point=found, data=data)


def test_nothing_is_shown_of_a_workspace_without_networks():
    assert showcase([]) is None


def test_the_front_and_the_best_are_always_there_and_dots_are_few():
    dense = point(0.8, 0.0, "dense", id="root", zeros=0, score=0.0)
    weak = [point(0.5, 0.3 + n / 1e4, id=f"w{n}", parent="root") for n in range(100)]
    line = [point(0.79 - n / 100, 0.8 + n / 50, id=f"f{n}", parent="root") for n in range(5)]
    found = showcase([network(each) for each in (*weak, *line, dense)])
    shown = [each.id for each in found.points]
    assert len(shown) == MOST_DOTS
    assert {"root", "f0", "f4"} <= set(shown)
    assert (found.on_front, found.networks) == (6, 106)
    # (0.75 + 0.88) / 2 = 0.815 at f4 is the best score: each step loses 0.01 and gains 0.02
    assert [each.id for each in found.best] == ["f4", "f3", "f2"]
    assert len(found.best) == MOST_NAMED


def test_networks_of_another_data_set_are_left_out():
    networks = [network(point(0.7, 0.9, id="a")), network(point(0.9, 0.95, id="b"), "there")]
    found = showcase(networks)
    assert (found.data, [each.id for each in found.points]) == ("here", ["a"])


def test_what_was_measured_elsewhere_is_not_among_the_best():
    imported = point(
        0.9, 0.95, id="i", notes=("Imported: measured elsewhere, not on this machine.",)
    )
    assert imported.imported
    found = showcase([network(imported), network(point(0.7, 0.9, id="mine"))])
    assert [each.id for each in found.best] == ["mine"]


def test_a_control_is_never_among_the_best():
    lucky = network(point(0.9, 0.95, "random", id="lucky"))
    found = showcase([lucky, network(point(0.7, 0.9, id="mine"))])
    assert [each.id for each in found.best] == ["mine"]
    assert {each.id for each in found.points} == {"lucky", "mine"}  # it is drawn all the same
