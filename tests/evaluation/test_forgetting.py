import numpy as np
import pytest

from core.evaluation.forgetting import NEVER, Curve, curve_of, read_curve, write_curve
from core.evaluation.forgotten import NEWLY_WRONG, Answers


def curve():
    """Four images of class 0 and two levels: falls late, falls early, never falls, never right."""
    return Curve(
        levels=np.array([0.5, 0.9]),
        labels=np.zeros(4, int),
        before=np.array([0, 0, 0, 1]),
        before_sure=np.array([0.9, 0.8, 0.7, 0.6]),
        after=np.array([[0, 1, 0, 1], [2, 0, 0, 0]]),
        after_sure=np.full((2, 4), 0.5),
    )


def test_an_image_falls_at_the_first_level_at_which_it_is_wrong_even_if_it_is_right_again():
    assert curve().first.tolist() == [1, 0, NEVER, NEVER]
    assert curve().right == 3
    assert [curve().fallen(level) for level in (0, 1)] == [1, 2]


def test_the_first_to_fall_come_first_and_those_that_stay_last():
    assert curve().rows(1).tolist() == [1, 0, 2, 3]
    assert curve().rows(1, kind=NEWLY_WRONG).tolist() == [0]
    assert curve().rows(0, kind=NEWLY_WRONG).tolist() == [1]
    assert curve().rows(0, label=1).tolist() == []


def test_confusions_count_what_grew_since_the_dense_network():
    assert curve().confusions(0) == [(0, 1, 2, 1)]  # image 1 joins image 3
    assert curve().confusions(1) == [(0, 2, 1, 0)]


def test_one_image_at_one_level_is_what_both_networks_say():
    change = curve().change(1, 0)
    assert (change.label, change.before, change.after) == (0, 0, 1)
    assert (change.before_confidence, change.after_confidence) == (0.8, 0.5)


@pytest.mark.parametrize(("sparsity", "place"), [(0.0, 0), (0.69, 0), (0.71, 1), (0.99, 1)])
def test_the_level_nearest_to_the_slider_is_shown(sparsity, place):
    assert curve().nearest(sparsity) == place


def test_a_curve_is_made_of_answers_and_survives_its_file(tmp_path):
    before, after = np.eye(3)[[0, 1]], np.eye(3)[[2, 1]]
    made = curve_of([0.9], [Answers(np.array([0, 1]), before, after)])
    assert made.first.tolist() == [0, NEVER]
    name = write_curve(tmp_path, made, np.ones((2, 200, 100, 1), np.float32))
    again, pictures = read_curve(tmp_path / name)
    assert again.after.tolist() == [[2, 1]]
    assert pictures.shape == (2, 67, 34, 1)  # every third pixel: 200 / 3, 100 / 3
