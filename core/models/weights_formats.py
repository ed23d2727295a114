"""What a weights file may look like, and nothing else: the part that runs in the limited child.

Every link, dataset and attribute is looked at before it is read: no external file, no virtual
data, no loop, no size beyond what the network can have. Keras is never imported.
"""

import io
import json
import math
import re
import zipfile
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np

from core.errors import WeightsError

Weights = dict[str, np.ndarray]
Shapes = Mapping[str, tuple[int, ...]]
Layers = list[tuple[str, list[np.ndarray]]]

LARGEST_VALUES = 64_000_000  # values in one file: a hundred times the reference network
LARGEST_TEXT = 4_000_000  # bytes of a model's JSON description
MOST_OBJECTS = 10_000
DEEPEST = 12
TINY = 1e-12

# Layers that hold no weights or the ones we read; a description with any other is refused.
KNOWN_LAYERS = frozenset(
    (
        *("InputLayer", "Conv2D", "Dense", "MaxPooling2D", "AveragePooling2D", "Dropout"),
        *("Flatten", "Activation", "ReLU", "Softmax", "Rescaling"),
        *("Sequential", "Functional", "Model"),
    )
)
KNOWN_MODULES = ("keras", "tensorflow.keras", "tf_keras", "tensorflow.python.keras", "builtins")
LARGEST_UNITS = 100_000


def parse_upload(
    source: BinaryIO, name: str, shapes: dict[str, list[int]] | None
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Entry in the child: return ({"notes": [...]}, weights)."""
    expected = {key: tuple(value) for key, value in shapes.items()} if shapes else None
    weights, notes = parse(source.read(), expected)
    return {"notes": list(notes)}, weights


def parse(content: bytes, shapes: Shapes | None = None) -> tuple[Weights, tuple[str, ...]]:
    """Return (weights by our names, notes) of any accepted format, told by content.

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
    layers = _read_hdf5(content, notes)
    weights = _named(layers, shapes)
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
            _check_description(_member(archive, members.get("config.json"), LARGEST_TEXT))
            notes.append("Whole model (.keras): only its weights were read.")
            return _member(archive, members["model.weights.h5"], LARGEST_VALUES * 4)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError) as error:
        raise _damaged(error) from error


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


def _damaged(error: Exception) -> WeightsError:
    return WeightsError(
        f"The weights file is damaged or cut short ({str(error)[:120]}). "
        "Save the weights again and upload the new file."
    )


def _check_description(text: bytes | str) -> None:
    """Raise WeightsError if a model's JSON names anything that is not a plain layer."""
    if not text:
        return
    if len(text) > LARGEST_TEXT:
        raise WeightsError("The model's description is too long. Upload the weights only.")
    try:
        description = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _damaged(error) from error
    for layer in _layer_entries(description):
        _check_layer(layer)


def _layer_entries(description: Any) -> list[dict[str, Any]]:
    """Return the model and its layers, nested models included, without recursion."""
    found, waiting = [], [description]
    while waiting:
        entry = waiting.pop()
        if not isinstance(entry, dict):
            continue
        found.append(entry)
        config = entry.get("config")
        layers = config.get("layers") if isinstance(config, dict) else config
        waiting.extend(layers if isinstance(layers, list) else [])
    return found


def _check_layer(entry: dict[str, Any]) -> None:
    name, module = entry.get("class_name", "Sequential"), entry.get("module") or "keras"
    if name not in KNOWN_LAYERS or entry.get("registered_name") not in (None, name, "Functional"):
        raise WeightsError(
            f"The model has a layer of the class {str(name)[:60]!r}, which the network does not "
            "have. Nothing in the file was run. Upload the weights of the reference network."
        )
    if str(module).split(".")[0] not in {m.split(".")[0] for m in KNOWN_MODULES}:
        raise WeightsError(
            f"The model asks for the Python module {str(module)[:60]!r}. Nothing was imported. "
            "Upload the weights only, as .h5."
        )
    config = entry.get("config")
    for key in ("units", "filters"):
        units = config.get(key, 1) if isinstance(config, dict) else 1
        if not isinstance(units, int) or not 0 < units <= LARGEST_UNITS:
            raise WeightsError(
                f"The model declares a {name} layer with {str(units)[:30]} {key}. Nothing was "
                "built. Upload the weights of the reference network."
            )


def _read_hdf5(content: bytes, notes: list[str]) -> Layers:
    import h5py

    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            return _layers(file, notes)
    except WeightsError:
        raise
    except (OSError, KeyError, ValueError, TypeError, RuntimeError, OverflowError) as error:
        raise _damaged(error) from error


def _layers(file: Any, notes: list[str]) -> Layers:
    _check_objects(file)
    root = file
    if "layer_names" not in file.attrs and "model_weights" in file:
        _check_description(_text_attribute(file, "model_config"))
        root = file["model_weights"]
        notes.append("Whole model (.h5): only its weights were read.")
    if "layer_names" in root.attrs or "layer_names0" in root.attrs:
        return _legacy_layers(root)
    return _keras3_layers(file)


def _check_objects(file: Any) -> None:
    """Walk every hard link once and refuse what a weights file never holds."""
    import h5py

    seen: set[int] = set()
    values = 0
    waiting = [(file, 0, "/")]
    while waiting:
        group, depth, path = waiting.pop()
        for name in group:
            link = group.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                raise WeightsError(
                    f"{_shown(path + name)} is a link to elsewhere, which is never followed. "
                    "Save the weights again with Keras and upload that file."
                )
            item = group[name]
            address = h5py.h5o.get_info(item.id).addr
            if address in seen or len(seen) >= MOST_OBJECTS or depth >= DEEPEST:
                raise WeightsError(
                    f"{_shown(path + name)} closes a loop of links, or the file holds far more "
                    "than a network. Save the weights again with Keras and upload that file."
                )
            seen.add(address)
            if isinstance(item, h5py.Group):
                waiting.append((item, depth + 1, f"{path}{name}/"))
            else:
                values += _check_dataset(item, path + name)
                if values > LARGEST_VALUES:
                    raise _too_large(path + name, values)


def _check_dataset(item: Any, path: str) -> int:
    import h5py

    if not isinstance(item, h5py.Dataset):
        raise WeightsError(f"{_shown(path)} is no array. Save the weights again with Keras.")
    if item.id.get_create_plist().get_external_count() or item.is_virtual:
        raise WeightsError(
            f"{_shown(path)} keeps its data in another file, which is never read. "
            "Save the weights again with Keras and upload that file."
        )
    values = math.prod(item.shape or ())
    if values > LARGEST_VALUES or (item.chunks and math.prod(item.chunks) > LARGEST_VALUES):
        raise _too_large(path, values)
    return values


def _too_large(path: str, values: int) -> WeightsError:
    return WeightsError(
        f"{_shown(path)} declares {values:,} values; the reference network has 592,933 in all. "
        "Nothing was read. Upload the weights of the reference network."
    )


def _shown(path: str) -> str:
    return ascii(path[-80:])[1:-1]


def _text_attribute(group: Any, name: str) -> str:
    if name not in group.attrs:
        return ""
    value = group.attrs[name]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _names_attribute(group: Any, name: str) -> list[str]:
    """Return a list of names; Keras cuts long lists into name0, name1, …"""
    keys = [name] if name in group.attrs else []
    while not keys or keys[-1] != name:
        following = f"{name}{len(keys)}"
        if following not in group.attrs:
            break
        keys.append(following)
    names: list[str] = []
    for key in keys:
        kind = group.attrs.get_id(key)
        if math.prod(kind.shape) > MOST_OBJECTS or kind.dtype.kind not in "SOUf":
            raise WeightsError(f"The attribute {key} is no list of names. Save the weights again.")
        for entry in np.ravel(group.attrs[key]):
            names.append(
                entry.decode("utf-8", "replace") if isinstance(entry, bytes) else str(entry)
            )
    return names


def _legacy_layers(root: Any) -> Layers:
    layers: Layers = []
    for layer in _names_attribute(root, "layer_names"):
        group = root.get(layer)
        if group is None or not hasattr(group, "keys"):
            raise WeightsError(
                f"The layer {_shown(layer)} is listed but missing. Save the weights again."
            )
        arrays = [
            _values(group, name, f"{layer}/{name}")
            for name in _names_attribute(group, "weight_names")
        ]
        if arrays:
            layers.append((layer, arrays))
    return layers


def _keras3_layers(file: Any) -> Layers:
    """Return the layers of Keras 3: groups with `vars`, in the natural order of their names."""
    found: Layers = []
    waiting = [(file, "")]
    while waiting:
        group, path = waiting.pop()
        for name in group:
            item = group[name]
            if not hasattr(item, "keys") or name == "optimizer":
                continue
            if name == "vars":
                arrays = [_values(item, key, f"{path}/{key}") for key in sorted(item, key=_natural)]
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


def _values(group: Any, name: str, path: str) -> np.ndarray:
    import h5py

    item = group.get(name)
    if not isinstance(item, h5py.Dataset):
        raise WeightsError(f"{_shown(path)} is listed but missing. Save the weights again.")
    if item.dtype.kind != "f" or item.dtype.itemsize not in (2, 4, 8):
        raise WeightsError(
            f"{_shown(path)} holds {item.dtype}, not floating-point numbers. "
            "Save the weights as float32 and upload that file."
        )
    return np.asarray(item[()])


def _named(layers: Layers, shapes: Shapes | None) -> Weights:
    """Return the arrays by our names (conv1 … dense2), each layer checked."""
    counts = {4: 0, 2: 0}
    weights: Weights = {}
    for layer, arrays in _in_network_order(layers, shapes):
        kernel = arrays[0]
        if len(arrays) != 2 or kernel.ndim not in counts or arrays[1].shape != kernel.shape[-1:]:
            found = ", ".join(str(a.shape) for a in arrays[:5])
            raise WeightsError(
                f"The layer {_shown(layer)} holds arrays of {found}; the network has only layers "
                "with one kernel and one bias. Upload the weights of the reference network."
            )
        counts[kernel.ndim] += 1
        ours = f"{'conv' if kernel.ndim == 4 else 'dense'}{counts[kernel.ndim]}"
        _check_shapes(layer, ours, arrays, shapes)
        weights[f"{ours}/kernel"], weights[f"{ours}/bias"] = arrays
    _check_complete(weights, shapes)
    return weights


def _in_network_order(layers: Layers, shapes: Shapes | None) -> Layers:
    """Return the convolutions before the dense layers, whatever a name-sorted file says."""
    return sorted(layers, key=lambda layer: -layer[1][0].ndim)


def _check_shapes(layer: str, ours: str, arrays: list[np.ndarray], shapes: Shapes | None) -> None:
    if shapes is None:
        return
    for part, array in zip(("kernel", "bias"), arrays, strict=True):
        expected = shapes.get(f"{ours}/{part}")
        if expected is None or tuple(expected) != array.shape:
            wanted = "no such layer" if expected is None else str(tuple(expected))
            raise WeightsError(
                f"The {part} of layer {_shown(layer)} ({ours}) has the shape {array.shape}, but "
                f"the network expects {wanted}. Upload the weights of the reference network."
            )


def _check_complete(weights: Weights, shapes: Shapes | None) -> None:
    wanted = shapes or [
        f"{n}/kernel" for n in ("conv1", "conv2", "conv3", "conv4", "dense1", "dense2")
    ]
    missing = [name for name in wanted if name not in weights]
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
                f"{name} contains {broken:,} values that are NaN or infinite, so the network "
                "predicts nothing. Train again with a smaller learning rate and upload that file."
            )
    if kinds:
        notes.append(f"Weights stored as {', '.join(sorted(kinds))} were converted to float32.")
    tiny = sum(int(np.count_nonzero((a != 0) & (np.abs(a) < TINY))) for a in converted.values())
    if tiny:
        notes.append(
            f"{tiny:,} weights are smaller than {TINY:g} but not zero; sparsity counts exact zeros."
        )
    return converted
