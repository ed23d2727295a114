"""NumPy arrays of weights in a pickle or an .npz: lists of `get_weights()`, or arrays by name."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from core.archives.members import Member
from core.data.uploads import npy
from core.data.uploads.unpickle.descriptions import Array, build
from core.errors import WeightsError
from core.networks.formats.hdf5_checks import LARGEST_BYTES, shown
from core.networks.formats.tensors import Tensor, kind_of
from core.networks.formats.torch_pickle import Table, TorchMachine, run

LABEL = "The pickle"
DEEPEST, MOST_ARRAYS = 3, 200
NUMBERED = re.compile(r"arr_(\d+)")
REMEDY = "Save with pickle.dump(model.get_weights(), file), or the weights as .h5."


def is_npz(members: Sequence[Member]) -> bool:
    """Tell whether a zip is what numpy.savez writes."""
    return bool(members) and all(member.name.endswith(".npy") for member in members)


def read_npz(members: Sequence[Member]) -> dict[str, Tensor]:
    """Return the arrays of an .npz by name; those without one (arr_0, arr_1, …) by number."""
    named = {member.name.removesuffix(".npy"): member for member in members}
    if all(NUMBERED.fullmatch(name) for name in named):
        named = dict(sorted(named.items(), key=lambda item: int(item[0][4:])))
    return {shown(name): of_array(npy.read(m, LARGEST_BYTES)) for name, m in named.items()}


def of_array(array: np.ndarray) -> Tensor:
    """Return an array that was read, a view of its bytes, as a tensor."""
    return Tensor(array.shape, kind_of(array.dtype), lambda: array)


def described(array: Array, label: str) -> Tensor:
    """Return an array that a pickle describes as a tensor; built when it is read.

    Raises WeightsError if it describes nothing, or other things than numbers.
    """
    if array.dtype is None or min(array.shape, default=0) < 0:
        raise WeightsError(f"{label} describes an array without content. {REMEDY}")
    kind = kind_of(np.dtype(array.dtype.order + array.dtype.text.lstrip("<>|=")))
    return Tensor(array.shape, kind, lambda: build(array, label, LARGEST_BYTES))


def read_pickle(content: memoryview) -> dict[str, Tensor]:
    """Return the arrays of pickled weights: a list, a list for each layer, or by name."""
    found: dict[str, Tensor] = {}
    for name, array in _arrays(run(TorchMachine(content, LABEL), REMEDY), "", 0):
        found[name] = described(array, LABEL)
        if len(found) > MOST_ARRAYS:
            break
    if not found or len(found) > MOST_ARRAYS:
        raise _no_weights()
    return found


def _arrays(value: Any, name: str, depth: int) -> Iterator[tuple[str, Array]]:
    """Yield all arrays in nested lists and dictionaries with where they are.

    The number of entries that are looked at is bounded: a pickle may repeat one list endlessly.
    """
    if isinstance(value, Array):
        yield shown(name), value
        return
    items = value.items() if isinstance(value, Table) else enumerate(_sequence(value))
    for number, (key, each) in enumerate(items):
        if depth >= DEEPEST or number >= MOST_ARRAYS:
            raise _no_weights()
        yield from _arrays(each, f"{name}/{key}" if name else str(key), depth + 1)


def _sequence(value: Any) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise _no_weights()
    return value


def _no_weights() -> WeightsError:
    return WeightsError(f"{LABEL} holds no arrays of weights. {REMEDY}")
