"""What a weights file may look like, told by its content: the part that runs in the limited child.

Neither Keras nor PyTorch is imported, and nothing in a file is executed.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.archives import archive
from core.archives.child import Source
from core.archives.members import Member
from core.errors import UploadError, WeightsError
from core.networks.formats import hdf5_reader, pickled_arrays, safetensors, torch_file
from core.networks.formats.architecture import note_differences
from core.networks.formats.foreign import check_known
from core.networks.formats.hdf5_checks import LARGEST_BYTES, damaged
from core.networks.formats.keras_config import LARGEST_TEXT, check_description
from core.networks.formats.layer_order import Shapes
from core.networks.formats.state_dict import weights_of
from core.networks.formats.tensors import Tensor

Weights = dict[str, np.ndarray]
Read = tuple[Weights, tuple[str, ...]]
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
KERAS_WEIGHTS, KERAS_CONFIG = "model.weights.h5", "config.json"


def parse_upload(
    source: Source,
    name: str,
    shapes: dict[str, list[int]] | None,
    images: list[int] | None = None,
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Entry in the child: return ({"notes": [...]}, weights)."""
    expected = {key: tuple(value) for key, value in shapes.items()} if shapes else None
    weights, notes = parse(source, expected, images)
    return {"notes": list(notes)}, weights


def parse(
    source: Source, shapes: Shapes | None = None, images: Sequence[int] | None = None
) -> Read:
    """Return (weights by our names, notes) of any accepted format.

    shapes: what the network expects; images: (height, width, channels) of what it reads; None
    where they are not known. Raises WeightsError naming the layer and the remedy.
    """
    head = source.read(512)
    source.seek(0)
    if not head:
        raise WeightsError("The file is empty. Save the weights again and upload the new file.")
    if head.startswith(ZIP):
        return _packed(source, shapes, images)
    content = memoryview(source.read())
    if head.startswith(hdf5_reader.SIGNATURE):
        return hdf5_reader.parse(bytes(content), shapes, LARGEST_BYTES, images)
    return _arranged(_tensors(content), shapes, images)


def _tensors(content: memoryview) -> dict[str, Tensor]:
    """Return the tensors of a file that is neither HDF5 nor a zip."""
    if content[: len(torch_file.LEGACY_START)] == torch_file.LEGACY_START:
        return torch_file.read_legacy(content)
    if safetensors.is_safetensors(content):
        return safetensors.read(content)
    if content[0] == 0x80 and len(content) > 1 and 2 <= content[1] <= 5:
        return pickled_arrays.read_pickle(content)
    check_known(bytes(content[:512]))
    raise WeightsError(
        "This is not a weights file that is read. Hand in my_model_weights.h5 as "
        "model.save_weights writes it; .keras, .pt, .safetensors, .npz and a pickled "
        "model.get_weights() are read as well."
    )


def _arranged(
    tensors: dict[str, Tensor], shapes: Shapes | None, images: Sequence[int] | None
) -> Read:
    notes: list[str] = []
    weights = weights_of(tensors, shapes, images, notes)
    return hdf5_reader.as_float32(weights, notes), tuple(notes)


def _packed(source: Source, shapes: Shapes | None, images: Sequence[int] | None) -> Read:
    """Return the weights in a zip: Keras's, PyTorch's and NumPy's files are zips."""
    try:
        packed = archive.unpack(source)
    except UploadError as error:
        raise _unreadable(error) from error
    members = packed.members if packed else []
    names = {member.name: member for member in members}
    if KERAS_WEIGHTS in names:
        return _of_keras(names, shapes, images)
    if torch_file.is_torch_zip(members):
        return _arranged(torch_file.read_zip(members), shapes, images)
    if pickled_arrays.is_npz(members):
        return _arranged(pickled_arrays.read_npz(members), shapes, images)
    if KERAS_CONFIG in names:
        raise WeightsError(
            "The archive holds no model.weights.h5. Upload a .keras file as model.save "
            "writes it, or the weights as .weights.h5."
        )
    if any(member.name.endswith("saved_model.pb") for member in members):
        raise WeightsError(
            "This is a SavedModel, packed, whose variables are not read. Load it and hand in "
            "my_model_weights.h5 as model.save_weights writes it."
        )
    raise WeightsError(
        "The zip is no .keras, .pt or .npz file. Hand in the weights file itself, or give a zip "
        "of many on the Grade page."
    )


def _unreadable(error: UploadError) -> WeightsError:
    """Return what is wrong with a zip, with what to do about a weights file instead of a zip."""
    text = str(error)
    if "damaged" in text:
        return damaged(error)
    return WeightsError(
        f"{text.partition('. ')[0].rstrip('.')}. Save the weights again and upload the new file."
    )


def _of_keras(
    names: dict[str, Member], shapes: Shapes | None, images: Sequence[int] | None
) -> Read:
    """Return the weights in a .keras archive, after looking at its description."""
    notes: list[str] = []
    if KERAS_CONFIG in names:
        description = bytes(names[KERAS_CONFIG].content[: LARGEST_TEXT + 1])
        check_description(description)
        note_differences(description, images, notes)
    notes.append("Whole model (.keras): only its weights were read.")
    content = bytes(names[KERAS_WEIGHTS].content)
    weights, more = hdf5_reader.parse(content, shapes, LARGEST_BYTES, images)
    return weights, (*notes, *more)
