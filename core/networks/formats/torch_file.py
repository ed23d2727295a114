"""PyTorch's two containers, the zip and the legacy one, as named tensors; nothing is executed.

Source: torch/serialization.py of PyTorch 2.13, `_save`, `_legacy_save` and `_legacy_load`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from core.archives.members import Member
from core.data.uploads.unpickle.descriptions import Array, refused
from core.errors import WeightsError
from core.networks.formats.hdf5_checks import LARGEST_VALUES, shown
from core.networks.formats.pickled_arrays import described
from core.networks.formats.tensors import MOST_AXES, Tensor, numbers, width
from core.networks.formats.torch_pickle import (
    DAMAGE,
    STATE_DICT,
    OneOfSeveral,
    Storage,
    Strided,
    Table,
    TorchMachine,
    run,
)

LABEL = "The PyTorch file"
MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
# The first bytes of every legacy file: protocol 2, then the magic number.
LEGACY_START = b"\x80\x02\x8a\x0a" + MAGIC.to_bytes(10, "little") + b"."
# Where checkpoints keep the network, in the order in which they are looked for.
CHECKPOINT_KEYS = ("model_state_dict", "state_dict", "model", "net", "network", "weights", "params")
NO_NETWORK = ("optim", "sched", "lr_sched", "scaler", "callbacks", "loops", "hyper", "mask")
MOST_ENTRIES = 200
Bytes = Callable[[Storage], memoryview]


def is_torch_zip(members: list[Member]) -> bool:
    """Tell whether a zip is what torch.save writes."""
    return any(member.parts[1:] == ("data.pkl",) for member in members)


def read_zip(members: list[Member]) -> dict[str, Tensor]:
    """Return the tensors in the members of a zip that torch.save wrote, unread.

    Raises WeightsError for what is no state_dict, or lies about what it holds.
    """
    root = next(m.parts[0] for m in members if m.parts[1:] == ("data.pkl",))
    inside = {m.parts[1:]: m.content for m in members if m.parts[0] == root}
    if ("constants.pkl",) in inside:
        raise WeightsError(f"This is a TorchScript program, not weights. {STATE_DICT}")
    if bytes(inside.get(("byteorder",), b"little")).strip() != b"little":
        raise _big_endian()

    def held(storage: Storage) -> memoryview:
        content = inside.get(("data", storage.key))
        if content is None:
            raise _lacking(storage.key)
        return content

    return named_tensors(run(TorchMachine(inside[("data.pkl",)], LABEL), STATE_DICT), held)


def read_legacy(content: memoryview) -> dict[str, Tensor]:
    """Return the tensors of a file in the format before PyTorch 1.6, unread."""
    position, values = len(LEGACY_START), []
    storages: dict[str, Storage] = {}
    for _ in range(4):  # protocol, system, what was saved, keys of the storages
        machine = OneOfSeveral(content[position:], LABEL)
        values.append(run(machine, STATE_DICT))
        position += machine.position
        storages |= machine.storages
    protocol, system, value, keys = values
    if protocol != PROTOCOL or not isinstance(system, Table) or not isinstance(keys, list):
        raise refused(LABEL, "is damaged or of an unknown version", STATE_DICT)
    if system.get("little_endian") is not True:
        raise _big_endian()
    places = _places(content[position:], [str(key) for key in keys], storages)

    def held(storage: Storage) -> memoryview:
        if storage.key not in places:
            raise _lacking(storage.key)
        return places[storage.key]

    return named_tensors(value, held)


def _places(
    content: memoryview, keys: Sequence[str], storages: Mapping[str, Storage]
) -> dict[str, memoryview]:
    """Return the bytes of each storage: behind the pickles, of each its count and its numbers."""
    places: dict[str, memoryview] = {}
    position = 0
    for key in keys:
        if key not in storages or key in places:
            raise _lacking(key)
        head = content[position : position + 8]
        count = int.from_bytes(head, "little", signed=True)
        size = count * width(storages[key].kind)
        if len(head) < 8 or not 0 <= size <= len(content) - position - 8:
            raise _lacking(key)
        places[key] = content[position + 8 : position + 8 + size]
        position += 8 + size
    return places


def _big_endian() -> WeightsError:
    return WeightsError(
        "The file was saved on a big-endian machine, whose numbers are not read. "
        "Load it there and save it again on an ordinary one."
    )


def _lacking(key: str) -> WeightsError:
    return WeightsError(
        f"The file lacks the numbers of storage {shown(key[:20])}, or has fewer than declared. "
        "Save it again with torch.save and upload the new file."
    )


def named_tensors(value: Any, held: Bytes) -> dict[str, Tensor]:
    """Return the tensors of a state dict, of a checkpoint that holds one, or of a list.

    value: what the pickle describes. held: returns the bytes of a storage.
    """
    try:
        return {shown(str(n)): _tensor(entry, held) for n, entry in _state_dict(value).items()}
    except DAMAGE as error:
        raise refused(LABEL, "is damaged or cut short", STATE_DICT) from error


def _state_dict(value: Any) -> Mapping[Any, Any]:
    if isinstance(value, list | tuple):  # [p for p in model.parameters()]
        value = Table(enumerate(value))
    if not isinstance(value, Table):
        raise WeightsError(f"The file holds no weights by name. {STATE_DICT}")
    inner = [value[key] for key in CHECKPOINT_KEYS if isinstance(value.get(key), Table)]
    for table in (*inner, value):
        if named := _tensors_in(table):
            return named
    others = _tables_of_tensors(value, 0)
    if len(others) == 1:  # under somebody's own name; of several nobody knows which counts
        return others[0]
    raise WeightsError(
        f"The file holds no tensors by name (found: "
        f"{', '.join(str(key)[:30] for key in list(value)[:5]) or 'nothing'}). {STATE_DICT}"
    )


def _tensors_in(table: Table) -> dict[Any, Any]:
    return {key: entry for key, entry in table.items() if isinstance(entry, Strided | Array)}


def _tables_of_tensors(value: Table, depth: int) -> list[dict[Any, Any]]:
    """Return the tables with tensors in a checkpoint, without those of its optimisers."""
    found = []
    for key, entry in list(value.items())[:MOST_ENTRIES]:
        if not isinstance(entry, Table) or str(key).lower().startswith(NO_NETWORK):
            continue
        named = _tensors_in(entry)
        found += [named] if named else _tables_of_tensors(entry, depth + 1) if depth < 2 else []
    return found


def _tensor(entry: Any, held: Bytes) -> Tensor:
    if isinstance(entry, Array):
        return described(entry, LABEL)
    count = 1
    for side in entry.shape:
        count *= side
    if count > LARGEST_VALUES or len(entry.shape) > MOST_AXES:
        raise WeightsError(
            f"A tensor declares the shape {str(entry.shape)[:60]}, more than any network of this "
            "family has. Nothing was read. Save the weights of the reference network alone."
        )
    storage = entry.storage
    content = held(storage)
    if len(content) != storage.size * width(storage.kind):
        raise _lacking(storage.key)
    last = entry.offset + sum((n - 1) * s for n, s in zip(entry.shape, entry.strides, strict=True))
    if count and last >= storage.size:
        raise _lacking(storage.key)
    return Tensor(entry.shape, storage.kind, lambda: _strided(entry, content))


def _strided(entry: Strided, content: memoryview) -> np.ndarray:
    """Return the tensor's numbers, copied out of its storage; the bounds were checked before."""
    flat = numbers(content, entry.storage.kind)[entry.offset :]
    if 0 in entry.shape:
        return np.zeros(entry.shape, flat.dtype)
    strides = [step * flat.itemsize for step in entry.strides]
    return np.lib.stride_tricks.as_strided(flat, entry.shape, strides, writeable=False).copy()
