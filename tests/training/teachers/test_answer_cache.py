"""Answers that are remembered image by image."""

import numpy as np

from core.training.teachers.answer_cache import ENTRY_BYTES, AnswerCache

IMAGES = np.random.default_rng(0).random((6, 5, 5, 1), np.float32)


class Answering:
    """Answers an image with its sum and its largest value, and counts what it is asked."""

    def __init__(self):
        self.asked = []

    def __call__(self, images):
        self.asked.append(len(images))
        return np.stack([images.sum(axis=(1, 2, 3)), images.max(axis=(1, 2, 3))], axis=1)


def right(images):
    return Answering()(images)


def test_only_new_images_are_asked_about():
    table, ask = AnswerCache(10_000), Answering()
    assert np.array_equal(table.of("a", IMAGES[:3], ask), right(IMAGES[:3]))
    mixed = IMAGES[[4, 1, 5, 1, 0]]
    assert np.array_equal(table.of("a", mixed, ask), right(mixed))
    assert np.array_equal(table.of("a", mixed[::-1], ask), right(mixed[::-1]))
    assert ask.asked == [8, 8]  # three, then two: filled up to a multiple of eight


def test_an_image_twice_in_a_batch_is_one_question_answered_twice():
    twice = IMAGES[[2, 2, 2]]
    assert np.array_equal(AnswerCache(10_000).of("a", twice, Answering()), right(twice))


def test_another_name_is_another_question():
    table, ask = AnswerCache(10_000), Answering()
    table.of("a", IMAGES, ask)
    table.of("b", IMAGES, ask)
    assert len(ask.asked) == 2


def test_with_no_more_room_it_begins_anew():
    table, ask = AnswerCache(4 * (ENTRY_BYTES + 8)), Answering()
    table.of("a", IMAGES[:3], ask)
    assert np.array_equal(table.of("a", IMAGES[2:5], ask), right(IMAGES[2:5]))
    table.of("a", IMAGES[3:5], ask)  # still there
    assert len(ask.asked) == 2
    table.of("a", IMAGES[:1], ask)  # gone, with all from before
    assert len(ask.asked) == 3


def test_more_at_once_than_there_is_room_for_is_answered_all_the_same():
    assert np.array_equal(AnswerCache(1).of("a", IMAGES, Answering()), right(IMAGES))
