"""What a PyTorch file's pickle describes: tensors in storages, by the machine that runs nothing.

No name leads to an object: each picks a description, and PyTorch is never imported.
Source of the names: torch/serialization.py and torch/_utils.py of PyTorch 0.4 to 2.13.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.data.uploads.unpickle.descriptions import NAMES, Name, refused
from core.data.uploads.unpickle.machine import STEPS, Machine
from core.errors import UploadError, WeightsError
from core.networks.formats.hdf5_checks import shown

STATE_DICT = "Save with torch.save(model.state_dict(), path) and upload that file."
MOST_KEYS = 200_000
# What a pickle that is cut short or was made by hand leads to.
DAMAGE = (IndexError, ValueError, TypeError, KeyError, struct.error, OverflowError)


@dataclass(frozen=True)
class StorageType:
    """The element type of a storage: a key of `tensors.STORED`."""

    kind: str


@dataclass(frozen=True)
class Storage:
    """A run of numbers in the file; `start` is where a view of it begins."""

    key: str
    kind: str
    size: int
    start: int = 0


@dataclass(frozen=True)
class Strided:
    """A tensor as its pickle describes it: every how many numbers of a storage it goes on."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class Table(dict[Any, Any]):
    """A dictionary of the pickle; what is set on it beside its entries is ignored."""


KINDS = {
    "Float": "float32", "Double": "float64", "Half": "float16", "BFloat16": "bfloat16",
    "Long": "int64", "Int": "int32", "Short": "int16", "Char": "int8", "Byte": "uint8",
    "Bool": "bool",
}  # fmt: skip
TORCH_NAMES: Mapping[tuple[str, str], Any] = {
    **NAMES,
    **{("torch", f"{name}Storage"): StorageType(kind) for name, kind in KINDS.items()},
    ("collections", "OrderedDict"): Name("table"),
    ("torch._utils", "_rebuild_tensor_v2"): Name("tensor"),
    ("torch._utils", "_rebuild_tensor"): Name("tensor"),
    ("torch._utils", "_rebuild_parameter"): Name("parameter"),
    ("torch", "Size"): Name("size"),
}
# Tensors of other kinds: what they are, and the call that makes plain ones of them.
OTHER_TENSORS = {
    "_rebuild_sparse_tensor": ("sparse", "{name: t.to_dense() for name, t in ….items()}"),
    "_rebuild_sparse_csr_tensor": ("sparse", "{name: t.to_dense() for name, t in ….items()}"),
    "_rebuild_qtensor": ("quantized", "{name: t.dequantize() for name, t in ….items()}"),
}


class TorchMachine(Machine):
    """The machine for arrays, with dictionaries, tensors and references to storages.

    storages: every storage that the pickle refers to, by key, in tensors that are wanted or not.
    """

    names = TORCH_NAMES

    def __init__(self, content: memoryview, label: str) -> None:
        super().__init__(content, label)
        self.storages: dict[str, Storage] = {}

    def find(self, module: Any, name: Any) -> None:
        """Push what a global name stands for; nothing is ever imported.

        Raises WeightsError for whole models, odd tensors and everything else.
        """
        if (module, name) in self.names:
            self.push(self.names[module, name])
            return
        asked = f"{shown(str(module))}.{shown(str(name))}"
        if name in OTHER_TENSORS:
            kind, call = OTHER_TENSORS[name]
            raise WeightsError(
                f"The file holds {kind} tensors ({asked}). Save plain ones, {call}, with "
                "torch.save and upload that file."
            )
        raise WeightsError(
            f"The file asks for the Python object {asked}, which weights do not need: a whole "
            f"model or a checkpoint of a program. Nothing in it was run. {STATE_DICT}"
        )

    def reduce(self) -> None:
        """Describe what the pickle wants built."""
        arguments, function = self.stack.pop(), self.stack.pop()
        build = BUILDERS.get(function.means) if isinstance(function, Name) else None
        if build is None:
            self.stack += [function, arguments]
            super().reduce()
        elif isinstance(arguments, tuple):
            self.push(build(arguments))
        else:
            raise TypeError("arguments")

    def build(self) -> None:
        """Complete an array; what is set on a dictionary (its `_metadata`) is ignored."""
        if isinstance(self.stack[-2], Table):
            self.stack.pop()
        else:
            super().build()

    def persistent(self) -> None:
        """Push the storage that a reference names."""
        storage = _storage(self.stack.pop())
        before = self.storages.setdefault(storage.key, storage)
        if (before.kind, before.size) != (storage.kind, storage.size):
            raise ValueError("one storage of two kinds")
        self.push(storage)

    def set_items(self, pairs: list[Any]) -> None:
        """Put key, value, key, value, … into the dictionary on top of the stack."""
        table = self.stack[-1]
        if not isinstance(table, Table) or len(pairs) % 2:
            raise TypeError("no dictionary")
        table.update(zip(pairs[::2], pairs[1::2], strict=True))
        if len(table) > MOST_KEYS:
            raise refused(self.label, f"holds more than {MOST_KEYS:,} entries", STATE_DICT)


class OneOfSeveral(TorchMachine):
    """A machine for a pickle that others follow: `position` is where it ended."""

    def _finished(self) -> Any:
        (value,) = self.stack
        return value


def _storage(reference: Any) -> Storage:
    """Return the storage of ("storage", type, key, location, size[, view])."""
    kind, stored, key, _location, size, *view = reference
    key = str(key)
    if kind != "storage" or not isinstance(stored, StorageType) or not _is_count(size):
        raise TypeError("storage")
    if not view or view[0] is None:
        return Storage(key, stored.kind, size)
    _, start, _ = view[0]
    if not _is_count(start):
        raise TypeError("view")
    return Storage(key, stored.kind, size, start)


def _tensor(arguments: tuple[Any, ...]) -> Strided:
    storage, offset, shape, strides, *_ = arguments
    if not isinstance(storage, Storage) or not isinstance(shape, tuple):
        raise TypeError("tensor")
    if not isinstance(strides, tuple) or len(strides) != len(shape):
        raise TypeError("strides")
    if not all(_is_count(number) for number in (offset, *shape, *strides)):
        raise TypeError("numbers")
    return Strided(storage, offset + storage.start, shape, strides)


def _is_count(number: Any) -> bool:
    return type(number) is int and number >= 0


def _parameter(arguments: tuple[Any, ...]) -> Any:
    return arguments[0]


def _table(arguments: tuple[Any, ...]) -> Table:
    """Return an OrderedDict, whose pickle of old versions gives a list of pairs."""
    return Table(arguments[0] if arguments else ())


def _size(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(arguments[0])


BUILDERS: Mapping[str, Callable[[tuple[Any, ...]], Any]] = {
    "tensor": _tensor,
    "parameter": _parameter,
    "table": _table,
    "size": _size,
}


def _set_item(machine: TorchMachine) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    machine.set_items([key, value])


TorchMachine.steps = STEPS | {
    ord("}"): lambda m: m.push(Table()),
    ord("s"): _set_item,
    ord("u"): lambda m: m.set_items(m.to_mark()),
    ord("Q"): lambda m: m.persistent(),
}


def run(machine: TorchMachine, remedy: str) -> Any:
    """Return what a pickle describes.

    Raises WeightsError, with the remedy, for anything that is not plain or is damaged.
    """
    try:
        return machine.run()
    except UploadError as error:  # of the machine for arrays, whose remedy is for images
        cause = str(error).partition(". ")[0]
        raise WeightsError(f"{cause}. Nothing in it was run. {remedy}") from error
    except DAMAGE as error:
        raise refused(machine.label, "is damaged or cut short", remedy) from error
