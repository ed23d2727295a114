"""A whole network from a stranger's file: parsed in the limited child, by its content."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.archives import archive, sandbox
from core.archives.child import Source
from core.archives.limits import NETWORK_LIMITS
from core.archives.members import Member
from core.errors import WeightsError
from core.networks.formats.hdf5_checks import check_objects, damaged, text_attribute
from core.networks.formats.hdf5_reader import SIGNATURE
from core.networks.graph import Network, check_parameters
from core.networks.keras_files.architecture import LARGEST_TEXT, Architecture, parse
from core.networks.keras_files.weights import LARGEST_VALUES, View, read

ZIP = b"PK\x03\x04"
CONFIG, WEIGHTS, METADATA = "config.json", "model.weights.h5", "metadata.json"
LARGEST_METADATA = 100_000  # bytes; Keras writes less than a hundred
OTHER_SLOPE = (
    "hard_sigmoid has a slope of 1/6 since Keras 3, and is computed so; in the Keras 2 that wrote "
    "this file it was 1/5. The network answers otherwise than it did there: train it on."
)
Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class ReadNetwork:
    """A network from a file: its weights (None where the file has none) and what was changed."""

    network: Network
    weights: Arrays | None
    notes: tuple[str, ...]


def read_network(
    content: Path | bytes,
    *,
    input_shape: Sequence[int] | None = None,
    scratch: Path | None = None,
) -> ReadNetwork:
    """Return the network in a .keras file, a whole-model .h5 file or an architecture's .json.

    input_shape: of what it is to read, where the file leaves it open. The file is parsed in a
    limited child, and no class in it is imported. Raises WeightsError or UploadError with cause
    and remedy.
    """
    found = sandbox.run(
        "core.networks.keras_files.reader:parse_upload",
        content,
        {"input_shape": list(input_shape) if input_shape else None},
        limits=NETWORK_LIMITS,
        scratch=scratch,
    )
    network = Network.from_dict(found.fields["network"])
    weights = dict(found.arrays) if found.fields["has_weights"] else None
    if weights is not None:
        check_parameters(network, weights)
    return ReadNetwork(network, weights, tuple(found.fields["notes"]))


def parse_upload(
    source: Source, input_shape: list[int] | None = None
) -> tuple[dict[str, Any], Arrays]:
    """Entry in the child: return (network and notes as JSON, weights)."""
    head = source.read(8)
    source.seek(0)
    if head.startswith(ZIP):
        architecture, weights, notes = _keras(source, input_shape)
    elif head == SIGNATURE:
        architecture, weights, notes = _h5(memoryview(source.read()), input_shape)
    else:
        architecture, weights, notes = _json(source.read(LARGEST_TEXT + 1), input_shape)
    fields = {
        "network": architecture.network.to_dict(),
        "notes": [*architecture.notes, *notes],
        "has_weights": weights is not None,
    }
    return fields, weights or {}


Parsed = tuple[Architecture, Arrays | None, list[str]]


def _keras(source: Source, input_shape: Sequence[int] | None) -> Parsed:
    """Read Keras 3's .keras: a zip of a configuration and a file of weights."""
    packed = archive.unpack(source)
    members: Mapping[str, Member] = {m.name: m for m in packed.members} if packed else {}
    if CONFIG not in members:
        raise WeightsError(
            "The zip holds no config.json, so it is no .keras file. Save the model with "
            "model.save('network.keras') and upload that file."
        )
    architecture = parse(bytes(members[CONFIG].content[: LARGEST_TEXT + 1]), input_shape)
    if WEIGHTS not in members:
        raise WeightsError(
            "The archive holds no model.weights.h5. Save the model with model.save and upload "
            "that file."
        )
    notes = _of_keras_2(architecture, _version_in(members.get(METADATA)))
    return architecture, read(members[WEIGHTS].content, architecture, notes), notes


def _version_in(metadata: Member | None) -> str:
    """Return the version of Keras that metadata.json names, "" if it names none."""
    try:
        told = json.loads(bytes(metadata.content[:LARGEST_METADATA])) if metadata else {}
    except (ValueError, RecursionError):
        return ""
    return str(told.get("keras_version", "")) if isinstance(told, dict) else ""


def _of_keras_2(architecture: Architecture, version: str) -> list[str]:
    """Return what to note of a network that another version wrote: one function was another."""
    layers = architecture.network.layers
    is_used = any(getattr(each.settings, "activation", "") == "hard_sigmoid" for each in layers)
    return [OTHER_SLOPE] if is_used and version.startswith("2.") else []


def _h5(content: memoryview, input_shape: Sequence[int] | None) -> Parsed:
    """Read a whole model of Keras 2 or Keras 3 in HDF5."""
    import h5py

    try:
        with h5py.File(View(content), "r") as file:
            check_objects(file, LARGEST_VALUES)
            description = text_attribute(file, "model_config")
            version = text_attribute(file, "keras_version")
    except (OSError, KeyError, ValueError, TypeError, RuntimeError, OverflowError) as error:
        raise damaged(error) from error
    if not description:
        raise WeightsError(
            "The file holds weights without an architecture. Save the whole network with "
            "model.save('network.keras'), or choose the network that the weights belong to."
        )
    architecture = parse(description, input_shape)
    notes = _of_keras_2(architecture, str(version))
    return architecture, read(content, architecture, notes), notes


def _json(content: bytes, input_shape: Sequence[int] | None) -> Parsed:
    """Read an architecture alone, as model.to_json() writes it."""
    if not content.lstrip().startswith(b"{"):
        raise WeightsError(
            "This is not a network's file. Upload what model.save('network.keras') or "
            "model.save('network.h5') writes, or model.to_json() as .json."
        )
    return parse(content, input_shape), None, []
