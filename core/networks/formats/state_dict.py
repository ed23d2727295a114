"""Tensors under anybody's names, as the layers of the network: PyTorch's layout or Keras's.

PyTorch keeps convolutions as (out, in, height, width) and dense kernels as (out, in), and flattens
channels first; Keras has (height, width, in, out), (in, out), and channels last.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.errors import WeightsError
from core.networks.formats.hdf5_checks import shown
from core.networks.formats.layer_order import Shapes, in_network_order, named_layers
from core.networks.formats.normalisation import Named, behind, not_foldable
from core.networks.formats.tensors import FLOATS, Tensor, check_amount
from core.text import plural

Weights = dict[str, np.ndarray]
WINDOW = (3, 3)  # of every convolution
EPSILON = 1e-5  # torch.nn.BatchNorm2d's own, which no file holds
# What wrapping training code puts before every name.
PREFIXES = re.compile(r"^(module\.|_orig_mod\.)+")
PARTS = {
    **dict.fromkeys(("weight", "weights", "kernel", "kernels", "W", "w"), "kernel"),
    **dict.fromkeys(("bias", "biases", "b"), "bias"),
    **dict.fromkeys(("gamma",), "scale"),
    **dict.fromkeys(("beta",), "shift"),
    **dict.fromkeys(("running_mean", "moving_mean"), "mean"),
    **dict.fromkeys(("running_var", "moving_variance"), "variance"),
}
IGNORED = ("num_batches_tracked",)
MASKED = re.compile(r"(weight|bias)_(orig|mask)$|parametrizations\.(weight|bias)\.|weight_[gv]$")
# What stands before the part of a layer's name; NumPy's keywords have no dots.
JOINED = re.compile(r"^(.+)_(weights?|kernels?|w|W|bias|biases|b)(:0)?$")
LETTERED = re.compile(r"^(weights?|kernels?|w|W|bias|biases|b)_?(\d+)$")


@dataclass
class Module:
    """One layer of the file: its tensors by what they are."""

    name: str
    parts: dict[str, Tensor] = field(default_factory=dict)

    @property
    def is_normalisation(self) -> bool:
        """Tell whether this is a BatchNormalization."""
        return "mean" in self.parts

    def fits(self, layer: Named) -> bool:
        """Tell whether a normalisation has as many units as a layer, in either layout."""
        assert isinstance(layer, Module)
        kernel = layer.parts["kernel"].shape
        return bool(kernel) and self.parts["mean"].shape in ((kernel[0],), (kernel[-1],))


def weights_of(
    tensors: Mapping[str, Tensor],
    shapes: Shapes | None,
    images: Sequence[int] | None,
    notes: list[str],
) -> Weights:
    """Return the tensors as the network's weights, by our names and in Keras's layout.

    shapes: what the network expects, images: the size of what it reads, None when not known.
    Raises WeightsError naming the layer and the remedy.
    """
    check_amount(tensors.items())
    modules = _modules(tensors)
    if any(tensor.kind == "bfloat16" for tensor in tensors.values()):
        notes.append("Weights stored as bfloat16 were converted to float32.")
    channels_first = _is_channels_first(modules)
    layers = _layers(modules, channels_first, notes)
    if channels_first:
        layers = _flattened_last(layers, images)
        notes.append("Kernels were turned from PyTorch's layout (channels first) into Keras's.")
    return named_layers(layers, shapes, notes)


def _modules(tensors: Mapping[str, Tensor]) -> list[Module]:
    """Return the layers in the order of the file."""
    tensors = _dotted(tensors)
    if all(re.fullmatch(r"[\w/]*\d+", name) for name in tensors):
        return _pairs(list(tensors.items()))
    modules: dict[str, Module] = {}
    for name, tensor in tensors.items():
        plain = PREFIXES.sub("", name)
        if MASKED.search(plain):
            raise _still_masked(name)
        *_, last = re.split(r"[./]", plain)
        part = PARTS.get(last.split(":")[0])
        if last in IGNORED:
            continue
        if part is None:
            raise WeightsError(
                f"{shown(name)} is no kernel and no bias of a layer. Save the weights of the "
                "course's network alone, each as name.weight and name.bias."
            )
        owner = plain[: -len(last)].rstrip("./")
        modules.setdefault(owner, Module(owner)).parts[part] = tensor
    return list(modules.values())


def _dotted(tensors: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Return conv1_w as conv1.w and W1 as 1.W, if all names are such; else the tensors as given."""
    for pattern, order in ((JOINED, (1, 2)), (LETTERED, (2, 1))):
        found = [pattern.match(name) for name in tensors]
        named = [f"{match[order[0]]}.{match[order[1]]}" for match in found if match]
        if len(set(named)) == len(tensors):
            return dict(zip(named, tensors.values(), strict=True))
    return tensors


def _pairs(items: Sequence[tuple[str, Tensor]]) -> list[Module]:
    """Return layers of tensors without names: kernel, bias, kernel, bias, …, as Keras has them."""
    if len(items) % 2 or any(len(tensor.shape) != 1 for _, tensor in items[1::2]):
        raise WeightsError(
            f"The {len(items)} arrays are not kernel, bias, kernel, bias, … of six layers. Save "
            "model.get_weights() of the course's network, as it is."
        )
    return [
        Module(f"layer {number}", {"kernel": kernel, "bias": bias})
        for number, ((_, kernel), (_, bias)) in enumerate(
            zip(items[::2], items[1::2], strict=True), 1
        )
    ]


def _still_masked(name: str) -> WeightsError:
    call = "torch.nn.utils.prune.remove(layer, 'weight')"
    if "parametrizations" in name:
        call = "torch.nn.utils.parametrize.remove_parametrizations(layer, 'weight')"
    elif name.endswith(("_g", "_v")):
        call = "torch.nn.utils.remove_weight_norm(layer)"
    return WeightsError(
        f"{shown(name)} is part of a layer that is still masked or parametrized. Call {call} for "
        "every layer before saving the state_dict, and upload that file."
    )


def _is_channels_first(modules: Sequence[Module]) -> bool:
    """Tell PyTorch's layout from Keras's by where the windows of the convolutions are."""
    kernels = [m.parts["kernel"].shape for m in modules if "kernel" in m.parts]
    windows = [shape for shape in kernels if len(shape) == 4]
    first = sum(shape[2:] == WINDOW for shape in windows)
    return first > sum(shape[:2] == WINDOW for shape in windows)


def _layers(
    modules: Sequence[Module], channels_first: bool, notes: list[str]
) -> list[tuple[str, list[np.ndarray]]]:
    """Return (name, [kernel, bias]) of every layer, in Keras's axes, normalisation folded in."""
    layers: list[tuple[str, list[np.ndarray]]] = []
    told = [m for m in modules if m.is_normalisation or "kernel" in m.parts]
    normalised = {layer.name: name for name, layer in behind(told).items()}
    by_name = {module.name: module for module in told}
    for module in told:
        if module.is_normalisation:
            continue
        arrays = _kernel_and_bias(module, channels_first)
        if module.name in normalised:
            arrays = _folded(by_name[normalised[module.name]], *arrays)
        layers.append((module.name, arrays))
    if normalised:
        count = plural(len(normalised), "BatchNormalization layer")
        notes.append(
            f"{count} folded into the layers before them (as "
            f"before the ReLU, with eps {EPSILON:g}); zeros are counted in the folded weights."
        )
    return layers


def _kernel_and_bias(module: Module, channels_first: bool) -> list[np.ndarray]:
    kernel = _floats(f"{module.name}.weight", module.parts["kernel"])
    if channels_first and kernel.ndim == 4:
        kernel = kernel.transpose(2, 3, 1, 0)
    elif channels_first and kernel.ndim == 2:
        kernel = kernel.T
    if "bias" not in module.parts:
        return [kernel]
    return [kernel, _floats(f"{module.name}.bias", module.parts["bias"])]


def _floats(name: str, tensor: Tensor) -> np.ndarray:
    """Return a tensor's numbers as they are stored, bfloat16 widened."""
    if tensor.kind not in FLOATS:
        eight_bits = tensor.kind in ("int8", "uint8")
        remedy = "Save the weights before they are quantized" if eight_bits else "Save them"
        raise WeightsError(
            f"{shown(name)} holds {tensor.kind}, not floating-point numbers. {remedy} as float32 "
            "and upload that file."
        )
    return tensor.read()


def _folded(module: Module, kernel: np.ndarray, bias: np.ndarray | None = None) -> list[np.ndarray]:
    """Return kernel and bias of a layer with the normalisation behind it worked in.

    gamma (Wx + b - mean) / sqrt(variance + eps) + beta. Source: Ioffe & Szegedy 2015.
    """
    units = kernel.shape[-1]
    known = {part: _floats(f"{module.name}.{part}", t) for part, t in module.parts.items()}
    known = {part: array.astype(np.float64) for part, array in known.items()}
    scale = known.get("kernel", known.get("scale", np.ones(units)))
    shift = known.get("bias", known.get("shift", np.zeros(units)))
    mean, variance = known["mean"], known.get("variance", np.ones(units))
    if any(array.shape != (units,) for array in (scale, shift, mean, variance)):
        raise not_foldable(module, f"it has {scale.size} units, the layer before it {units}")
    factor = scale / np.sqrt(variance + EPSILON)
    start = np.zeros(units) if bias is None else bias.astype(np.float64)
    return [
        (kernel * factor).astype(np.float32),
        ((start - mean) * factor + shift).astype(np.float32),
    ]


def _flattened_last(
    layers: list[tuple[str, list[np.ndarray]]], images: Sequence[int] | None
) -> list[tuple[str, list[np.ndarray]]]:
    """Return the layers with the first dense kernel's rows in Keras's order: channel last."""
    ordered = list(in_network_order(layers, None, []))
    dense = next((at for at, (_, arrays) in enumerate(ordered) if arrays[0].ndim == 2), 0)
    if dense == 0 or ordered[dense - 1][1][0].ndim != 4:
        return ordered
    name, (kernel, *bias) = ordered[dense]
    channels = ordered[dense - 1][1][0].shape[-1]
    height, width = _final_map(kernel.shape[0], channels, images)
    if channels * height * width == kernel.shape[0]:
        rows = kernel.reshape(channels, height, width, -1).transpose(1, 2, 0, 3)
        ordered[dense] = (name, [rows.reshape(kernel.shape), *bias])
    return ordered


def _final_map(rows: int, channels: int, images: Sequence[int] | None) -> tuple[int, int]:
    """Return (height, width) of what is flattened: as the images say, else square."""
    if images is not None:
        height, width = (((side - 2) // 2 - 2) // 2 for side in images[:2])
        return height, width
    side = math.isqrt(rows // channels) if channels else 0
    return side, side
