"""What a weights file may look like, and nothing else: the part that runs in the limited child.

Keras is never imported.
"""

import io
import math
import re
import zipfile
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np

from core.archives import zips
from core.errors import WeightsError
from core.networks.formats.hdf5_checks import (
    LARGEST_BYTES,
    LARGEST_VALUES,
    check_not_wrapped,
    check_objects,
    check_sizes,
    damaged,
    names_attribute,
    numbers,
    shown,
    text_attribute,
)
from core.networks.formats.keras_config import LARGEST_TEXT, check_description
from core.text import plural

Weights = dict[str, np.ndarray]
Shapes = Mapping[str, tuple[int, ...]]
Layers = list[tuple[str, list[Any]]]  # (layer, its datasets, unread: shapes are looked at first)
TINY = 1e-12
# Beside the layers of a trained model; Keras 2 on Windows writes such paths with backslashes.
NO_LAYERS = re.compile(r"(optimizer|metrics)([/\\]|$)")


def parse_upload(
    source: BinaryIO, name: str, shapes: dict[str, list[int]] | None
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Entry in the child: return ({"notes": [...]}, weights)."""
    expected = {key: tuple(value) for key, value in shapes.items()} if shapes else None
    weights, notes = parse(source.read(), expected, LARGEST_BYTES)
    return {"notes": list(notes)}, weights


def parse(
    content: bytes, shapes: Shapes | None = None, largest_bytes: float = math.inf
) -> tuple[Weights, tuple[str, ...]]:
    """Return (weights by our names, notes) of any accepted format, told by content.

    largest_bytes: the most that the layers may declare where no `shapes` say what is expected.
    Raises WeightsError naming the layer and the remedy.
    """
    notes: list[str] = []
    if not content:
        raise WeightsError("The file is empty. Save the weights again and upload the new file.")
    if content[:4] == b"PK\x03\x04":
        content = _from_keras_archive(content, notes)
    if content[:8] != b"\x89HDF\r\n\x1a\n":
        raise WeightsError(
            "This is not an HDF5 weights file. Save with model.save_weights('my_model_weights.h5') "
            "in Keras 2, or '.weights.h5' in Keras 3, and upload that file."
        )
    weights = _read_hdf5(content, notes, shapes, largest_bytes)
    return _checked(weights, notes), tuple(notes)


def _from_keras_archive(content: bytes, notes: list[str]) -> bytes:
    """Return the model.weights.h5 inside a .keras archive, after looking at its description."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {info.filename: info for info in archive.infolist()[:1000]}
            if "model.weights.h5" not in members:
                raise WeightsError(
                    "The archive holds no model.weights.h5. Upload a .keras file as model.save "
                    "writes it, or the weights as .weights.h5."
                )
            check_description(_member(archive, members.get("config.json"), LARGEST_TEXT))
            notes.append("Whole model (.keras): only its weights were read.")
            return _member(archive, members["model.weights.h5"], LARGEST_VALUES * 4)
    except (*zips.DAMAGE, OSError) as error:
        raise damaged(error) from error


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo | None, largest: int) -> bytes:
    if info is None:
        return b""
    if info.file_size > largest:
        raise WeightsError(
            f"{info.filename} declares {info.file_size:,} bytes, more than any network of this "
            "family needs. Upload the weights of the reference network."
        )
    with archive.open(info) as member:
        return member.read(largest + 1)[: largest + 1]


def _read_hdf5(
    content: bytes, notes: list[str], shapes: Shapes | None, largest_bytes: float
) -> Weights:
    import h5py

    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            named = _named(_layers(file, notes), shapes)
            if shapes is None:
                check_sizes(named.values(), largest_bytes)
            return {name: np.asarray(item[()]) for name, item in named.items()}
    except WeightsError:
        raise
    except (OSError, KeyError, ValueError, TypeError, RuntimeError, OverflowError) as error:
        raise damaged(error) from error


def _layers(file: Any, notes: list[str]) -> Layers:
    check_objects(file)
    root = file
    if "layer_names" not in file.attrs and "model_weights" in file:
        check_description(text_attribute(file, "model_config"))
        root = file["model_weights"]
        notes.append("Whole model (.h5): only its weights were read.")
    if "layer_names" in root.attrs or "layer_names0" in root.attrs:
        return _legacy_layers(root)
    return _keras3_layers(file)


def _legacy_layers(root: Any) -> Layers:
    layers: Layers = []
    for layer in names_attribute(root, "layer_names"):
        check_not_wrapped(layer)
        group = root.get(layer)
        if group is None or not hasattr(group, "keys"):
            raise WeightsError(
                f"The layer {shown(layer)} is listed but missing. Save the weights again."
            )
        arrays = [
            numbers(group, name, f"{layer}/{name}")
            for name in names_attribute(group, "weight_names")
        ]
        if arrays:
            layers.append((layer, arrays))
    return layers


def _keras3_layers(file: Any) -> Layers:
    """Return the layers of Keras 3: groups with `vars`, in the natural order of their names."""
    found: Layers = []
    waiting = [(file[name], f"/{name}") for name in file if not NO_LAYERS.match(name)]
    while waiting:
        group, path = waiting.pop()
        for name in group if hasattr(group, "keys") else ():
            item = group[name]
            if not hasattr(item, "keys"):
                continue
            check_not_wrapped(name)
            if name == "vars":
                arrays = [numbers(item, key, f"{path}/{key}") for key in sorted(item, key=_natural)]
                if arrays:
                    found.append((path, arrays))
            else:
                waiting.append((item, f"{path}/{name}"))
    if not found:
        raise WeightsError(
            "The file holds no layers. Save with model.save_weights and upload that file."
        )
    return sorted(found, key=lambda layer: _natural(layer[0]))


def _natural(name: str) -> list[tuple[int, str]]:
    parts = re.split(r"(\d+)", name)
    return [(int(part[:18]), "") if part.isdigit() else (-1, part) for part in parts]


def _named(layers: Layers, shapes: Shapes | None) -> dict[str, Any]:
    """Return the datasets by our names (conv1 … dense2), each layer checked, nothing read."""
    counts = {4: 0, 2: 0}
    named: dict[str, Any] = {}
    for layer, datasets in _in_network_order(layers, shapes):
        kernel = datasets[0]
        if len(datasets) != 2 or kernel.ndim not in counts:
            found = ", ".join(str(each.shape) for each in datasets[:5])
            raise WeightsError(
                f"The layer {shown(layer)} holds arrays of {found}; the network has only layers "
                "with one kernel and one bias. Upload the weights of the reference network."
            )
        counts[kernel.ndim] += 1
        ours = f"{'conv' if kernel.ndim == 4 else 'dense'}{counts[kernel.ndim]}"
        _check_shapes(layer, ours, datasets, shapes)
        named[f"{ours}/kernel"], named[f"{ours}/bias"] = datasets
    _check_complete(named, shapes)
    return named


def _in_network_order(layers: Layers, shapes: Shapes | None) -> Layers:
    """Return the layers as the network has them, whatever a file sorted by name says.

    Kernels whose shapes all differ tell their places; else convolutions precede dense layers.
    """
    kernels = [tuple(shape) for name, shape in (shapes or {}).items() if name.endswith("/kernel")]
    found = [layer[1][0].shape for layer in layers]
    if len(set(kernels)) == len(kernels) and sorted(kernels) == sorted(found):
        return sorted(layers, key=lambda layer: kernels.index(layer[1][0].shape))
    return sorted(layers, key=lambda layer: -layer[1][0].ndim)


def _check_shapes(layer: str, ours: str, datasets: list[Any], shapes: Shapes | None) -> None:
    kernel, bias = (item.shape for item in datasets)
    # Without a network, all that is known is that a kernel's last axis counts its biases.
    wanted = shapes or {f"{ours}/kernel": kernel, f"{ours}/bias": kernel[-1:]}
    for part, found in (("kernel", kernel), ("bias", bias)):
        expected = wanted.get(f"{ours}/{part}")
        if expected is None or tuple(expected) != found:
            fitting = "no such layer" if expected is None else str(tuple(expected))
            raise WeightsError(
                f"The {part} of layer {shown(layer)} ({ours}) has the shape {found}, but "
                f"the network expects {fitting}. Upload the weights of the reference network."
            )


def _check_complete(named: Mapping[str, Any], shapes: Shapes | None) -> None:
    wanted = shapes or [
        f"{n}/kernel" for n in ("conv1", "conv2", "conv3", "conv4", "dense1", "dense2")
    ]
    missing = [name for name in wanted if name not in named]
    if missing:
        raise WeightsError(
            f"The file lacks {', '.join(missing)}. The network has four convolutions and two dense "
            "layers; upload the weights of all of them."
        )


def _checked(weights: Weights, notes: list[str]) -> Weights:
    kinds = {str(array.dtype) for array in weights.values() if array.dtype != np.float32}
    with np.errstate(over="ignore"):  # what does not fit float32 becomes infinite, and is refused
        converted = {name: np.ascontiguousarray(a, np.float32) for name, a in weights.items()}
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
