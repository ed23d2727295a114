import numpy as np

from core.evaluation.behaviour import Change
from core.evaluation.forgotten import (
    KINDS,
    Answers,
    Forgotten,
    forgotten,
    kind_of,
    kinds,
    read_pictures,
    write_answers,
)

CLASSES = ("cat", "dog")


def probabilities(classes, sureness):
    """Return (n, 2) rows whose largest entry is `sureness` at the class."""
    found = np.full((len(classes), 2), 0.0)
    for row, (each, sure) in enumerate(zip(classes, sureness, strict=True)):
        found[row] = 1 - sure
        found[row, each] = sure
    return found


def four():
    """Four images of a cat, one of each kind: right both times, lost, gained, wrong both times."""
    before = probabilities([0, 0, 1, 1], [0.9, 0.8, 0.7, 0.6])
    after = probabilities([0, 1, 0, 1], [0.9, 0.6, 0.7, 0.8])
    return Answers(np.zeros(4, int), before, after)


def test_each_image_is_of_one_kind_in_arrays_as_alone():
    found = forgotten(four(), CLASSES)
    assert found.counts == (1, 1, 1, 1)
    alone = sorted((each.row, kind_of(each)) for each in found.images)
    assert [kind for _, kind in alone] == list(KINDS)
    places = kinds(np.zeros(4, int), np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]))
    assert places.tolist() == [0, 1, 2, 3]


def test_what_two_networks_say_to_an_image_has_both_confidences():
    found = forgotten(four(), CLASSES)
    assert found.exemplars == (Change(1, 0, 0, 1, 0.8, 0.6),)


def test_exemplars_are_newly_wrong_and_those_come_first_that_the_dense_network_was_surest_of():
    before = probabilities([0, 0, 0], [0.6, 0.9, 0.7])
    after = probabilities([1, 1, 0], [0.8, 0.8, 0.8])
    found = forgotten(Answers(np.zeros(3, int), before, after), CLASSES)
    assert [each.row for each in found.exemplars] == [1, 0]


def test_the_strip_does_not_depend_on_the_cut():
    answers = four()
    other = Answers(answers.labels, answers.before, answers.after[::-1])
    rows = [[c.row for c in forgotten(each, CLASSES).images] for each in (answers, other)]
    assert rows[0] == rows[1]


def test_no_image_at_all_is_an_empty_strip():
    nothing = Answers(np.zeros(0, int), np.zeros((0, 2)), np.zeros((0, 2)))
    found = forgotten(nothing, CLASSES)
    assert (found.images, found.looked_at, found.counts) == ((), 0, (0, 0, 0, 0))


def test_the_file_has_the_pictures_of_the_strip(tmp_path):
    images = np.zeros((4, 2, 2, 1), np.float32)
    images[2] = 1.0
    found = forgotten(four(), CLASSES)
    name = write_answers(tmp_path, found, four(), images)
    pictures = read_pictures(tmp_path / name)
    assert set(pictures) == {0, 1, 2, 3}
    assert pictures[2].tolist() == [[[255], [255]], [[255], [255]]]


def test_a_strip_survives_the_store():
    found = forgotten(four(), CLASSES)
    assert Forgotten.from_json(found.to_json()) == found
