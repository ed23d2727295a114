from dataclasses import replace

import numpy as np

from core.data.dataset import Split
from core.training.batches import Batches, augment, cut_out, shift, steps_per_epoch
from core.training.recipe import Recipe

PLAIN = Recipe(batch_size=4)
IMAGES = np.arange(10 * 12 * 12, dtype=np.float32).reshape(10, 12, 12, 1)
SPLIT = Split(IMAGES, np.arange(10))


def test_every_image_comes_once_an_epoch_with_its_label():
    batches = list(Batches(SPLIT, PLAIN, seed=1).epoch(0))
    assert [len(labels) for _, labels in batches] == [4, 4, 2]
    labels = np.concatenate([labels for _, labels in batches])
    assert sorted(labels) == list(range(10))
    assert np.array_equal(np.concatenate([images for images, _ in batches]), IMAGES[labels])


def test_the_order_depends_on_seed_and_epoch_and_nothing_else():
    recipe = replace(PLAIN, flips=True, crop=2, cutout=4)
    batches = Batches(SPLIT, recipe, seed=1)
    list(batches.epoch(0))
    again = Batches(SPLIT, recipe, seed=1)
    for (images, labels), (other_images, other_labels) in zip(
        batches.epoch(3), again.epoch(3), strict=True
    ):
        assert np.array_equal(images, other_images)
        assert np.array_equal(labels, other_labels)
    first = [labels.tolist() for _, labels in batches.epoch(0)]
    assert first != [labels.tolist() for _, labels in batches.epoch(1)]
    assert first != [labels.tolist() for _, labels in Batches(SPLIT, recipe, seed=2).epoch(0)]


def test_a_middle_offset_moves_nothing():
    assert np.array_equal(shift(IMAGES, np.full((10, 2), 2), 2), IMAGES)


def test_a_shift_moves_rows_and_columns_and_reflects_at_the_edge():
    image = np.arange(9.0).reshape(1, 3, 3, 1)
    # One row down the padded image, one column left: rows 1, 2, reflected 1; columns 1, 0, 1.
    moved = shift(image, np.array([[2, 0]]), 1)
    assert moved[0, :, :, 0].tolist() == [[4, 3, 4], [7, 6, 7], [4, 3, 4]]


def test_flips_mirror_some_images_and_leave_the_others():
    flipped = augment(IMAGES, Recipe(flips=True), np.random.default_rng(1))
    mirrored = [np.array_equal(a, b[:, ::-1]) for a, b in zip(flipped, IMAGES, strict=True)]
    same = [np.array_equal(a, b) for a, b in zip(flipped, IMAGES, strict=True)]
    assert 0 < sum(mirrored) < 10
    assert sum(mirrored) + sum(same) == 10


def test_cutout_greys_a_square_even_over_the_edge():
    images = np.ones((2, 6, 6, 1), np.float32)
    cut = cut_out(images, np.array([[3, 3], [0, 5]]), Recipe(cutout=4))
    assert (cut[0] == 0.5).sum() == 16
    assert cut[1, :, :, 0][:2, 3:].tolist() == [[0.5] * 3] * 2
    assert (cut[1] == 0.5).sum() == 6
    assert (images == 1).all()


def test_a_last_batch_of_one_image_joins_the_one_before():
    sizes = {
        count: [
            len(labels) for _, labels in Batches(SPLIT.take(np.arange(count)), PLAIN, 1).epoch(0)
        ]
        for count in (1, 4, 5, 9, 10)
    }
    assert sizes == {1: [1], 4: [4], 5: [5], 9: [4, 5], 10: [4, 4, 2]}
    assert all(steps_per_epoch(count, 4) == len(batches) for count, batches in sizes.items())
    assert steps_per_epoch(3, 1) == 3
