"""A class of hand-ins in every format, some broken in known ways, around one network that works.

The labels are that network's own answers: it is right about every image, without any training.
"""

import io
import struct
from collections.abc import Callable

import numpy as np

from core.data.builtin_datasets import garments
from core.data.dataset import Split
from core.data.images import fit
from core.networks import numpy_forward
from core.networks.compact import scatter
from core.networks.formats import torch_writer
from core.networks.network import REFERENCE, NetworkShape, Weights, initial_weights
from core.networks.topology import CHANNEL_LAYERS
from tests.inputs import networks, torch_files

COMPACT = NetworkShape((25, 25, 3), 5, (16, 16, 24, 24, 96))


def images(count: int) -> np.ndarray:
    """Return some of the sample's images as bytes, in the network's size."""
    held = garments().test
    return fit(held.spread(count).images, REFERENCE.input_shape)[0]


def kept() -> dict[str, np.ndarray]:
    """Return which channels of the course's network the compact one has."""
    rng = np.random.default_rng(4)
    return {
        layer: np.sort(rng.choice(REFERENCE.units[layer], COMPACT.units[layer], replace=False))
        for layer in CHANNEL_LAYERS
    }


def compact_network() -> Weights:
    """Return a small network whose answers differ from image to image."""
    weights = {name: 2 * array for name, array in initial_weights(COMPACT, 7).items()}
    seen = images(200).astype(np.float32) / 255
    for layer in ("conv1", "conv2", "conv3", "conv4", "dense1", "dense2"):
        outputs = numpy_forward.after(weights, seen, layer, relu=False)
        axes = tuple(range(outputs.ndim - 1))
        deviation = outputs.std(axes) + 1e-3
        weights[f"{layer}/kernel"] = weights[f"{layer}/kernel"] / deviation
        weights[f"{layer}/bias"] = -(outputs.mean(axes) / deviation).astype(np.float32)
    return {name: array.astype(np.float32) for name, array in weights.items()}


def good() -> Weights:
    """Return the compact network in its right places in the course's: 84% zeros."""
    return scatter(compact_network(), kept(), REFERENCE)


def hidden(count: int) -> Split:
    """Return images as bytes with the good network's own answers."""
    seen = images(count)
    answers = numpy_forward.predict_logits(good(), seen.astype(np.float32) / np.float32(255))
    return Split(seen, answers.argmax(axis=1))


def hidden_npz(count: int) -> bytes:
    """Return the hidden test set as a file."""
    split, target = hidden(count), io.BytesIO()
    np.savez(target, test_images=split.images, test_labels=split.labels)
    return target.getvalue()


def masks_lost(weights: Weights) -> Weights:
    """Return the weights after an optimiser moved every zero a little."""
    rng = np.random.default_rng(1)
    return {
        name: np.where(a == 0, rng.normal(0, 1e-5, a.shape), a).astype(np.float32)
        for name, a in weights.items()
    }


def mis_scattered(weights: Weights) -> Weights:
    """Return the weights with the rows of the flattened layer in one block."""
    rows = np.flatnonzero(weights["dense1/kernel"].any(axis=1))
    kernel = np.zeros_like(weights["dense1/kernel"])
    kernel[: len(rows)] = weights["dense1/kernel"][rows]
    return weights | {"dense1/kernel": kernel}


def channels_first(weights: Weights) -> Weights:
    """Return the weights with the rows of the flattened layer in PyTorch's order."""
    rows = np.arange(1024).reshape(16, 64).T.ravel()
    return weights | {"dense1/kernel": weights["dense1/kernel"][rows]}


def other_classes(weights: Weights) -> Weights:
    """Return the weights with the classes numbered otherwise."""
    parts = ("dense2/kernel", "dense2/bias")
    return weights | {part: weights[part][..., [1, 2, 3, 4, 0]] for part in parts}


def dead(weights: Weights) -> Weights:
    """Return the weights with a layer that says nothing."""
    return weights | {"conv4/kernel": np.zeros_like(weights["conv4/kernel"])}


def dense(weights: Weights) -> Weights:
    """Return weights of which no kernel is zero, and none was."""
    initial = initial_weights(REFERENCE, 1)
    return {n: a if n.endswith("kernel") else a + np.float32(0.01) for n, a in initial.items()}


def with_nan(weights: Weights) -> Weights:
    """Return the weights of a training that diverged."""
    return weights | {"conv3/bias": np.full(64, np.nan, np.float32)}


def as_legacy_pt(weights: Weights) -> bytes:
    """Return the weights in PyTorch's container of before 1.6."""
    arrays = torch_writer.state_dict(weights)
    entries = {n: torch_files.tensor(k, a.shape) for k, (n, a) in enumerate(arrays.items())}
    runs = b"".join(struct.pack("<q", a.size) + a.astype("<f4").tobytes() for a in arrays.values())
    keys = [str(number) for number in range(len(arrays))]
    return torch_files.legacy(torch_files.table(entries), keys=keys, runs=runs)


def as_keras(weights: Weights) -> bytes:
    """Return the weights as a .keras file."""
    return networks.archive(weights=networks.keras3(weights=weights))()


def as_h5(weights: Weights) -> bytes:
    """Return the weights as the course's .h5."""
    return networks.legacy(weights)


WRITERS: tuple[tuple[str, Callable[[Weights], bytes]], ...] = (
    (".h5", as_h5),
    (".keras", as_keras),
    (".pt", torch_writer.to_pt),
    (".pth", as_legacy_pt),
    (".safetensors", torch_writer.to_safetensors),
)
# what is wrong -> (what makes the file, how the reason or the finding begins)
BROKEN: dict[str, tuple[str, Callable[[Weights], bytes], str]] = {
    "truncated": (".h5", lambda w: as_h5(w)[:-90_000], "The weights file is damaged or cut short"),
    "masks": (".h5", lambda w: as_h5(masks_lost(w)), "The masks were likely lost"),
    "scattered": (".pt", lambda w: torch_writer.to_pt(mis_scattered(w)), "A compact network was"),
    "rows": (".safetensors", lambda w: torch_writer.to_safetensors(channels_first(w)), "The rows"),
    "classes": (".keras", lambda w: as_keras(other_classes(w)), "The classes are likely"),
    "dead": (".h5", lambda w: as_h5(dead(w)), "The layer conv4 is dead"),
    "dense": (".pth", lambda w: as_legacy_pt(dense(w)), "The dense network was likely saved"),
    "notebook": (".h5", lambda w: b'{"cells": [], "nbformat": 4}', "This is a Jupyter notebook"),
    "program": (".pt", lambda w: b"\x80\x02cposix\nsystem\nX\x02\0\0\0id\x85R.", "The file asks"),
    "nan": (".safetensors", lambda w: torch_writer.to_safetensors(with_nan(w)), "conv3/bias"),
}


def of_person(weights: Weights, number: int) -> Weights:
    """Return the same network with weights of its own: as sure as nobody else's."""
    factor = np.float32(1 + number / 1000)
    return weights | {p: weights[p] * factor for p in ("dense2/kernel", "dense2/bias")}


def handed_in(people: int) -> dict[str, bytes]:
    """Return folder/file -> content of a class: the last ten are broken, in ten ways."""
    weights, files = good(), {}
    for number in range(people - len(BROKEN)):
        ending, write = WRITERS[number % len(WRITERS)]
        name = f"person-{number:03d}/my_model_weights{ending}"
        files[name] = write(of_person(weights, number))
    for number, (what, (ending, make, _)) in enumerate(BROKEN.items()):
        files[f"{what}/my_model_weights{ending}"] = make(of_person(weights, 500 + number))
    return files
