"""The network's weights as PyTorch's users take them: a state_dict in .pt, or .safetensors.

The names are those of the assignment's torch.nn.Sequential; the layout is PyTorch's.
"""

import io
import math
import struct
import zipfile
from collections.abc import Mapping

import numpy as np

from core.networks.formats import safetensors

# Where the layers are in the Sequential of the assignment's PyTorch edition.
PLACES = {"conv1": 0, "conv2": 2, "conv3": 6, "conv4": 8, "dense1": 13, "dense2": 16}
FOLDER = "my_model_weights"
ALIGNED = 64  # bytes: storages begin there, so that the file can be mapped
ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def state_dict(
    weights: Mapping[str, np.ndarray], final_map: tuple[int, int] | None = None
) -> dict[str, np.ndarray]:
    """Return the weights under PyTorch's names and in its layout, in the order of the layers.

    final_map: (height, width) of what is flattened; None takes it for square.
    """
    found: dict[str, np.ndarray] = {}
    for layer, place in PLACES.items():
        kernel = np.asarray(weights[f"{layer}/kernel"], np.float32)
        if kernel.ndim == 4:
            kernel = kernel.transpose(3, 2, 0, 1)
        else:
            if layer == "dense1":
                kernel = _channels_first(kernel, weights["conv4/bias"].size, final_map)
            kernel = kernel.T
        found[f"model.{place}.weight"] = np.ascontiguousarray(kernel)
        found[f"model.{place}.bias"] = np.asarray(weights[f"{layer}/bias"], np.float32)
    return found


def _channels_first(
    kernel: np.ndarray, channels: int, final_map: tuple[int, int] | None
) -> np.ndarray:
    """Return the rows of the flattened layer by channel, height, width instead of channel last."""
    positions = len(kernel) // channels
    height, width = final_map or (int(positions**0.5), int(positions**0.5))
    rows = kernel.reshape(height, width, channels, -1).transpose(2, 0, 1, 3)
    return rows.reshape(kernel.shape)


def to_safetensors(
    weights: Mapping[str, np.ndarray], final_map: tuple[int, int] | None = None
) -> bytes:
    """Return the weights as .safetensors."""
    return safetensors.to_bytes(state_dict(weights, final_map))


def to_pt(weights: Mapping[str, np.ndarray], final_map: tuple[int, int] | None = None) -> bytes:
    """Return the weights as torch.save writes a state_dict; the same weights, the same bytes.

    Source: torch/serialization.py of PyTorch 2.13, `_save`.
    """
    tensors = state_dict(weights, final_map)
    members = {
        "data.pkl": _pickled({name: array.shape for name, array in tensors.items()}),
        "byteorder": b"little",
        **{f"data/{n}": a.astype("<f4").tobytes() for n, a in enumerate(tensors.values())},
        "version": b"3\n",
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(f"{FOLDER}/{name}", ZIP_DATE)
            entry.extra = _padding(target.tell() + 30 + len(entry.filename))
            archive.writestr(entry, content)
    return target.getvalue()


def _padding(position: int) -> bytes:
    """Return an extra field after which the member's bytes begin aligned, as PyTorch pads."""
    size = -(position + 4) % ALIGNED
    return b"FB" + struct.pack("<H", size) + b"Z" * size


def _pickled(shapes: Mapping[str, tuple[int, ...]]) -> bytes:
    """Return the pickle of an OrderedDict of float tensors, storage n for the n-th."""
    items = b"".join(
        _text(name) + _tensor(number, shape) for number, (name, shape) in enumerate(shapes.items())
    )
    return b"\x80\x02ccollections\nOrderedDict\n)R(" + items + b"u."


def _tensor(number: int, shape: tuple[int, ...]) -> bytes:
    """Return the call torch._utils._rebuild_tensor_v2(storage, 0, shape, strides, False, {})."""
    strides = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    storage = b"(" + _text("storage") + b"ctorch\nFloatStorage\n" + _text(str(number))
    storage += _text("cpu") + _whole(math.prod(shape)) + b"tQ"
    dimensions = b"".join(b"(" + b"".join(map(_whole, each)) + b"t" for each in (shape, strides))
    hooks = b"\x89ccollections\nOrderedDict\n)R"
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + _whole(0) + dimensions + hooks + b"tR"
    )


def _text(text: str) -> bytes:
    content = text.encode()
    return b"X" + struct.pack("<I", len(content)) + content


def _whole(number: int) -> bytes:
    return b"J" + struct.pack("<i", number)
