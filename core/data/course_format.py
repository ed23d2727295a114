"""The course's own format, dataset.tar.gz with four pickled arrays: writing it, and a template."""

import gzip
import io
import pickle
import tarfile

import numpy as np

from core.data.dataset import Dataset, Split

NAMES = {"train": "train", "validation": "val", "test": "test"}
EXPLANATION = """The course's format: four pickled NumPy arrays in a .tar.gz.

train_images.pkl  (n, height, width, channels), uint8 0-255 or float 0-1
train_labels.pkl  (n,), whole numbers from 0
val_images.pkl    the same for validation
val_labels.pkl
test_images.pkl, test_labels.pkl are optional.

In Python: pickle.dump(numpy.asarray(images), open("train_images.pkl", "wb"), protocol=4)
Then:      tar czf dataset.tar.gz train_images.pkl train_labels.pkl val_images.pkl val_labels.pkl
"""


def export(dataset: Dataset) -> bytes:
    """Return the data set as dataset.tar.gz; the same data set, the same bytes."""
    members = {"README.txt": EXPLANATION.encode()}
    splits = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
    for name, split in splits.items():
        if split is not None:
            members[f"{NAMES[name]}_images.pkl"] = _pickled(split.images)
            members[f"{NAMES[name]}_labels.pkl"] = _pickled(split.labels)
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=6, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def _pickled(array: np.ndarray) -> bytes:
    return pickle.dumps(np.ascontiguousarray(array), protocol=4)


def template(dataset: Dataset, images_per_class: int = 4) -> bytes:
    """Return a small dataset.tar.gz made of a few images of each class, to look at and to copy."""
    return export(
        Dataset(
            name="template",
            class_names=dataset.class_names,
            train=_few(dataset.train, images_per_class),
            validation=_few(dataset.validation, images_per_class),
        )
    )


def _few(split: Split, images_per_class: int) -> Split:
    rows = [np.flatnonzero(split.labels == k)[:images_per_class] for k in np.unique(split.labels)]
    return split.take(np.sort(np.concatenate(rows)))
