"""The frontier's arithmetic, on points small enough to check by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evaluation.axes import ACCURACY, AXES, SPARSITY, all_axes
from core.evaluation.frontier import (
    best_by_validation,
    best_under,
    front,
    hypervolume,
    hypervolume_by_method,
    iso_score,
    knee,
    over_seeds,
    stepped,
)
from tests.evaluation.points import point

A, B, C = point(0.8, 0.5), point(0.7, 0.9), point(0.6, 0.95)
WORSE = point(0.65, 0.8)


def test_a_point_beaten_on_both_axes_is_not_on_the_front() -> None:
    assert front([WORSE, C, A, B]) == [A, B, C]


def test_of_two_equal_points_the_first_stays() -> None:
    twin = point(0.8, 0.5, method="random")
    assert front([A, twin]) == [A]


def test_a_point_without_a_value_on_an_axis_is_left_out() -> None:
    unmeasured = point(0.9, 0.99, agreement=None)
    assert front([unmeasured, A], SPARSITY, AXES["agreement"]) == [A]


def test_fewer_bytes_are_better() -> None:
    # A has 2000 bytes and .8, B has 400 and .7; WORSE has 800 and .65: B beats it on both.
    assert front([A, B, WORSE], AXES["gzip_bytes"], ACCURACY) == [A, B]


def test_steps_go_down_at_the_sparser_point() -> None:
    assert stepped([A, B]) == [(0.5, 0.8), (0.5, 0.7), (0.9, 0.7)]


def test_hypervolume_is_the_area_under_the_steps() -> None:
    # 0.5 * 0.8 + (0.9 - 0.5) * 0.7 = 0.40 + 0.28
    assert hypervolume([A, B]) == pytest.approx(0.68)


def test_hypervolume_counts_only_above_the_reference() -> None:
    # reference (0.6, 0.6): A is not sparser than it; B adds (0.9 - 0.6) * (0.7 - 0.6)
    assert hypervolume([A, B], reference=(0.6, 0.6)) == pytest.approx(0.03)


def test_hypervolume_of_an_axis_where_less_is_better() -> None:
    # gzip bytes 2000 and 400 under a worst case of 4000, accuracies .8 and .7 over 0:
    # A covers 4000 - 2000 bytes at .8, B the next 1600 at .7
    area = hypervolume([A, B], AXES["gzip_bytes"], ACCURACY, reference=(4000, 0))
    assert area == pytest.approx(2000 * 0.8 + 1600 * 0.7)


coordinates = st.floats(0.01, 0.99)
clouds = st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=12)


@given(clouds)
def test_no_point_beats_one_of_the_front_and_every_other_is_beaten(cloud: list) -> None:
    points = [point(accuracy, sparsity) for accuracy, sparsity in cloud]
    line = front(points)
    for p in points:
        matched = any(q.accuracy >= p.accuracy and q.sparsity >= p.sparsity for q in line)
        assert matched
    for p in line:
        assert not any(
            q.accuracy >= p.accuracy
            and q.sparsity >= p.sparsity
            and (q.accuracy, q.sparsity) != (p.accuracy, p.sparsity)
            for q in points
        )


@given(clouds)
def test_hypervolume_equals_a_count_on_a_fine_grid(cloud: list) -> None:
    rounded = [(round(a, 1), round(s, 1)) for a, s in cloud]
    points = [point(a, s) for a, s in rounded]
    centres = (np.arange(10) + 0.5) / 10
    cells = sum(any(a > y and s > x for a, s in rounded) for x in centres for y in centres)
    assert hypervolume(points) == pytest.approx(cells / 100)


def test_the_knee_is_farthest_above_the_line_between_the_ends() -> None:
    # scaled to the front's range, B is at ((.9-.5)/.45, (.7-.6)/.2) = (.889, .5): .389 above
    assert knee([A, B, C]) == B


def test_a_straight_front_has_no_knee() -> None:
    assert knee([point(0.8, 0.5), point(0.7, 0.6), point(0.6, 0.7)]) is None
    assert knee([A, B]) is None


def test_points_on_an_iso_score_line_have_that_score() -> None:
    assert iso_score(0.85, np.array([0.9, 0.98])) == pytest.approx([0.8, 0.72])


def test_the_best_point_under_a_budget_of_bytes() -> None:
    assert best_under([A, B, C], AXES["gzip_bytes"], 400) == B
    assert best_under([A, B, C], AXES["gzip_bytes"], 100) is None


def test_seeds_of_one_plan_become_one_dot_with_its_spread() -> None:
    runs = [point(0.70, 0.9, seed=0), point(0.74, 0.9, seed=1), point(0.5, 0.9, method="random")]
    mean, alone = over_seeds(runs)
    assert mean.seeds == (0, 1)
    assert mean.y == pytest.approx(0.72)
    assert mean.y_spread == pytest.approx(0.02 * math.sqrt(2))  # sample deviation of .70 and .74
    assert math.isnan(alone.y_spread)


def test_methods_are_ranked_by_hypervolume() -> None:
    areas = hypervolume_by_method([point(0.5, 0.9, method="random"), B])
    assert areas == pytest.approx({"magnitude": 0.63, "random": 0.45})
    assert list(areas) == ["magnitude", "random"]


def test_every_class_has_an_axis_of_its_own() -> None:
    axes = all_axes(["shirt", "coat"])
    assert axes["class:1"].value(point(0.7, 0.9, per_class_accuracy=(0.6, 0.8))) == 0.8
    assert math.isnan(axes["class:1"].value(point(0.7, 0.9, per_class_accuracy=(0.6, None))))


def test_networks_of_other_dense_ones_and_uploads_are_no_repetitions() -> None:
    pruned = [point(0.70, 0.9, parent="one"), point(0.80, 0.9, parent="two")]
    uploads = [point(0.6, 0.9, method="dense", id=name, plan={}, epochs=0) for name in "ab"]
    assert [summary.several for summary in over_seeds([*pruned, *uploads])] == [False] * 4


def test_the_best_is_chosen_on_validation_images_and_not_by_its_luck_on_the_holdout() -> None:
    lucky = point(0.80, 0.9, validation_accuracy=0.70)
    better = point(0.75, 0.9, validation_accuracy=0.76, seed=1)
    assert best_by_validation([lucky, better]) == better
    low = [point(0.3, 0.9, validation_accuracy=a) for a in (0.2, 0.5, 0.4)]
    assert best_by_validation(low) == low[1]  # all score 0: the most accurate
    assert best_by_validation([]) is None
