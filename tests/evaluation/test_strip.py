"""The few images that stand for a network: balanced, chosen once, and those that cuts change."""

import numpy as np

from core.evaluation.forgotten import KINDS, NEWLY_RIGHT, NEWLY_WRONG, kinds
from core.evaluation.strip import strip_rows, survived
from tests.evaluation.test_forgotten import probabilities


def test_classes_have_equally_many_images_as_far_as_they_have_them():
    labels = np.array([0] * 100 + [1] * 3)  # 24: three of the small class, 21 of the large one
    rows = strip_rows(probabilities(labels, np.full(103, 0.9)), labels)
    assert np.bincount(labels[rows]).tolist() == [21, 3]
    assert len(set(rows.tolist())) == 24


def led(leads):
    """Return (n, 2) probabilities of class 0 that lead those of class 1 by so much."""
    first = (1 + np.asarray(leads)) / 2
    return np.stack([first, 1 - first], axis=1)


def test_within_a_class_take_turns_what_falls_first_is_almost_right_falls_later_and_is_sure():
    leads = np.array([0.9, 0.1, 0.5, 0.3, -0.8, -0.2, 0.7])
    falls = np.array([3, 1, 0, 1, 0, 0, 3])
    rows = strip_rows(led(leads), np.zeros(7, int), falls, 5)
    # In the order of falling the right ones are 2, 1, 3, 6, 0. First 2, though it leads by .5;
    # 5 is almost right; the middle one of those that fall (2, 1, 3) is 1; then 3, the next to
    # fall; the middle of the sure ones (0, 6, 2, 3, 1) is taken, so the next to fall: 6.
    assert set(rows.tolist()) == {2, 5, 1, 3, 6}
    assert leads[rows].tolist() == sorted(leads[rows], reverse=True)  # the surest first


def test_without_cuts_the_images_nearest_to_the_border_come_first():
    leads = np.linspace(-0.5, 0.95, 30)
    rows = strip_rows(led(leads), np.zeros(30, int), None, 2)
    right, wrong = leads[leads > 0].min(), leads[leads <= 0].max()
    assert leads[rows].tolist() == [right, wrong]


def test_a_slight_cut_changes_images_of_the_strip():
    """Four images of a hundred cross the border; evenly spread over the confidence none is seen."""
    leads = np.linspace(-0.6, 0.98, 100)
    after = leads - np.where((leads > 0) & (leads < 0.08), 0.1, 0.0)
    after += np.where((leads < 0) & (leads > -0.05), 0.1, 0.0)
    labels = np.zeros(100, int)
    seen = kinds(labels, led(leads).argmax(axis=1), led(after).argmax(axis=1))
    rows = strip_rows(led(leads), labels, None, 10)
    shown = [KINDS[place] for place in seen[rows]]
    assert shown.count(NEWLY_WRONG) >= 3
    assert shown.count(NEWLY_RIGHT) >= 1


def test_every_image_is_in_the_strip_once_whatever_the_class_has():
    for leads in ([0.5] * 4, [-0.5] * 4, [0.1, -0.1, 0.2, 0.3]):
        rows = strip_rows(led(leads), np.zeros(4, int), np.zeros(4, int))
        assert sorted(rows.tolist()) == [0, 1, 2, 3]


def test_an_image_has_survived_the_cuts_before_the_first_that_loses_it():
    right, lost = np.eye(2)[[0] * 4], np.eye(2)[[1] * 4]
    cuts = [np.where(np.array(keeps)[:, None], right, lost)
            for keeps in ([1, 1, 1, 0], [1, 0, 1, 1], [1, 1, 0, 1])]  # fmt: skip
    # The last one is lost at once: that it is right again by luck does not count.
    assert survived(np.zeros(4, int), cuts).tolist() == [3, 1, 2, 0]
    assert survived(np.zeros(2, int), []).tolist() == [0, 0]


def test_more_classes_than_images_have_one_image_each_from_everywhere():
    labels = np.arange(100)
    rows = strip_rows(np.eye(100), labels, count=24)
    assert len(rows) == 24
    assert (labels[rows].min(), labels[rows].max()) == (0, 99)


def test_a_network_whose_answers_are_no_numbers_has_a_strip_too():
    labels = np.arange(50) % 5
    rows = strip_rows(np.full((50, 5), np.nan, np.float32), labels)
    assert len(set(rows.tolist())) == 24
    some = np.where(np.arange(50)[:, None] < 10, np.float32(np.nan), np.eye(5)[labels])
    assert len(set(strip_rows(some, labels).tolist())) == 24
