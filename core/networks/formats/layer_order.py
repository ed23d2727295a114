"""Layers of any file, put in the order of the network and called by our names.

A layer is its name in the file and its arrays, of which only shapes are looked at here.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise, permutations
from typing import Any, Protocol, TypeVar

from core.errors import WeightsError
from core.networks.formats.hdf5_checks import BEFORE_QUANTIZING, shown

Shapes = Mapping[str, tuple[int, ...]]
ALL = ("conv1", "conv2", "conv3", "conv4", "dense1", "dense2")
AUTOMATIC = re.compile(r"(conv2d|dense)(_\d+)?$")  # Keras numbers these as they are made
CONVOLUTIONS, DENSE = 4, 2  # layers of each kind, and no more are tried in every order


class Shaped(Protocol):
    """An array as its file's reader has it: NumPy's or h5py's."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of its axes."""


A = TypeVar("A", bound=Shaped)
Layer = tuple[str, list[A]]


def named_layers(
    layers: Sequence[Layer[A]], shapes: Shapes | None, notes: list[str]
) -> dict[str, A]:
    """Return the arrays by our names (conv1/kernel … dense2/bias), each layer checked.

    shapes: what the network expects, None when it is not known. Raises WeightsError naming the
    layer, what it has and what was expected.
    """
    counts = {4: 0, 2: 0}
    named: dict[str, A] = {}
    for layer, arrays in layers:
        if len(arrays) != 2 or len(arrays[0].shape) not in counts:
            raise _odd_layer(layer, arrays)
    for layer, arrays in in_network_order(layers, shapes, notes):
        kernel = arrays[0]
        counts[len(kernel.shape)] += 1
        ours = f"{'conv' if len(kernel.shape) == 4 else 'dense'}{counts[len(kernel.shape)]}"
        _check_shapes(layer, ours, arrays, shapes)
        named[f"{ours}/kernel"], named[f"{ours}/bias"] = arrays
    _check_complete(named, shapes)
    return named


def _odd_layer(layer: str, arrays: Sequence[Any]) -> WeightsError:
    found = [tuple(each.shape) for each in arrays]
    if len(found) == 4 and len(set(found)) == 1 and len(found[0]) == 1:
        return WeightsError(
            f"The layer {shown(layer)} is a BatchNormalization, which the course's network does "
            "not have. Fold it into the kernel and the bias of the layer before it, and upload "
            "the weights of the course's network."
        )
    if () in found and len(found) > 2:
        return WeightsError(
            f"The layer {shown(layer)} holds scales beside its kernel, as a quantized network "
            f"does. {BEFORE_QUANTIZING} and upload that file."
        )
    return WeightsError(
        f"The layer {shown(layer)} holds arrays of {', '.join(map(str, found[:5]))}; the network "
        "has only layers with one kernel and one bias. Upload the weights of the reference network."
    )


def in_network_order(
    layers: Sequence[Layer], shapes: Shapes | None, notes: list[str]
) -> Sequence[Layer]:
    """Return the layers as the network has them, whatever a file sorted by name says.

    Kernels whose shapes all differ tell their places; else who can read whose channels does;
    else convolutions precede dense layers, in the order of the file.
    """
    kernels = [tuple(shape) for name, shape in (shapes or {}).items() if name.endswith("/kernel")]
    found = [tuple(layer[1][0].shape) for layer in layers]
    if len(set(kernels)) == len(kernels) and sorted(kernels) == sorted(found):
        return sorted(layers, key=lambda layer: kernels.index(tuple(layer[1][0].shape)))
    as_listed = sorted(layers, key=lambda layer: -len(layer[1][0].shape))
    return _chained(as_listed, notes) or as_listed


def _chained(layers: Sequence[Layer], notes: list[str]) -> Sequence[Layer] | None:
    """Return the layers so that each reads what the one before it gives, None if none fits.

    The order of the file stays where it fits. Of several other orders none is preferred.
    """
    convolutions = [layer for layer in layers if len(layer[1][0].shape) == 4]
    dense = [layer for layer in layers if len(layer[1][0].shape) == 2]
    if (len(convolutions), len(dense)) != (CONVOLUTIONS, DENSE):
        return None
    fitting = [
        [*first, *last]
        for first in permutations(convolutions)
        for last in permutations(dense)
        if _is_chain([*first, *last])
    ]
    if len(fitting) > 1 and not _is_chain(layers):
        return None
    if len(fitting) > 1 and not all(AUTOMATIC.search(name) for name, _ in layers):
        notes.append("Layers of equal shape were taken in the order of the file.")
    return fitting[0] if fitting else None  # the order of the file is tried first


def _is_chain(layers: Sequence[Layer]) -> bool:
    """Return whether every kernel can read the outputs of the one before it."""
    kernels = [tuple(arrays[0].shape) for _, arrays in layers]
    return all(
        reader[-2] == kernel[-1]
        or (len(kernel) == 4 and len(reader) == 2 and _flattens(reader[0], kernel[-1]))
        for kernel, reader in pairwise(kernels)
    )


def _flattens(rows: int, channels: int) -> bool:
    return channels > 0 and rows % channels == 0


def _check_shapes(layer: str, ours: str, arrays: Sequence[Any], shapes: Shapes | None) -> None:
    kernel, bias = (tuple(array.shape) for array in arrays)
    if shapes is None and ours not in ALL:
        raise WeightsError(
            f"The layer {shown(layer)} is one too many: the network has four convolutions and two "
            "dense layers, the last of which is its only output. Upload the weights of the "
            "reference network."
        )
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
    missing = [name for name in shapes or [f"{n}/kernel" for n in ALL] if name not in named]
    if missing:
        raise WeightsError(
            f"The file lacks {', '.join(missing)}. The network has four convolutions and two dense "
            "layers; upload the weights of all of them."
        )
