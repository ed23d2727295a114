"""Addresses restore a view, and chosen networks have names of their own."""

from dataclasses import replace

from core.evaluation import differences as lineage
from core.evaluation.axes import AXES
from core.evaluation.differences import differences
from core.evaluation.frontier import front
from core.pruning.search.sweep import Sweep
from core.runs import selection
from core.runs.selection import from_text, to_text, told_apart
from tests.evaluation.points import point

ONE, TWO = point(0.7, 0.9, id="0123456789abcdef"), point(0.6, 0.9, id="fedcba9876543210")


def test_an_address_restores_the_choice() -> None:
    assert to_text([ONE.id, TWO.id]) == "01234567,fedcba98"
    assert from_text("01234567,fedcba98", [TWO, ONE]) == [ONE.id, TWO.id]


def test_unknown_ids_in_an_address_are_left_out() -> None:
    assert from_text("01234567,../etc,,zzz", [ONE]) == [ONE.id]
    assert from_text(None, [ONE]) == []


def test_at_most_six_are_chosen() -> None:
    points = [point(0.7, 0.9, id=f"{n}" * 16) for n in range(9)]
    assert len(from_text(to_text([p.id for p in points]), points)) == 6


def test_equal_labels_are_told_apart_by_seed_and_then_by_id() -> None:
    same = [
        point(0.7, 0.9, id="a" * 16, label="M", seed=1),
        point(0.7, 0.9, id="b" * 16, label="M"),
    ]
    assert [p.label for p in told_apart(same)] == ["M, seed 1", "M, seed 0"]
    twins = [point(0.7, 0.9, id=c * 16, label="M") for c in "ab"]
    assert [p.label for p in told_apart(twins)] == ["M (aaaaaaaa)", "M (bbbbbbbb)"]


def test_seeds_that_a_sweep_derived_have_places_not_nine_digits() -> None:
    derived = [run.seed for run in Sweep(methods=("snip",), sparsities=(0.9,), seeds=3).runs()]
    assert min(derived) > 10_000
    same = [point(0.7, 0.9, id=f"{n}" * 16, label="M", seed=s) for n, s in enumerate(derived)]
    assert [p.label for p in told_apart(same)] == [f"M, seed {n} of 3" for n in (1, 2, 3)]
    mixed = [*same[:2], point(0.7, 0.9, id="d" * 16, label="M", seed=5)]
    assert [p.label for p in told_apart(mixed)] == [
        "M, seed 1 of its sweep",
        "M, seed 2 of its sweep",
        "M, seed 5",
    ]


def test_equal_labels_are_told_apart_by_what_was_set_differently() -> None:
    short, long = (
        point(0.7, 0.9, id=c * 16, label="M", epochs=epochs, plan={"epochs": epochs, "ramp": 0.5})
        for c, epochs in (("a", 1), ("b", 2))
    )
    wide = point(0.7, 0.9, id="c" * 16, label="M", epochs=2, plan={"epochs": 2, "narrow": False})
    assert [p.label for p in told_apart([short, long])] == ["M, 1 epoch", "M, 2 epochs"]
    assert [p.label for p in told_apart([long, wide])] == [
        "M, ramp 0.5",
        "M, narrow off",
    ]


def test_networks_of_two_roots_say_which() -> None:
    one, two = (point(0.7, 0.9, id=c * 16, label="M", parent=c * 16) for c in "ab")
    assert [p.label for p in told_apart([one, two])] == ["M, from aaaaaaaa", "M, from bbbbbbbb"]


def test_networks_of_one_name_are_compared_once_however_many_they_are(monkeypatch):
    """Four thousand of them took 20 seconds when each was compared with all."""
    asked = []

    def counted(points):
        asked.append(len(points))
        return differences(points)

    monkeypatch.setattr(selection, "differences", counted)
    points = [point(0.7, 0.5, id=f"{n:08}", seed=n, label="one") for n in range(300)]
    points += [point(0.7, 0.5, id="alone", label="another")]
    labels = [each.label for each in selection.told_apart(points)]
    assert asked == [300]
    assert labels[:2] == ["one, seed 0", "one, seed 1"]
    assert labels[-1] == "another"


def test_a_plan_is_read_once_however_many_networks_have_it(monkeypatch):
    read, flat = [], lineage.flat
    monkeypatch.setattr(lineage, "flat", lambda plan: read.append(plan) or flat(plan))
    points = [
        point(0.7, sparsity, id=f"{n}-{sparsity}", seed=n, label="one")
        for n in range(300)
        for sparsity in (0.5, 0.9)
    ]
    labels = [each.label for each in told_apart(points)]
    assert len(read) == 2
    assert labels[:2] == ["one, sparsity 0.5, seed 0", "one, sparsity 0.9, seed 0"]


def test_another_label_changes_nothing_else():
    named = point(0.7, 0.5).called("mine")
    assert named == replace(point(0.7, 0.5), label="mine")
    assert named.plan_digest == point(0.7, 0.5).plan_digest


def test_each_axis_is_read_a_few_times_a_point_for_the_front():
    """Sorting compares keys made once a point: 8 readings of each axis, not one a pair."""
    read = []
    axis = replace(AXES["accuracy"], value=lambda p: read.append(p.id) or p.accuracy)
    points = [point(n / 1000, 1 - n / 1000, id=str(n)) for n in range(500)]
    assert len(front(points, AXES["sparsity"], axis)) == 500
    assert len(read) <= 8 * 500
