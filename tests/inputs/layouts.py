"""Lines 120-127: folders of images in the layouts that people pack."""

from dataclasses import replace

import numpy as np

from core.archives.limits import LIMITS
from tests.inputs.build import picture, tar_gz, zipped
from tests.inputs.case import Case

LINES = {str(number) for number in range(120, 128)}
BOTH = ("cat", "dog")


def files(*folders, count=4, kind="png"):
    """Return members: `count` images, all different, in each folder."""
    return {f"{folder}/{n}.{kind}": picture() for folder in folders for n in range(count)}


def under(tops, classes=BOTH, **options):
    return files(*(f"{top}/{name}" for top in tops for name in classes), **options)


def packed(*members, pack=zipped):
    return lambda: pack({name: content for part in members for name, content in part.items()})


def copied(members, folder):
    """Return the members and the same ones again in a folder."""
    return members | {f"{folder}/{name}": content for name, content in members.items()}


def sizes(train, validation, test=0, classes=BOTH):
    return lambda d: (
        (len(d.train), len(d.validation), len(d.test or ())) == (train, validation, test)
        and d.class_names == classes
    )


def tiff(**options):
    return picture(kind="TIFF", **options)


def floating_tiff():
    return picture(np.linspace(0, 1, 30, dtype=np.float32).reshape(6, 5), "TIFF")


def annotated(lines, name="val/val_annotations.txt", **more):
    """Return train/<class>/images/* beside a flat val/images/* and its list."""
    flat = {f"val/images/val_{n}.png": picture() for n in range(4)}
    listing = "\n".join(lines).encode()
    return packed(under(("train",), ("cat/images", "dog/images")), flat, {name: listing}, more)


TINY = [f"val_{n}.png\t{BOTH[n % 2]}\t0\t32\t44\t62" for n in range(4)]

# Names of a training and of another split that nothing but their contents explains.
SPLIT_NAMES = {
    "training_set": ("training_set", "test_set", sizes(6, 2, 8)),
    "seg_train": ("seg_train", "seg_test", sizes(6, 2, 8)),
    "Train Data": ("Train Data", "Test Data", sizes(6, 2, 8)),
    "train2017": ("train2017", "val2017", sizes(8, 8)),
    "TrainSet": ("TrainSet", "ValidSet", sizes(8, 8)),
    "imgs-training": ("imgs-training", "imgs-eval", sizes(8, 8)),
    "Trainingsdaten": ("Trainingsdaten", "Testdaten", sizes(6, 2, 8)),
    "01_train": ("01_train", "02_validation", sizes(8, 8)),
    "dataset_dev": ("dataset_train", "dataset_dev", sizes(8, 8)),
    "entrenamiento": ("entrenamiento", "prueba", sizes(6, 2, 8)),
}

CASES = [
    *(
        Case("120", f"splits called {label}", packed(under(names)), holds=holds)
        for label, (*names, holds) in SPLIT_NAMES.items()
    ),
    Case(
        "120",
        "splits of nearly the same classes",
        packed(under(("seg_train",), ("ant", "cat", "dog")), under(("seg_test",))),
        noted="the test images lack the classes ant",
        holds=sizes(9, 3, 8, ("ant", "cat", "dog")),
    ),
    Case(
        "120",
        "splits each in itself and one without labels",
        packed(
            under(("seg_train/seg_train", "seg_test/seg_test")),
            files("seg_pred/seg_pred"),
        ),
        noted="Warning: the folder seg_pred .4 images without classes. was left out",
        holds=sizes(6, 2, 8),
    ),
    *(
        Case(
            "120",
            f"roles unclear {'+'.join(tops)}",
            packed(under(tops)),
            "hold folders of the same names .cat and dog., so it is unclear.*Use <class>/<image>",
        )
        for tops in (
            ("fold_1", "fold_2"),
            ("a", "b", "c"),
            ("day", "night"),
            ("train", "extra"),
            ("part1", "part2"),
            ("train_1", "site_b"),
        )
    ),
    Case(
        "120",
        "two folders for one split",
        packed(under(("train_a", "train_b", "test"))),
        "train_a and train_b would both be the train images",
    ),
    Case(
        "120",
        "a folder beside the splits that is none",
        packed(under(("train", "val")), files("fox")),
        "unclear what the folder fox is beside train and val",
    ),
    Case(
        "120",
        "folders inside classes",
        packed(files("cat/siamese", "cat/persian", "dog/poodle", "dog/beagle")),
        noted="Warning: the folders cat/siamese, .* lie inside classes and were taken as part",
        holds=sizes(14, 2),
    ),
    Case(
        "120",
        "a level that only says images",
        packed(under(("train/images", "val/images")), {"train/labels/0.txt": b"0"}),
        holds=sizes(8, 8),
    ),
    Case(
        "120",
        "splits in folders of their own",
        packed(under(("archive/train", "archive2/test"))),
        "there are folders again",
    ),
    *(
        Case(
            "121",
            f"a copy in itself {label}",
            packed(copied(members, folder)),
            noted="Warning: the folder .* repeats .*; it was left out",
            holds=holds,
        )
        for label, members, folder, holds in (
            ("d/d", files("cat", "dog"), "d", sizes(6, 2)),
            ("archive (1)", files("cat", "dog"), "archive (1)", sizes(6, 2)),
            ("with splits", under(("train", "val")), "chest_xray", sizes(8, 8)),
        )
    ),
    Case(
        "121",
        "an outer folder and a copy in it",
        packed({f"d/{n}": c for n, c in copied(files("cat", "dog"), "d").items()}),
        noted="repeats d, in which it lies .8 images.",
        holds=sizes(6, 2),
    ),
    Case(
        "121",
        "a copy of one class in itself",
        packed(copied(files("cat"), "cat"), files("dog")),
        noted="the folder cat/cat repeats cat",
        holds=sizes(6, 2),
    ),
    Case(
        "121",
        "other images at a second depth",
        packed(files("cat", "dog"), under(("more",))),
        "cat and dog are there twice: on their own and inside more, with other images",
    ),
    *(
        Case(
            "122",
            f"splits below classes {'+'.join(parts)}",
            packed(under(BOTH, parts)),
            holds=holds,
        )
        for parts, holds in (
            (("train", "val"), sizes(8, 8)),
            (("training", "validation", "testing"), sizes(8, 8, 8)),
            (("Train", "Test"), sizes(6, 2, 8)),
            (("training_set", "dev_set"), sizes(8, 8)),
        )
    ),
    Case(
        "122",
        "splits below some classes",
        packed(under(BOTH, ("train", "val")), files("fox")),
        "named like splits, but fox holds images directly",
    ),
    Case(
        "122",
        "a split and another folder below a class",
        packed(under(BOTH, ("train", "extra"))),
        "named like splits, but (cat|dog) holds extra too",
    ),
    Case(
        "122",
        "splits in the classes' names",
        packed(files("cat_train", "cat_test", "dog_train", "dog_test")),
        "cat_test and cat_train seem to be one class, cat, in 2 splits",
    ),
    Case(
        "122",
        "splits at two levels",
        packed(under(("train/cat", "train/dog"), ("train", "val"))),
        "so it is unclear",
    ),
    *(
        Case(
            "123",
            f"a class of {kind} alone",
            packed(files("cat", "dog"), {f"fox/{n}.{kind}": b"\0" * 40 for n in range(3)}),
            f"folder fox holds no image that can be read: its images are {name}. Convert",
        )
        for kind, name in (
            ("heic", "HEIC"),
            ("avif", "AVIF"),
            ("jp2", "JPEG 2000"),
            ("CR2", "camera raw"),
            ("jxl", "JPEG XL"),
            ("tga", "TGA"),
        )
    ),
    Case(
        "123",
        "a class of one split alone",
        packed(under(("train", "val")), files("train/fox"), {"val/fox/0.HEIF": b"\0" * 40}),
        "folder val/fox holds no image that can be read: its images are HEIC",
    ),
    Case(
        "123",
        "nothing but HEIC",
        packed({f"{name}/{n}.heic": b"\0" * 40 for name in BOTH for n in range(3)}),
        "hold no image that can be read: they are HEIC. Convert",
    ),
    Case(
        "123",
        "some of another kind",
        packed(files("cat", "dog"), {"cat/x.heic": b"\0" * 40}),
        noted="Warning: 1 HEIC image cannot be read and was skipped",
        holds=sizes(6, 2),
    ),
    Case(
        "123",
        "a folder of texts",
        packed(files("cat", "dog"), {"fox/1.txt": b"a fox"}),
        noted="Warning: the folder fox holds no images .only txt. and is no class",
        holds=sizes(6, 2),
    ),
    Case(
        "123",
        "images of an unknown ending",
        packed(files("cat", "dog"), {f"fox/{n}.image": picture() for n in range(3)}),
        "fox holds no image that can be read: its images are of an unknown ending",
    ),
    Case(
        "123",
        "images without an ending",
        packed({f"{name}/{n}": picture() for name in BOTH for n in range(4)}),
        holds=sizes(6, 2),
    ),
    Case(
        "123",
        "a class of damaged images alone",
        packed(files("cat", "dog"), {f"fox/{n}.png": picture()[:20] for n in range(3)}),
        "No image of fox .train. can be decoded",
    ),
    Case(
        "123",
        "TIFF",
        packed(files("cat", "dog"), {f"fox/{n}.tif": tiff() for n in range(4)}),
        holds=sizes(9, 3, classes=("cat", "dog", "fox")),
    ),
    Case(
        "123",
        "compressed TIFF",
        packed(
            {f"{name}/{n}.TIFF": tiff(compression="tiff_lzw") for name in BOTH for n in range(4)}
        ),
        holds=sizes(6, 2),
    ),
    Case(
        "123",
        "TIFF of fractions",
        packed(files("cat"), {f"dog/{n}.tif": floating_tiff() for n in range(4)}),
        "holds fractions, whose range only you know",
    ),
    Case(
        "124",
        "flat validation images with their list",
        annotated(TINY),
        noted="The classes of the 4 images in val/images are from val_annotations.txt",
        holds=sizes(8, 4),
    ),
    Case(
        "124",
        "flat validation images with a CSV",
        annotated(["name,label", *(f"val_{n}.png,{BOTH[n % 2]}" for n in range(4))], "labels.csv"),
        holds=sizes(8, 4),
    ),
    *(
        Case(
            "124",
            f"flat validation images {label}",
            annotated(lines),
            noted="Warning: 4 images in val/images lie in no class folders, so they were left out",
            holds=sizes(6, 2),
        )
        for label, lines in (
            ("without a list", ["nothing"]),
            ("and a list that lacks one", TINY[:3]),
            ("and a list of other classes", [line.replace("cat", "cow") for line in TINY]),
        )
    ),
    Case(
        "124",
        "flat test images",
        packed(under(("train", "valid")), files("test")),
        noted="Warning: 4 images in test lie in no class folders, so they were left out",
        holds=sizes(8, 8),
    ),
    Case(
        "124",
        "flat training images",
        packed(files("train"), under(("val",))),
        "train.*lies in no class folder|lies in no class folder",
    ),
    *(
        Case(
            "125",
            f"a class called {name}",
            packed(files(f"v/{other}", f"v/{name}")),
            noted=f"Warning: the folder {name} was taken as a class",
            holds=sizes(6, 2, classes=tuple(sorted((other, name)))),
        )
        for other, name in (("bus", "train"), ("crash", "test"), ("kit", "dev"))
    ),
    Case(
        "125",
        "two classes called like splits",
        packed(files("bus", "train", "test")),
        "test and train are named like splits but hold images directly, beside the classes bus",
    ),
    Case(
        "125",
        "a class called like a split with folders in it",
        packed(files("bus"), files("train/steam", "train/diesel")),
        "unclear what the folder bus is beside train",
    ),
    Case(
        "125",
        "a class called train in each split",
        packed(under(("train", "val"), ("bus", "train"))),
        holds=sizes(8, 8, classes=("bus", "train")),
    ),
    Case(
        "126",
        "backslashes",
        packed({name.replace("/", "\\"): c for name, c in under(("train", "val")).items()}),
        holds=sizes(8, 8),
    ),
    Case(
        "126",
        "backslashes in a tar",
        packed({n.replace("/", "\\"): c for n, c in files(*BOTH).items()}, pack=tar_gz),
        holds=sizes(6, 2),
    ),
    *(
        Case(
            "126",
            f"backslashes that lead outside {number}",
            packed(files("cat", "dog"), {name: picture()}),
            "points outside the archive",
        )
        for number, name in enumerate(
            (
                "..\\evil.png",
                "cat\\..\\..\\evil.png",
                "\\evil.png",
                "\\\\host\\share\\evil.png",
                "c:\\evil.png",
                "cat/..\\../evil.png",
            )
        )
    ),
    Case(
        "127",
        "more pixels than can be decoded",
        packed(
            {
                f"{name}/{n}.png": picture(np.zeros((50, 60, 3), np.uint8))
                for name in BOTH
                for n in range(4)
            }
        ),
        "8 images have 0 megapixels together .the largest, 0.png, has 0., which takes too long",
        limits=replace(LIMITS, total_pixels=8 * 50 * 60 - 1),
    ),
]
