"""Confusion matrices are stored without the cells that are zero, and read as they were."""

import json

import numpy as np
import pytest

from core.errors import RecordError
from core.evaluation.counts import (
    MOST,
    WHOLE,
    counts_from_json,
    counts_to_json,
    images_of,
    largest_mistakes,
)


def random_counts(classes, images=300):
    rng = np.random.default_rng(classes)
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, tuple(rng.integers(0, classes, (2, images))), 1)
    counts[0, 1] = -3  # a difference of two matrices
    return tuple(tuple(row) for row in counts.tolist())


@pytest.mark.parametrize("classes", [2, WHOLE, WHOLE + 1, 400])
def test_a_matrix_is_read_as_it_was(classes):
    counts = random_counts(classes)
    stored = json.loads(json.dumps(counts_to_json(counts)))
    found = counts_from_json(stored, "confusion")
    assert found == counts
    assert counts_to_json(found) == stored
    assert images_of(found) == images_of(counts) == sum(map(sum, counts))
    assert (len(found), found[0], tuple(found)) == (classes, counts[0], counts)


def test_a_few_classes_are_stored_as_rows_and_many_are_still_read_from_rows():
    assert counts_to_json(((1, 2), (3, 4))) == [[1, 2], [3, 4]]
    counts = random_counts(WHOLE + 8)
    assert counts_from_json([list(row) for row in counts], "confusion") == counts


def test_a_thousand_classes_take_what_their_images_fill():
    assert len(json.dumps(counts_to_json(random_counts(1000)))) < 300 * 20


CELLS = {"classes": 40, "row": [1, 2], "column": [3, 4], "count": [5, 6]}


@pytest.mark.parametrize(
    "change",
    [
        {"classes": MOST + 1},
        {"classes": 0},
        {"classes": "40"},
        {"row": [1]},
        {"row": [1, 40]},
        {"column": [-1, 4]},
        {"count": [0.5, 1.5]},
        {"count": None},
    ],
)
def test_a_damaged_matrix_is_refused_with_its_place(change):
    with pytest.raises(RecordError, match="^confusion"):
        counts_from_json(CELLS | change, "confusion")


@pytest.mark.parametrize("value", [None, 5, "rows", [1, 2], [[1, "2"]]])
def test_what_is_no_matrix_is_refused(value):
    with pytest.raises(RecordError, match="^confusion"):
        counts_from_json(value, "confusion")


def test_the_largest_mistakes_are_off_the_diagonal_and_largest_first():
    counts = ((9, 1, 0), (-4, 9, 0), (2, 0, 9))
    assert largest_mistakes(counts) == [(1, 0, -4), (2, 0, 2), (0, 1, 1)]
    assert largest_mistakes(counts, 1) == [(1, 0, -4)]
    assert largest_mistakes(((5, 0), (0, 5))) == []
