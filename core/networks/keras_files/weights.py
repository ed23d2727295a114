"""The arrays of a network in Keras's HDF5 files, by the names of its parameters."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.errors import WeightsError
from core.networks.formats.hdf5_checks import (
    check_objects,
    damaged,
    names_attribute,
    numbers,
    shown,
)
from core.networks.formats.hdf5_reader import as_float32, values
from core.networks.graph import LARGEST_PARAMETERS, Layer
from core.networks.keras_files.architecture import Architecture, Place

LARGEST_VALUES = 3 * LARGEST_PARAMETERS  # an optimizer may keep two more arrays for each
ROOTS = ("layers", "_layer_checkpoint_dependencies")  # today's Keras 3, and Keras 2.12's .keras
COUNTS = "count"  # of Normalization: how many inputs it has seen, a whole number


class View(io.RawIOBase):
    """A file of bytes that are there already, without a copy of them."""

    def __init__(self, content: memoryview) -> None:
        super().__init__()
        self._content, self._position = content, 0

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it can be read in any order."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position and return it."""
        start = {io.SEEK_CUR: self._position, io.SEEK_END: len(self._content)}.get(whence, 0)
        self._position = max(0, start + offset)
        return self._position

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as the content goes and return how many bytes it got."""
        piece = self._content[self._position : self._position + len(buffer)]
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)


def read(
    content: memoryview, architecture: Architecture, notes: list[str]
) -> dict[str, np.ndarray]:
    """Return the parameters of a network in the content of an HDF5 file.

    Raises WeightsError where a layer's arrays are missing or of another shape.
    """
    import h5py

    try:
        with h5py.File(View(content), "r") as file:
            check_objects(file, LARGEST_VALUES)
            found = _arrays(file, architecture, notes)
        return as_float32(found, notes)
    except WeightsError:
        raise
    except (OSError, KeyError, ValueError, TypeError, RuntimeError, OverflowError) as error:
        raise damaged(error) from error


def _arrays(file: Any, architecture: Architecture, notes: list[str]) -> dict[str, np.ndarray]:
    network = architecture.network
    root = file.get("model_weights", file)
    is_legacy = "layer_names" in root.attrs or "layer_names0" in root.attrs
    items: dict[str, Any] = {}
    for layer in network.layers:
        shapes = layer.settings.parameter_shapes(network.input_shapes(layer))
        if not shapes:
            continue
        place = architecture.places[layer.name]
        found = _legacy(root, place) if is_legacy else _keras3(file, place)
        _check(layer, found, shapes)
        items |= {f"{layer.name}/{part}": a for part, a in zip(shapes, found, strict=True)}
    return {name: _numbers(name, item, notes) for name, item in items.items()}


def _numbers(name: str, item: Any, notes: list[str]) -> np.ndarray:
    found = values(item, notes)
    is_count = name.rpartition("/")[2] == COUNTS
    return found.astype(np.float32) if is_count else found  # no weight that would be converted


def _check(layer: Layer, found: Sequence[Any], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Raise WeightsError unless the datasets are those of the layer."""
    sizes = [tuple(item.shape) for item in found]
    if sizes != list(shapes.values()):
        has = ", ".join(map(str, sizes)) or "no arrays"
        wanted = ", ".join(f"{part} {shape}" for part, shape in shapes.items())
        raise WeightsError(
            f"The layer {shown(layer.name)!r} ({layer.kind}) has {has} in the file, but its "
            f"architecture says {wanted}. Save architecture and weights from the same model."
        )
    for part, item in zip(shapes, found, strict=True):
        if part != COUNTS:
            numbers(item, f"{layer.name}/{part}")


def _keras3(file: Any, place: Place) -> list[Any]:
    """Return the datasets of one layer, in order: layers/conv2d/vars/0, 1, ..."""
    for root in ROOTS:
        path = "/".join(f"{root}/{group}" for group in place.groups) + "/vars"
        if path in file:
            group = file[path]
            return [group[key] for key in sorted(group, key=int)]
    return []


def _legacy(root: Any, place: Place) -> list[Any]:
    """Return the datasets of one layer; a nested model is one group of all its layers."""
    group = root.get(place.names[0])
    if group is None:
        return []
    paths = names_attribute(group, "weight_names")
    if len(place.names) > 1:
        paths = [path for path in paths if _owner(path, place.names[-1])]
    return [group[path] for path in paths]


def _owner(path: str, layer: str) -> bool:
    """Tell whether a weight such as inner/conv/kernel:0 belongs to the layer."""
    return f"/{path}".rpartition("/")[0].endswith(f"/{layer}")
