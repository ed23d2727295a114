"""Lines 46-59: arrays that are not quite images and labels."""

from dataclasses import replace

import numpy as np

from core.archives.limits import LIMITS
from tests.inputs.build import course, images, labels
from tests.inputs.case import Case

FIRST, FIRST_LABELS = images(), labels()


def scaled(array, factor, dtype=np.float32):
    return (array.astype(np.float64) * factor).astype(dtype)


def both(convert):
    """Return a course file whose training and validation images are both converted."""
    return lambda: course(train_images=convert(FIRST), val_images=convert(images(6)))


def with_nan(value):
    bad = scaled(images(), 1 / 255)
    bad[3, 0, 0, 0] = value
    return course(train_images=bad)


def half_unit_half_bytes():
    mixed = scaled(images(), 1.0)
    mixed[6:] /= 255
    return course(train_images=mixed)


def half_beyond_unit():
    mixed = scaled(images(), 1.0)
    mixed[6:] *= 1.05 / 255
    return course(train_images=mixed)


def same_pixels(data):
    return np.array_equal(data.train.images, FIRST)


def renumbered(data):
    return data.train.labels.tolist() == FIRST_LABELS.tolist()


CASES = [
    Case(
        "46",
        "lengths differ",
        lambda: course(train_labels=labels(11)),
        "train_labels has 11 entries, train_images 12. Upload the pair from one export",
    ),
    Case(
        "47",
        "one-hot",
        lambda: course(train_labels=np.eye(3)[FIRST_LABELS]),
        noted="train_labels: one-hot labels were converted",
        holds=renumbered,
    ),
    Case(
        "47",
        "float labels",
        lambda: course(train_labels=FIRST_LABELS.astype(float)),
        noted="train_labels: labels stored as float64 were converted",
        holds=renumbered,
    ),
    Case(
        "47",
        "text labels",
        lambda: course(
            train_labels=np.array(["ant", "bee", "cow"])[FIRST_LABELS],
            val_labels=np.array(["ant", "bee", "cow"])[labels(6)],
        ),
        noted="text labels were numbered",
        holds=lambda d: renumbered(d) and d.class_names == ("ant", "bee", "cow"),
    ),
    Case(
        "47",
        "column of labels",
        lambda: course(train_labels=FIRST_LABELS[:, None]),
        holds=renumbered,
    ),
    Case("47", "fractions", lambda: course(train_labels=FIRST_LABELS + 0.5), "holds fractions"),
    Case("47", "two-hot", lambda: course(train_labels=np.ones((12, 3))), "not one-hot"),
    Case(
        "48",
        "gaps",
        lambda: course(train_labels=FIRST_LABELS * 5, val_labels=labels(6) * 5),
        noted=r"labels have gaps \(0, 5, 10\).*renumbered",
        holds=lambda d: renumbered(d) and d.class_names == ("0", "5", "10"),
    ),
    Case(
        "48",
        "negative",
        lambda: course(train_labels=FIRST_LABELS - 1, val_labels=labels(6) - 1),
        noted="labels are negative",
        holds=renumbered,
    ),
    Case(
        "48",
        "from one",
        lambda: course(train_labels=FIRST_LABELS + 1, val_labels=labels(6) + 1),
        noted="labels start above 0",
        holds=renumbered,
    ),
    Case(
        "49",
        "class only in validation",
        lambda: course(val_labels=labels(6) + 1),
        noted=r"validation images include classes that training never shows \(3\)",
        holds=lambda d: d.class_names == ("0", "1", "2", "3"),
    ),
    Case(
        "50",
        "one class",
        lambda: course(train_labels=np.zeros(12), val_labels=np.zeros(6)),
        "All images belong to one class",
    ),
    Case(
        "51",
        "no images",
        lambda: course(train_images=images(0), train_labels=labels(0)),
        "train_images holds no images",
    ),
    Case(
        "51",
        "no pixels",
        lambda: course(train_images=np.zeros((12, 0, 5, 3), np.uint8)),
        "train_images holds no images",
    ),
    Case("52", "nan", lambda: with_nan(np.nan), "NaN or infinite values, first in image 3"),
    Case("52", "infinite", lambda: with_nan(np.inf), "NaN or infinite values, first in image 3"),
    Case("53", "two dimensions", lambda: course(train_images=images().reshape(12, -1)), "shape"),
    Case("53", "five dimensions", lambda: course(train_images=images()[..., None]), "shape"),
    Case(
        "53",
        "seven channels",
        lambda: course(train_images=images(channels=7)),
        "1 to 4 channels",
    ),
    Case(
        "53",
        "grey without a channel axis",
        both(lambda a: a[..., 0]),
        noted="without a channel axis",
        holds=lambda d: d.image_shape == (6, 5, 1),
    ),
    Case(
        "54",
        "channels first",
        both(lambda a: np.moveaxis(a, -1, 1)),
        noted="channels came first",
        holds=same_pixels,
    ),
    Case("55", "mixed within", half_unit_half_bytes, "mixes 6 images in 0–1 with others in 0–255"),
    Case(
        "55",
        "mixed between splits",
        lambda: course(train_images=scaled(FIRST, 1 / 255)),
        "different value ranges.*train_images: 0–1, val_images: 0–255",
    ),
    Case("55", "negative", both(lambda a: scaled(a, 1) - 99), "must lie in 0–255 or 0–1"),
    Case(
        "56",
        "uint16",
        both(lambda a: a.astype(np.uint16) * 257),
        noted="uint16 in 0–65535 were rescaled to 0–255",
        holds=same_pixels,
    ),
    Case(
        "56",
        "uint16 within bytes",
        both(lambda a: a.astype(np.uint16)),
        noted="uint16 in 0–255",
        holds=same_pixels,
    ),
    Case(
        "56",
        "float 0-1 of whole bytes",
        both(lambda a: scaled(a, 1 / 255)),
        noted="float32 in 0–1 were rescaled to 0–255",
        holds=same_pixels,
    ),
    Case(
        "56",
        "float64 0-1",
        both(lambda a: scaled(a, 1 / 300, np.float64)),
        noted="float64 in 0–1 were rescaled to 0–1",
        holds=lambda d: np.allclose(d.train.images, FIRST / 300, atol=1e-7),
    ),
    Case(
        "56",
        "centred",
        both(lambda a: scaled(a, 2 / 255) - 1),
        noted="−1–1",
        holds=same_pixels,
    ),
    Case(
        "56",
        "beyond 0-1 after resizing",
        both(lambda a: (scaled(a, 1.07 / 255) - 0.04).astype(np.float32)),
        noted="train_images: values from -0.04 to 1.03 were clipped to 0–1",
        holds=lambda d: np.allclose(
            d.train.images, np.clip(FIRST / 255 * 1.07 - 0.04, 0, 1), atol=1e-6
        ),
    ),
    Case(
        "56",
        "whole bytes beyond 255",
        both(lambda a: scaled(a.astype(int) + 20, 1 / 255)),
        noted="values from 0.0784 to 1.08 were clipped to 0–1",
        holds=lambda d: np.array_equal(d.train.images, np.minimum(FIRST.astype(int) + 20, 255)),
    ),
    Case(
        "55",
        "standardised but nowhere negative",
        both(lambda a: scaled(a, 2.6 / 255)),
        "train_images has fractions up to 2.6: neither 0–1 nor 0–255. .*before any standardisation",
    ),
    Case("55", "mixed within, resized", half_beyond_unit, "mixes 6 images in 0–1 with others"),
    Case(
        "56",
        "black and white",
        both(lambda a: a > 99),
        noted="bool in 0–1",
        holds=lambda d: set(np.unique(d.train.images)) == {0, 255},
    ),
    Case(
        "57",
        "overlap",
        lambda: course(train_images=FIRST, val_images=FIRST[:6]),
        noted="Warning: 6 of 6 validation images are also training images",
    ),
    Case(
        "58",
        "validation of another size",
        lambda: course(train_images=FIRST, val_images=images(6, 9, 9)),
        noted="validation images of 9 × 9 were resized to 6 × 5",
        holds=lambda d: d.validation.images.shape == (6, 6, 5, 3),
    ),
    Case(
        "58",
        "validation with other channels",
        lambda: course(val_images=images(6, channels=1)),
        "validation images have 1 channel,",
    ),
    Case(
        "59",
        "more than the memory",
        lambda: course(train_images=images(4000), train_labels=labels(4000)),
        "larger than the 256 KiB",
        limits=replace(LIMITS, unpacked_bytes=256 * 1024),
    ),
]
