"""Stored data sets: found by content, complete or not there at all."""

import json

import numpy as np
import pytest

from core.data import store
from core.data.dataset import Dataset, Split
from core.data.split import three_way
from core.errors import NotFoundError, SettingsError, StoreError
from core.workspace import Workspace


def dataset(seed=0, name="Mine", test=False):
    rng = np.random.Generator(np.random.PCG64(seed))

    def split(count):
        pixels = rng.integers(0, 256, (count, 4, 5, 3)).astype(np.uint8)
        return Split(pixels, np.arange(count) % 2)

    return Dataset(name, ("ant", "bee"), split(6), split(4), split(2) if test else None, ("Said.",))


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


@pytest.mark.parametrize("test", [False, True])
def test_what_was_saved_is_loaded(workspace, test):
    saved = dataset(test=test)
    loaded = store.load(workspace, store.save(workspace, saved))
    assert (loaded.name, loaded.class_names, loaded.notes) == ("Mine", ("ant", "bee"), ("Said.",))
    assert loaded.digest == saved.digest
    np.testing.assert_array_equal(loaded.train.images, saved.train.images)
    np.testing.assert_array_equal(loaded.validation.labels, saved.validation.labels)
    assert (loaded.test is None) == (not test)


def test_loading_maps_the_arrays_read_only(workspace):
    loaded = store.load(workspace, store.save(workspace, dataset()))
    assert isinstance(loaded.train.images, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        loaded.train.images[0] = 0


def test_the_list_shows_counts_newest_first_and_reads_no_image(workspace):
    digests = [store.save(workspace, dataset(seed)) for seed in range(3)]
    for digest in digests:
        for path in (workspace.datasets / digest).glob("*.npy"):
            path.write_bytes(b"no array")
    listed = store.list_stored(workspace)
    assert {entry.digest for entry in listed} == set(digests)
    assert [entry.stored for entry in listed] == sorted((e.stored for e in listed), reverse=True)
    entry = listed[0]
    assert (entry.train, entry.validation, entry.test) == (6, 4, 0)
    assert entry.image_shape == (4, 5, 3)


@pytest.mark.parametrize("counts", [(4, 3), (5, 2), (3, 3, 1), (1, 1), (2, 5, 7)])
@pytest.mark.parametrize("test", [False, True])
def test_the_images_of_choices_are_counted_as_they_are_divided(workspace, counts, test):
    labels = np.repeat(np.arange(len(counts)), counts)
    names = tuple(map(str, range(len(counts))))
    images = Split(np.zeros((len(labels), 4, 5, 3), np.uint8), labels)
    saved = Dataset("Odd", names, images, images, images if test else None)
    entry = store.find_stored(workspace, store.save(workspace, saved))
    assert entry.choice_images == len(three_way(saved).validation)


def test_one_data_set_is_found_by_its_digest_as_the_list_shows_it(workspace):
    digest = store.save(workspace, dataset())
    assert store.find_stored(workspace, digest) == store.list_stored(workspace)[0]
    assert store.find_stored(workspace, "0" * 16) is None
    assert store.find_stored(workspace, "../elsewhere") is None


def test_the_same_content_under_another_name_is_stored_once(workspace):
    first, second = dataset(name="First"), dataset(name="Second")
    assert store.save(workspace, first) == store.save(workspace, second)
    assert [entry.name for entry in store.list_stored(workspace)] == ["First"]


def test_what_is_half_written_is_neither_listed_nor_found(workspace):
    digest = store.save(workspace, dataset())
    (workspace.datasets / digest / store.DESCRIPTION).unlink()
    assert store.list_stored(workspace) == []
    with pytest.raises(NotFoundError, match="No data set"):
        store.load(workspace, digest)


def test_a_missing_array_is_an_error_with_a_remedy(workspace):
    digest = store.save(workspace, dataset())
    (workspace.datasets / digest / "train_images.npy").unlink()
    with pytest.raises(StoreError, match="damaged on disk. Delete it and upload it again"):
        store.load(workspace, digest)


def _cut_short(folder):
    path = folder / "train_images.npy"
    path.write_bytes(path.read_bytes()[:200])


def _changed_by_a_bit(folder):
    path = folder / "train_images.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def test_two_sessions_that_store_the_same_leave_the_first_ones_alone(workspace, monkeypatch):
    """A job may have opened it already, and its classes may have been renamed."""
    digest = store.save(workspace, dataset())
    before = (workspace.datasets / digest).stat().st_ino
    looks = iter([lambda *asked: False])  # the second session looked before the first was done
    whole = store._is_whole
    monkeypatch.setattr(store, "_is_whole", lambda *asked: next(looks, whole)(*asked))
    assert store.save(workspace, dataset()) == digest
    assert (workspace.datasets / digest).stat().st_ino == before
    assert [path.name for path in workspace.datasets.iterdir()] == [digest]


DAMAGES = {
    "an array is empty": lambda folder: (folder / "train_images.npy").write_bytes(b""),
    "an array is cut short": _cut_short,
    "a pixel is another": _changed_by_a_bit,
    "an array is gone": lambda folder: (folder / "validation_labels.npy").unlink(),
    "the description is empty": lambda folder: (folder / store.DESCRIPTION).write_bytes(b""),
    "the description is gone": lambda folder: (folder / store.DESCRIPTION).unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_data_set_is_whole_again_after_uploading_it_again(workspace, damage):
    digest = store.save(workspace, dataset())
    damage(workspace.datasets / digest)
    with pytest.raises((StoreError, NotFoundError)):
        store.load(workspace, digest)
    assert store.save(workspace, dataset()) == digest
    assert store.load(workspace, digest).digest == digest
    assert [entry.digest for entry in store.list_stored(workspace)] == [digest]


@pytest.mark.parametrize("name", ["../../etc", "", "x" * 16, "0" * 15, "0123456789ABCDEF", "a/b"])
def test_only_a_digest_finds_anything(workspace, name):
    with pytest.raises(NotFoundError, match="Choose one on the Data page"):
        store.load(workspace, name)


def test_a_deleted_data_set_is_gone(workspace):
    digest = store.save(workspace, dataset())
    store.delete(workspace, digest)
    assert store.list_stored(workspace) == []
    with pytest.raises(NotFoundError):
        store.delete(workspace, digest)


def test_renamed_classes_are_shown_and_the_data_set_stays_what_it_is(workspace):
    digest = store.save(workspace, dataset())
    store.rename_classes(workspace, digest, [" red  ant", "honey bee"])
    (listed,) = store.list_stored(workspace)
    assert listed.class_names == ("red ant", "honey bee")
    assert listed.original_names == ("ant", "bee")
    loaded = store.load(workspace, digest)  # verifies the digest
    assert (loaded.digest, loaded.class_names) == (digest, ("ant", "bee"))
    store.rename_classes(workspace, digest, ["ant", "bee"])
    assert store.list_stored(workspace)[0].class_names == ("ant", "bee")


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["ant"], "There are 1 names for 2 classes"),
        (["ant", "  "], "A class has no name"),
        (["ant", "\ufe0f"], "A class has no name"),
        (["ant", "\u3164\u2800"], "A class has no name"),
        (["ant", "ant"], "Two classes are called “ant”"),
        (["ant", "ant\ufe0f"], "Two classes are called “ant”"),
        (["ant", "b" * 61], "is too long. Use up to 60 characters"),
        (["ant", "<b>bee</b>"], "The name of class 2 holds an invisible character, or <"),
        (["a\u202ent", "bee"], "The name of class 1 holds an invisible character"),
    ],
)
def test_names_that_cannot_be_are_refused_and_change_nothing(workspace, names, reason):
    digest = store.save(workspace, dataset())
    with pytest.raises(SettingsError, match=reason):
        store.rename_classes(workspace, digest, names)
    assert store.list_stored(workspace)[0].class_names == ("ant", "bee")


def rewrite(workspace, digest, **other):
    """Change dataset.json as somebody with an editor would."""
    path = workspace.datasets / digest / store.DESCRIPTION
    path.write_text(json.dumps(json.loads(path.read_text()) | other))


def test_class_names_in_a_changed_file_hold_no_tag_that_a_chart_would_read(workspace):
    digest = store.save(workspace, dataset())
    rewrite(workspace, digest, shown_names=["<a href='x'>ant</a>", "b\u202eee"], name="<b>mine</b>")
    listed = store.find_stored(workspace, digest)
    assert listed.class_names == ("‹a href='x'›ant‹/a›", "bee")
    assert listed.name == "‹b›mine‹/b›"
    rewrite(workspace, digest, class_names=["<i>ant</i>", "bee"])
    assert store.list_stored(workspace)[0].original_names == ("‹i›ant‹/i›", "bee")


@pytest.mark.parametrize(
    "other",
    [
        {"class_names": "ab"},
        {"class_names": ["ant", 7]},
        {"class_names": None},
        {"shown_names": ["one"]},
        {"shown_names": {"ant": "bee"}},
        {"name": ["mine"]},
        {"notes": [1]},
        {"image_shape": ["a", "b", "c"]},
        {"counts": {"train": "six", "validation": 4}},
        {"counts": [6, 4]},
    ],
)
def test_a_damaged_description_is_not_listed_and_said_in_a_sentence(workspace, other):
    digest, whole = store.save(workspace, dataset()), store.save(workspace, dataset(1))
    rewrite(workspace, digest, **other)
    assert [each.digest for each in store.list_stored(workspace)] == [whole]
    assert store.find_stored(workspace, digest) is None
    for use in (store.load, lambda *where: store.rename_classes(*where, ["ant", "bee"])):
        with pytest.raises(StoreError, match="damaged on disk. Delete it and upload it again"):
            use(workspace, digest)


def test_a_description_that_is_no_json_or_has_a_time_of_nowhere_hides_no_other(workspace):
    digest, whole = store.save(workspace, dataset()), store.save(workspace, dataset(1))
    rewrite(workspace, digest, stored="2020-01-01T00:00:00")  # without a time zone
    assert [each.digest for each in store.list_stored(workspace)] == [whole, digest]
    for text in ("{", "[]", "null", "[" * 100_000):
        (workspace.datasets / digest / store.DESCRIPTION).write_text(text)
        assert [each.digest for each in store.list_stored(workspace)] == [whole]
        with pytest.raises(StoreError, match="damaged"):
            store.rename_classes(workspace, digest, ["ant", "bee"])


def test_class_names_take_joiners_between_visible_characters(workspace):
    digest = store.save(workspace, dataset())
    names = ["👨\u200d👩\u200d👧", "می\u200cخواهم"]
    store.rename_classes(workspace, digest, names)
    assert store.list_stored(workspace)[0].class_names == tuple(names)
    with pytest.raises(SettingsError, match="class 2 holds an invisible character"):
        store.rename_classes(workspace, digest, ["ant", "bee\u200d"])
