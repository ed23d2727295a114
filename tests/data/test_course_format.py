"""The course's format, written and read back, and the template."""

import numpy as np

from core.data import builtin_datasets, course_format
from core.data.dataset import Dataset, Split
from core.data.uploads import dataset_reader, leaf


def dataset():
    rng = np.random.Generator(np.random.PCG64(1))
    splits = (
        Split(rng.integers(0, 256, (n, 5, 6, 3)).astype(np.uint8), np.arange(n) % 3)
        for n in (9, 6, 3)
    )
    return Dataset("Mine", ("0", "1", "2"), *splits)


def test_an_exported_data_set_is_read_back_equal_and_without_remarks(tmp_path):
    written = dataset()
    read = dataset_reader.read("dataset.tar.gz", course_format.export(written), scratch=tmp_path)
    assert read.digest == written.digest
    assert read.notes == ()


def test_the_same_data_set_makes_the_same_bytes():
    assert course_format.export(dataset()) == course_format.export(dataset())


def test_the_template_has_a_few_images_of_each_class_and_explains_itself(tmp_path):
    content = course_format.template(builtin_datasets.garments(), images_per_class=3)
    read = dataset_reader.read("template.tar.gz", content, scratch=tmp_path)
    assert np.bincount(read.train.labels).tolist() == [3] * 5
    assert len(content) < 100_000


def test_leaf_files_are_read_back_bit_equal(tmp_path):
    rng = np.random.Generator(np.random.PCG64(2))
    clients = [
        (rng.normal(size=(n, 4)).astype(np.float32), np.arange(n) % 3,
         rng.normal(size=(2, 4)).astype(np.float32), np.array([0, 2]))
        for n in (3, 5)
    ]  # fmt: skip
    files = leaf.export(clients, ["ann", "bob"])
    read = leaf.inspect(files["train"], files["test"], scratch=tmp_path)
    assert read.users == ("ann", "bob")
    assert read.notes == ()
    for ours, theirs in zip(clients, read.clients, strict=True):
        for written, found in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(written, found)


def test_one_leaf_file_keeps_a_tenth_of_each_client_for_validation(tmp_path):
    x = np.arange(40, dtype=np.float32).reshape(20, 2)
    files = leaf.export([(x, np.arange(20) % 2, x[:0], np.zeros(0, int))])
    (train_x, train_y, held_x, held_y) = leaf.read(files["train"], scratch=tmp_path)[0]
    assert (len(train_y), len(held_y)) == (18, 2)
    assert sorted(np.concatenate([train_x, held_x])[:, 0].tolist()) == x[:, 0].tolist()
