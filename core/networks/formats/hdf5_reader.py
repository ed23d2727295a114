"""HDF5 weights files in the layouts of Keras 2 and 3, read with h5py; Keras is never imported."""

import io
import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.errors import WeightsError
from core.networks.formats.architecture import note_differences
from core.networks.formats.hdf5_checks import (
    check_objects,
    check_sizes,
    damaged,
    names_attribute,
    numbers,
    shown,
    text_attribute,
)
from core.networks.formats.keras_config import check_description
from core.networks.formats.layer_order import Shapes, named_layers
from core.networks.formats.tensors import widened
from core.networks.formats.wrappers import adapted, check_layer
from core.networks.network import Weights
from core.text import plural

Layers = list[tuple[str, list[Any]]]  # (layer, its datasets, unread: shapes are looked at first)
TINY = 1e-12
SIGNATURE = b"\x89HDF\r\n\x1a\n"
# Beside the layers of a trained model; Keras 2 on Windows writes such paths with backslashes.
NO_LAYERS = re.compile(r"(optimizer|metrics)([/\\]|$)")
NO_LAYER = "seed_generator"  # inside layers that draw random numbers, in early versions of Keras 3


def parse(
    content: bytes,
    shapes: Shapes | None = None,
    largest_bytes: float = math.inf,
    images: Sequence[int] | None = None,
) -> tuple[Weights, tuple[str, ...]]:
    """Return (weights by our names, notes) of an HDF5 file in any of Keras's layouts.

    largest_bytes: the most that the layers may declare where no `shapes` say what is expected.
    images: (height, width, channels) of the images that the weights are measured on, if known.
    Raises WeightsError naming the layer and the remedy.
    """
    notes: list[str] = []
    if content[:8] != SIGNATURE:
        raise WeightsError(
            "This is not an HDF5 weights file. Save with model.save_weights('my_model_weights.h5') "
            "in Keras 2, or '.weights.h5' in Keras 3, and upload that file."
        )
    weights = _read_hdf5(content, notes, shapes, largest_bytes, images)
    return as_float32(weights, notes), tuple(notes)


def _read_hdf5(
    content: bytes,
    notes: list[str],
    shapes: Shapes | None,
    largest_bytes: float,
    images: Sequence[int] | None,
) -> Weights:
    import h5py

    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            named = named_layers(_layers(file, images, notes), shapes, notes)
            if shapes is None:
                check_sizes(named.values(), largest_bytes)
            return {name: values(item, notes) for name, item in named.items()}
    except WeightsError:
        raise
    except (OSError, KeyError, ValueError, TypeError, RuntimeError, OverflowError) as error:
        raise damaged(error) from error


def values(item: Any, notes: list[str]) -> np.ndarray:
    """Return a dataset's numbers; two bytes without a type are bfloat16, as Keras stores it."""
    if item.dtype.kind != "V":
        return np.asarray(item[()])
    note = "Weights stored as bfloat16 were converted to float32."
    if note not in notes:
        notes.append(note)
    return widened(np.frombuffer(item[()].tobytes(), "<u2").reshape(item.shape))


def _layers(file: Any, images: Sequence[int] | None, notes: list[str]) -> Layers:
    check_objects(file)
    root = file
    if "layer_names" not in file.attrs and "model_weights" in file:
        description = text_attribute(file, "model_config")
        check_description(description)
        note_differences(description, images, notes)
        root = file["model_weights"]
        notes.append("Whole model (.h5): only its weights were read.")
    if "layer_names" in root.attrs or "layer_names0" in root.attrs:
        return _legacy_layers(root)
    return _keras3_layers(file)


def _legacy_layers(root: Any) -> Layers:
    layers: Layers = []
    for layer in names_attribute(root, "layer_names"):
        group = root.get(layer)
        if group is None or not hasattr(group, "keys"):
            raise WeightsError(
                f"The layer {shown(layer)} is listed but missing. Save the weights again."
            )
        names = names_attribute(group, "weight_names")
        layers += _of_group(layer, {name: group.get(name) for name in names})
    return layers


def _of_group(layer: str, items: dict[str, Any]) -> Layers:
    """Return the layers in one group: a nested network is a single group of all its layers."""
    check_layer(layer, [item for item in items.values() if item is not None])
    if any("lora_kernel" in name for name in items):
        raise adapted(layer)
    within: dict[str, list[Any]] = {}
    for name, item in items.items():
        array = numbers(item, f"{layer}/{name}")
        within.setdefault(name.rpartition("/")[0], []).append(array)
    if len(within) > 1:
        for path, arrays in within.items():
            check_layer(f"{layer}/{path}", arrays)
    return [(f"{layer}/{path}" if len(within) > 1 else layer, a) for path, a in within.items()]


def _keras3_layers(file: Any) -> Layers:
    """Return the layers of Keras 3: groups with `vars`, in the natural order of their names."""
    found: Layers = []
    waiting = [(file[name], f"/{name}") for name in file if not NO_LAYERS.match(name)]
    while waiting:
        group, path = waiting.pop()
        for name in group if hasattr(group, "keys") else ():
            item = group[name]
            if not hasattr(item, "keys") or name == NO_LAYER:
                continue
            if name != "vars":
                waiting.append((item, f"{path}/{name}"))
            elif len(item):
                check_layer(path, list(item.values()))
                keys = sorted(item, key=_natural)
                found.append((path, [numbers(item[key], f"{path}/{key}") for key in keys]))
    if not found:
        raise WeightsError(
            "The file holds no layers. Save with model.save_weights and upload that file."
        )
    return sorted(found, key=lambda layer: _natural(layer[0]))


def _natural(name: str) -> list[tuple[int, str]]:
    parts = re.split(r"(\d+)", name)
    return [(int(part[:18]), "") if part.isdigit() else (-1, part) for part in parts]


def as_float32(weights: Weights, notes: list[str]) -> Weights:
    """Return finite float32 weights; what was converted, or is almost zero, is noted.

    Raises WeightsError for NaN and infinite values.
    """
    kinds = {str(array.dtype) for array in weights.values() if array.dtype != np.float32}
    with np.errstate(over="ignore"):  # what does not fit float32 becomes infinite, and is refused
        converted = {name: np.asarray(a, np.float32, order="C") for name, a in weights.items()}
    for name, array in converted.items():
        broken = array.size - int(np.count_nonzero(np.isfinite(array)))
        if broken:
            raise WeightsError(
                f"{name} contains {plural(broken, 'NaN or infinite value')}, so the network "
                "predicts nothing. Train again with a smaller learning rate and upload that file."
            )
    if kinds:
        notes.append(f"Weights stored as {', '.join(sorted(kinds))} were converted to float32.")
    tiny = sum(int(np.count_nonzero((a != 0) & (np.abs(a) < TINY))) for a in converted.values())
    if tiny:
        notes.append(
            f"{plural(tiny, 'weight')} below {TINY:g} but not zero; sparsity counts exact zeros."
        )
    return converted
