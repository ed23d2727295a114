"""Names of classes, from whatever file: no chart finds a tag in them, and joiners stay."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from core.data.uploads import dataset_reader
from core.data.uploads.arrays import Raw
from core.data.uploads.labels import normalise_labels

ROUGH = ["<a href='https://example.org'>cat</a>", "dog<br>\u202e", "می\u200cخواهم"]


def pictures(count):
    return np.random.default_rng(0).integers(0, 255, (count, 8, 8, 3), dtype=np.uint8)


def as_folders():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for split in ("train", "val"):
            for number, picture in enumerate(pictures(12)):
                drawn = io.BytesIO()
                Image.fromarray(picture).save(drawn, "png")
                folder = ROUGH[number % 3].replace("/", "")
                archive.writestr(f"{split}/{folder}/{split}{number}.png", drawn.getvalue())
    return "folders.zip", packed.getvalue()


def as_arrays(**labels):
    packed = io.BytesIO()
    images = {"train_images": pictures(12), "val_images": pictures(6)}
    np.savez(packed, **images, **labels)
    return "arrays.npz", packed.getvalue()


WAYS = {
    "class folders": as_folders,
    "labels that are texts": lambda: as_arrays(
        train_labels=np.array(ROUGH * 4), val_labels=np.array(ROUGH * 2)
    ),
    "a list of names": lambda: as_arrays(
        train_labels=np.arange(12) % 3, val_labels=np.arange(6) % 3, class_names=np.array(ROUGH)
    ),
}


@pytest.mark.slow  # a confined child reads the file
@pytest.mark.parametrize("way", WAYS)
def test_class_names_of_an_upload_hold_no_tag_and_nothing_that_turns_text_around(way, tmp_path):
    found = dataset_reader.read(*WAYS[way](), scratch=tmp_path)
    assert len(found.class_names) == 3
    text = " ".join(found.class_names)
    assert not {"<", ">", "\u202e"} & set(text)
    assert ROUGH[2] in found.class_names
    assert "dog_br_" in found.class_names


def test_names_that_look_alike_or_show_nothing_are_numbered_and_replaced():
    labels = np.array(["a", "a", "a (2)", "a\ufe0f", "\ufe0f", "\u3164"])
    given = Raw("train_images", pictures(6), labels)
    numbers, names = normalise_labels({"train": given}, [])
    assert [names[n] for n in numbers["train"]] == [
        *("a", "a", "a (2)", "a (3)"),  # the last looked like "a", and "a (2)" was taken
        *("class 4", "class 3"),
    ]
