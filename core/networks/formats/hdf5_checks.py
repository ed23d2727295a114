"""Looking at every object of a stranger's HDF5 file before any of its data is read.

No external file, no virtual data, no loop of links, no size beyond what the network can have.
"""

import math
from collections.abc import Collection
from typing import Any

import numpy as np

from core.errors import WeightsError

LARGEST_VALUES = 64_000_000  # values in one file: a hundred times the reference network
LARGEST_BYTES = 128 << 20  # of the layers together: what a stranger's reader can read and convert
MOST_OBJECTS = 10_000
DEEPEST = 12
MOST_PIECES = 64  # of a list of names, 64 KB each
# Keras keeps the numbers of a quantized layer as whole ones, beside their scale.
BEFORE_QUANTIZING = "Save the weights as float32 before model.quantize is called"


def damaged(error: Exception) -> WeightsError:
    """Return the refusal of a file that cannot be read to its end.

    What the library says of its own structures (superblocks, object headers) helps nobody.
    """
    where = "it ends too early" if "truncated" in str(error) else "its content does not hold"
    return WeightsError(
        f"The weights file is damaged or cut short ({where}). "
        "Save the weights again and upload the new file."
    )


def check_objects(file: Any, largest: int = LARGEST_VALUES) -> None:
    """Walk every hard link once and look for what a weights file never holds.

    largest: the most values that all arrays together may declare. Raises WeightsError at the first
    object that does not belong there.
    """
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
                    f"{shown(path + name)} is a link to elsewhere, which is never followed. "
                    "Save the weights again with Keras and upload that file."
                )
            item = group[name]
            address = h5py.h5o.get_info(item.id).addr
            if address in seen or len(seen) >= MOST_OBJECTS or depth >= DEEPEST:
                raise WeightsError(
                    f"{shown(path + name)} closes a loop of links, or the file holds far more "
                    "than a network. Save the weights again with Keras and upload that file."
                )
            seen.add(address)
            if isinstance(item, h5py.Group):
                waiting.append((item, depth + 1, f"{path}{name}/"))
            else:
                values += _check_dataset(item, path + name, largest)
                if values > largest:
                    raise _too_large(path + name, values)


def _check_dataset(item: Any, path: str, largest: int) -> int:
    import h5py

    if not isinstance(item, h5py.Dataset):
        raise WeightsError(f"{shown(path)} is no array. Save the weights again with Keras.")
    if item.id.get_create_plist().get_external_count() or item.is_virtual:
        raise WeightsError(
            f"{shown(path)} keeps its data in another file, which is never read. "
            "Save the weights again with Keras and upload that file."
        )
    values = math.prod(item.shape or ())
    if values > largest or (item.chunks and math.prod(item.chunks) > largest):
        raise _too_large(path, values)
    return values


def _too_large(path: str, values: int) -> WeightsError:
    return WeightsError(
        f"{shown(path)} declares {values:,} values; the reference network has 592,933 in all. "
        "Nothing was read. Upload the weights of the reference network."
    )


def shown(path: str) -> str:
    """Return the end of a path inside the file, safe to show."""
    return ascii(path[-80:])[1:-1]


def text_attribute(group: Any, name: str) -> str:
    """Return an attribute as text, "" if it is absent."""
    if name not in group.attrs:
        return ""
    value = group.attrs[name]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def names_attribute(group: Any, name: str) -> list[str]:
    """Return a list of names; Keras cuts long lists into name0, name1, …

    Raises WeightsError if it is no list of names, or an endless one.
    """
    keys = [name] if name in group.attrs else []
    while not keys or keys[-1] != name:
        following = f"{name}{len(keys)}"
        if following not in group.attrs:
            break
        keys.append(following)
        if len(keys) > MOST_PIECES:
            raise WeightsError(
                f"The attribute {name} comes in more than {MOST_PIECES} pieces, which no network "
                "needs. Save the weights again with Keras and upload that file."
            )
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


def numbers(item: Any, path: str) -> Any:
    """Return a dataset of floating-point numbers, unread.

    Raises WeightsError for anything else.
    """
    import h5py

    if not isinstance(item, h5py.Dataset):
        raise WeightsError(f"{shown(path)} is listed but missing. Save the weights again.")
    is_bfloat16 = item.dtype.kind == "V" and item.dtype.itemsize == 2 and not item.dtype.names
    if not is_bfloat16 and (item.dtype.kind != "f" or item.dtype.itemsize not in (2, 4, 8)):
        eight_bits = item.dtype.kind in "iu" and item.dtype.itemsize == 1
        remedy = BEFORE_QUANTIZING if eight_bits else "Save the weights as float32"
        raise WeightsError(
            f"{shown(path)} holds {item.dtype}, not floating-point numbers. "
            f"{remedy} and upload that file."
        )
    return item


def check_sizes(datasets: Collection[Any], largest_bytes: float) -> None:
    """Raise WeightsError if the datasets declare more than `largest_bytes` in all."""
    sizes = {item.name: math.prod(item.shape) * item.dtype.itemsize for item in datasets}
    if sum(sizes.values()) > largest_bytes:
        largest = max(datasets, key=lambda item: sizes[item.name])
        raise _too_large(largest.name, math.prod(largest.shape))
