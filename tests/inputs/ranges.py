"""Lines 128-130: value ranges, axes and names of arrays as people export them."""

import numpy as np

from tests.inputs import build
from tests.inputs.build import npy, npz, zipped
from tests.inputs.case import Case

LINES = {"128", "129", "130"}
TRAIN, VALID = build.images(), build.images(6)
DARK_TRAIN, DARK_VALID = TRAIN // 5, VALID // 5
SMOOTH = np.linspace(0, 1, 12 * 90).reshape(12, 6, 5, 3) ** 1.3  # on no grid of bytes
SPREAD = SMOOTH[[0, 2, 4, 6, 8, 11]]


def both(change, train=TRAIN, valid=VALID):
    return lambda: npz(train_images=change(train), val_images=change(valid))


def pixels(train=TRAIN, valid=VALID, within=0):
    """Return whether the images read are these bytes, to within a rounding."""

    def holds(dataset):
        return all(
            np.abs(split.as_float() * 255 - wanted).max() <= within + 1e-3
            for split, wanted in ((dataset.train, train), (dataset.validation, valid))
        )

    return holds


def smooth(change, train=SMOOTH, valid=SMOOTH[::2]):
    return both(lambda a: change(a).astype(np.float32), train, valid)


def fraction(divisor, minus=0.0, kind=np.float32):
    return lambda a: (a.astype(np.float64) / divisor - minus).astype(kind)


def standardised(a):
    return ((a - a.mean(axis=(0, 1, 2))) / a.std(axis=(0, 1, 2))).astype(np.float32)


def mean_image_subtracted(a):
    return (a / 255 - (a / 255).mean(axis=0)).astype(np.float32)


MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
AROUND_ZERO = "around zero: a mean was subtracted.*nothing says what black and white were"
BEFORE = "before any standardisation|as they were before that"

EXACT = {
    "x/255 - 0.5": fraction(255, 0.5),
    "x/255 - 0.5 in float64": fraction(255, 0.5, np.float64),
    "x/127.5 - 1": fraction(127.5, 1),
    "x/127.5 - 1 in float64": fraction(127.5, 1, np.float64),
    "x/255 times 2 minus 1": lambda a: a.astype(np.float32) / np.float32(255) * 2 - 1,
    "(x/255 - 0.5) / 0.5": lambda a: (a.astype(np.float32) / 255 - 0.5) / 0.5,
    "(x - 127.5) / 255": lambda a: (a.astype(np.float32) - np.float32(127.5)) / 255,
}
REFUSED = {
    "minus a mean colour": lambda a: (a / 255 - [0.49, 0.48, 0.45]).astype(np.float32),
    "minus one mean": lambda a: (a / 255 - (a / 255).mean()).astype(np.float32),
    "minus a mean image": mean_image_subtracted,
    "standardised": standardised,
    "standardised as ImageNet": lambda a: ((a / 255 - MEAN) / DEVIATION).astype(np.float32),
    "standardised and made small": lambda a: 0.3 * standardised(a),
    "a quarter": fraction(255, 0.25),
    "tanh": lambda a: np.tanh(standardised(a)) * 0.9,
    "bytes minus a mean": lambda a: (a - a.mean()).astype(np.float32),
    "bytes minus 128 as int8": lambda a: (a.astype(int) - 128).astype(np.int8),
}

CASES = [
    *(
        Case("128", f"exact {name}", both(change), noted="were rescaled to", holds=pixels())
        for name, change in EXACT.items()
    ),
    *(
        Case(
            "128",
            f"dark, exact {name}",
            both(change, DARK_TRAIN, DARK_VALID),
            holds=pixels(DARK_TRAIN, DARK_VALID),
        )
        for name, change in EXACT.items()
    ),
    Case(
        "128",
        "a dark training set beside a bright validation set",
        both(fraction(255, 0.5), DARK_TRAIN, VALID),
        holds=pixels(DARK_TRAIN, VALID),
    ),
    Case(
        "128",
        "half precision",
        both(fraction(255, 0.5, np.float16)),
        noted="in −0.5–0.5 were rescaled to 0–1",
        holds=pixels(within=0.1),
    ),
    Case(
        "128",
        "no whole bytes, both ends of −0.5–0.5",
        smooth(lambda a: a - 0.5),
        noted="float32 in −0.5–0.5 were rescaled to 0–1",
        holds=pixels(SMOOTH * 255, SMOOTH[::2] * 255),
    ),
    Case(
        "128",
        "no whole bytes, both ends of −1–1",
        smooth(lambda a: 2 * a - 1),
        noted="float32 in −1–1 were rescaled to 0–1",
        holds=pixels(SMOOTH * 255, SMOOTH[::2] * 255),
    ),
    *(
        Case("128", f"no whole bytes, {name}", smooth(change), AROUND_ZERO)
        for name, change in {
            "not both ends of −1–1": lambda a: 1.6 * a - 0.9,
            "not both ends of −0.5–0.5": lambda a: 0.9 * a - 0.5,
            "black at −1 only": lambda a: 1.5 * a - 1,
            "white at 1 only": lambda a: 1.4 * a - 0.4,
            "a small mean subtracted": lambda a: 0.2 * a - (0.2 * a).mean(),
        }.items()
    ),
    *(Case("128", name, both(change), BEFORE) for name, change in REFUSED.items()),
    Case(
        "128",
        "one split centred and one not",
        lambda: npz(train_images=fraction(255, 0.5)(TRAIN), val_images=fraction(255)(VALID)),
        "splits use different value ranges",
    ),
    Case(
        "128",
        "two centred ranges, exact",
        lambda: npz(train_images=fraction(127.5, 1)(TRAIN), val_images=fraction(255, 0.5)(VALID)),
        "splits use different value ranges .train_images: -1 to 1, val_images: -0.5 to 0.5",
    ),
    Case(
        "128",
        "two centred ranges, both ends of each",
        lambda: npz(
            train_images=(2 * SMOOTH - 1).astype(np.float32),
            val_images=(SPREAD - 0.5).astype(np.float32),
        ),
        "different value ranges",
    ),
    Case(
        "128",
        "black in one split and white in the other",
        lambda: npz(
            train_images=(1.2 * SMOOTH - 1).astype(np.float32),
            val_images=(1.1 * SPREAD - 0.1).astype(np.float32),
        ),
        noted="float32 in −1–1",
    ),
    *(
        Case(
            "128",
            f"nothing bright in {name}",
            both(change),
            noted=f"Warning: the brightest pixel of all images is .* where {white} is white",
        )
        for name, white, change in (
            ("16 greys", 255, lambda a: a // 16),
            ("halved fractions", 1, fraction(600)),
        )
    ),
    *(
        Case("129", label, content, noted=noted, holds=pixels())
        for label, content, noted in (
            (
                "height, width, channels, number",
                both(lambda a: np.moveaxis(a, 0, -1)),
                "train_images: its last axis has as many entries as there are labels",
            ),
            (
                "width, height, channels, number",
                both(lambda a: np.asfortranarray(np.moveaxis(a, 0, -1))),
                "its last axis",
            ),
            (
                "channels, height, width, number",
                both(lambda a: np.moveaxis(np.moveaxis(a, 0, -1), 2, 0)),
                "channels came first",
            ),
        )
    ),
    Case(
        "129",
        "grey with the number last",
        both(lambda a: np.moveaxis(a[..., 0], 0, -1)),
        noted="its last axis",
        holds=pixels(TRAIN[..., :1], VALID[..., :1]),
    ),
    Case(
        "129",
        "as many images as rows, number last",
        lambda: npz(train_images=np.moveaxis(build.images(6), 0, -1), train_labels=build.labels(6)),
        noted="train_images: its last axis",
        holds=lambda d: d.image_shape == (6, 5, 3),
    ),
    Case(
        "129",
        "labels as one row",
        lambda: npz(
            train_images=np.moveaxis(TRAIN, 0, -1),
            train_labels=build.labels()[np.newaxis],
            val_labels=build.labels(6)[:, np.newaxis],
        ),
        holds=lambda d: d.train.labels.tolist() == build.labels().tolist(),
    ),
    *(
        Case(
            "129",
            f"too few labels, as many as {label}",
            lambda images=images, count=count: npz(
                train_images=images,
                train_labels=build.labels(count),
                val_images=images[:6],
            ),
            f"train_labels has {count} entries, train_images {len(images)}",
        )
        for label, images, count in (
            ("channels", build.images(12), 3),
            ("rows", build.images(12), 6),
            ("columns", build.images(12), 5),
            ("rows of channels first", np.moveaxis(build.images(12, 7, 7), -1, 1), 7),
            ("the sides of square grey images", build.images(12, 8, 8)[..., 0], 8),
        )
    ),
    Case(
        "129",
        "no axis fits the labels",
        lambda: npz(train_images=np.moveaxis(TRAIN, 0, -1), train_labels=build.labels(11)),
        "has images of .5, 3, 12.",
    ),
    *(
        Case(
            "130",
            f"arrays called {images}",
            lambda images=images, labels=labels: zipped(
                {
                    "train_images.npy": npy(TRAIN),
                    "train_labels.npy": npy(build.labels()),
                    f"{images}.npy": npy(VALID),
                    f"{labels}.npy": npy(build.labels(6)),
                }
            ),
            holds=pixels(),
        )
        for images, labels in (
            ("eval_images", "eval_labels"),
            ("X_va", "y_va"),
            ("valid_x", "valid_y"),
            ("dev_images", "dev_labels"),
            ("xval", "yval"),
            ("ValX", "ValY"),
            ("evaluation_data", "evaluation_targets"),
            ("X_cv", "y_cv"),
        )
    ),
    Case(
        "130",
        "pickles called eval",
        lambda: build.tar_gz(
            {
                "train_images.pkl": build.pickled(TRAIN),
                "train_labels.pkl": build.pickled(build.labels()),
                "eval_images.pkl": build.pickled(VALID),
                "eval_labels.pkl": build.pickled(build.labels(6)),
            }
        ),
        holds=pixels(),
    ),
    Case(
        "130",
        "arrays of a name nobody knows",
        lambda: zipped(
            {
                "train_images.npy": npy(TRAIN),
                "train_labels.npy": npy(build.labels()),
                "second_images.npy": npy(VALID),
                "second_labels.npy": npy(build.labels(6)),
            }
        ),
        noted="Warning: second_images.npy, second_labels.npy were not used. If these are",
    ),
    Case(
        "130",
        "two validation sets",
        lambda: zipped(
            {
                f"{name}.npy": npy(value)
                for name, value in (build.arrays() | {"eval_images": VALID}).items()
            }
        ),
        "could be the validation images. Leave one of them out",
    ),
]
