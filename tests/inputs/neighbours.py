"""Lines 120-129 once more: neighbours of what was found first, as strangers' files have them."""

import unicodedata

import numpy as np

from tests.inputs.build import images, labels, npy, npz, picture
from tests.inputs.case import Case
from tests.inputs.layouts import BOTH, files, packed, sizes, under

DIGITS = ("0", "1", "2")
LEFT_OUT = "6 images in test lie in no class folders, so they were left out"


def listed(name, lines, classes=BOTH):
    """Return classes of training images, six flat test images and a list of them."""
    flat = {f"test/{n}.png": picture() for n in range(6)}
    return packed(under(("train",), classes), flat, {name: "\n".join(lines).encode()})


def rows(text, classes):
    return [text.format(n=n, c=classes[n % len(classes)]) for n in range(6)]


def tested(classes):
    """Return a look at a data set: two (or three) of each class are tested."""
    share = 6 // len(classes)
    return lambda d: (
        d.class_names == tuple(sorted(classes))
        and np.bincount(d.test.labels).tolist() == [share] * len(classes)
    )


def spelled(form):
    return unicodedata.normalize(form, "café")


SPACED = ("Sugar beet", "Black-grass")
LISTS = {
    "boxes before the class": (
        "Test.csv",
        ["Width,Height,Roi.X1,ClassId,Path", *rows("30,2,1,{c},Test/{n}.png", DIGITS)],
        DIGITS,
    ),
    "a box that looks like a class": (
        "test.csv",
        ["file,xmin,label", *rows("{n}.png,1,{c}", DIGITS)],
        DIGITS,
    ),
    "classes with spaces": (
        "test.csv",
        ["file,species", *rows("{n}.png,{c}", SPACED)],
        SPACED,
    ),
    "the class first": ("test.txt", rows("{c} test/{n}.png", BOTH), BOTH),
    "names without endings": ("test/labels.csv", rows("{n},{c}", BOTH), BOTH),
    "quoted, with a BOM": ("y.csv", ["\ufeffid;class", *rows('"{n}.png";"{c}"', BOTH)], BOTH),
    "Windows paths": ("y.tsv", rows("D:\\data\\test\\{n}.png\t{c}", BOTH), BOTH),
}
NO_LISTS = {
    "a competition's sample": ("sample_submission.csv", rows("{n}.png,{c}", BOTH), BOTH),
    "a form to be filled in": ("test.csv", rows("{n}.png,cat", BOTH), BOTH),
    "two columns that disagree": ("test.csv", rows("{n}.png,1,{c}", DIGITS), DIGITS),
}
TWELVE_BITS = images(12).astype(np.uint16) * 16
DIVIDED_TWICE = images(12).astype(np.float32) / 255 / 255

CASES = [
    *(
        Case("124", f"a list with {what}", listed(*given), holds=tested(given[2]))
        for what, given in LISTS.items()
    ),
    *(
        Case("124", f"no list but {what}", listed(*given), noted=LEFT_OUT)
        for what, given in NO_LISTS.items()
    ),
    *(
        Case("120", f"splits called {tops[1]}", packed(under(tops)), holds=sizes(6, 2, 8))
        for tops in (("trn", "tst"), ("data_tr", "data_te"), ("train-set", "hold-out"))
    ),
    *(
        Case("120", f"{name}, as two systems store it", packed(files(*folders)), holds=holds)
        for name, folders, holds in (
            (
                "a mark",
                [
                    f"{s}/{c}"
                    for s, f in (("train", "NFC"), ("val", "NFD"))
                    for c in (spelled(f), "dog")
                ],
                sizes(8, 8, classes=(spelled("NFC"), "dog")),
            ),
            (
                "a space at the end",
                ["train/cat", "train/dog", "val/cat ", "val/ dog"],
                sizes(8, 8),
            ),
        )
    ),
    *(
        Case(
            "120",
            f"images and {masks} {where}",
            packed(files(*(f"{split}{name}" for split in splits for name in ("images", masks)))),
            "belongs to each .for segmentation., not two classes",
        )
        for masks in ("masks", "labels", "GroundTruth")
        for where, splits in (("alone", ("",)), ("in splits", ("train/", "val/")))
    ),
    Case(
        "121",
        "thumbnails of a network drive",
        packed(
            files("d/cat", "d/dog"),
            {"d/cat/@eaDir/0.png/SYNO_THUMB.png": picture(), "d/@eaDir/cat/x.png": picture()},
        ),
        holds=sizes(6, 2),
    ),
    *(
        Case(
            "123",
            f"arrays, one an image, {what}",
            packed(extra, {f"fox/{n}.npy": npy(images(1)[0]) for n in range(3)}),
            "holds? arrays such as .*fox/0.npy|The folders hold arrays such as fox/0.npy.*as PNG",
        )
        for what, extra in (("alone", {}), ("beside images", files(*BOTH)))
    ),
    *(
        Case(
            "128",
            f"a range that must be another, {what}",
            lambda array=array: npz(train_images=array, val_images=array[:6]),
            "stored in another range .10 or 12 bits, or divided twice.. Bring",
        )
        for what, array in (
            ("12 bits", TWELVE_BITS),
            ("10 bits", TWELVE_BITS // 4),
            ("12 bits as floats", TWELVE_BITS.astype(np.float32)),
            ("divided twice", DIVIDED_TWICE),
        )
    ),
    *(
        Case(
            "129",
            f"arrays called {' '.join(names)}",
            lambda names=names: packed(
                {
                    f"{n}.npy": npy(array)
                    for n, array in zip(
                        names, (images(12), labels(12), images(6), labels(6)), strict=True
                    )
                }
            )(),
            holds=lambda d: (len(d.train) + len(d.validation) + len(d.test or ())) == 18,
        )
        for names in (
            ("Xtr", "ytr", "Xte", "yte"),
            ("train_imgs", "train_lbls", "val_imgs", "val_lbls"),
            ("train_inputs", "train_targets", "val_inputs", "val_targets"),
            ("train_images", "train_labels", "hold_out_images", "hold_out_labels"),
        )
    ),
]
