"""What folders mean: names of splits, levels without meaning, and what is asked about."""

import pytest

from core.archives.members import Member
from core.data.uploads.class_folders.layout import understand
from core.data.uploads.split_names import array_role, split_in, split_of
from core.errors import UploadError


def laid_out(*folders):
    """Return {(split, class): images} for two images in each folder."""
    members = [
        Member(f"{folder}/{n}.png", f"{folder}{n}".encode()) for folder in folders for n in (1, 2)
    ]
    layout = understand(members)
    found = {}
    for member, split, name in layout.places:
        found.setdefault((split, name), []).append(member.name)
    return {key: len(names) for key, names in found.items()}, layout.notes


TWO = {("train", "a"): 2, ("train", "b"): 2}
PLAIN = {
    "train": ("train", "Train", "TRAINING", "training_set", "train-data", "Train Images", "train2",
              "trainset", "TrainData", "train (1)", "trainval", "tr"),
    "validation": ("val", "valid", "Validation", "dev", "eval_images", "val2017", "valset",
                   "EvaluationSet"),
    "test": ("test", "Testing", "test_set", "test1", "holdout", "TestData"),
}  # fmt: skip
NONE = ("cat", "test_tube", "train_station", "trainer", "valley", "value", "developer", "testament",
        "train_test_split", "fold_1", "2017", "", "tests", "évaluer")  # fmt: skip


@pytest.mark.parametrize(("split", "name"), [(s, n) for s, names in PLAIN.items() for n in names])
def test_a_folder_that_names_nothing_but_a_split_is_that_split(split, name):
    assert split_of(name) == split


@pytest.mark.parametrize("name", NONE)
def test_other_names_are_no_split(name):
    assert split_of(name) is None


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("seg_train", "train"), ("my-test", "test"), ("Trainingsdaten", "train"),
        ("Testdaten", "test"), ("Validierung", "validation"), ("jpg_val_512", "validation"),
        ("entraînement", "train"), ("fold_1", None), ("train_vs_test", None), ("cats", None),
    ],
)  # fmt: skip
def test_a_split_can_be_mentioned_among_other_words(name, split):
    assert split_in(name) == split


@pytest.mark.parametrize(
    ("key", "role"),
    [
        ("train_images", ("train", "images")), ("X_va", ("validation", "images")),
        ("y_va", ("validation", "labels")), ("valid_x", ("validation", "images")),
        ("dev_labels", ("validation", "labels")), ("eval_images", ("validation", "images")),
        ("Xtrain", ("train", "images")), ("ytest", ("test", "labels")),
        ("trainX", ("train", "images")), ("testLabels", ("test", "labels")),
        ("train_data", ("train", "images")), ("train_data_labels", ("train", "labels")),
        ("X_te", ("test", "images")), ("x_trn", ("train", "images")),
        ("evaluation_targets", ("validation", "labels")), ("images", ("whole", "images")),
        ("valset_x", ("validation", "images")), ("trainimages", ("train", "images")),
        ("class_names", None), ("train", None), ("x_y", None), ("foo_images", None),
        ("train_test_x", None), ("mask_train_images", None),
    ],
)  # fmt: skip
def test_arrays_are_recognised_by_the_words_in_their_names(key, role):
    assert array_role(key) == role


@pytest.mark.parametrize("tops", [("training_set", "val_set"), ("x_train", "x_val"),
                                  ("Trainingsbilder", "Validierungsbilder")])  # fmt: skip
def test_tops_that_share_their_folders_are_splits(tops):
    found, notes = laid_out(*(f"{top}/{name}" for top in tops for name in "ab"))
    assert found == TWO | {("validation", "a"): 2, ("validation", "b"): 2}
    assert notes == []


def test_the_order_of_levels_may_be_the_other_way_round():
    found, _ = laid_out("a/train", "a/val", "b/train", "b/val")
    assert found == TWO | {("validation", "a"): 2, ("validation", "b"): 2}


@pytest.mark.parametrize(
    "folders",
    [
        ("fold_1/a", "fold_1/b", "fold_2/a", "fold_2/b"),
        ("fold_1/a", "fold_1/b", "fold_2/b", "fold_2/c", "fold_3/a", "fold_3/c"),
        ("x/a", "x/b", "x/c", "y/a"),
        ("train/x/a", "train/x/b", "train/y/a", "train/y/b"),
        ("a/images", "a/masks", "b/images", "b/masks"),
        ("a/train/2019", "a/train/2020", "b/train/2019", "b/train/2020"),
        ("train/a/val", "train/b/val", "test/a/val"),
        ("a", "b", "c/a"),
        ("a", "train/x"),
        ("train/a", "train/b", "extra/c"),
        ("a_train", "b_train", "a_test", "b_test"),
        ("train", "test"),
        ("train/a", "train/b", "train"),
        ("test/a", "test/b", "val/a", "val/b"),
    ],
)
def test_what_is_unclear_is_asked_with_the_layout_that_is_wanted(folders):
    with pytest.raises(UploadError, match="<class>/<image>|Put them together"):
        laid_out(*folders)


@pytest.mark.parametrize(
    "folders",
    [
        ("a", "b"),
        ("d/a", "d/b"),
        ("x/y/z/a", "x/y/z/b"),
        ("a/images", "b/images"),
        ("a/a", "b/b"),
        ("train/a", "train/b"),
        ("data/train/train/a", "data/train/train/b"),
    ],
)
def test_levels_without_meaning_are_passed_through(folders):
    assert laid_out(*folders) == (TWO, [])


def test_a_level_below_classes_is_named_where_it_may_mean_something():
    found, notes = laid_out("a/2019", "b/2020", "b/2021")
    assert found == {("train", "a"): 2, ("train", "b"): 4}
    assert notes == [
        "Warning: the folders a/2019, b/2020, b/2021 lie inside classes and were taken as part of "
        "them. If they are the classes, move them one level up."
    ]
