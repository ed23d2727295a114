"""my_model_weights.h5: the legacy Keras-2 layout, written and read with h5py alone.

Keras 3's own `save_weights` refuses that name, and no Keras loader ever sees a stranger's file.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from core.digests import digest_of
from core.errors import WeightsError
from core.files import atomic_write, storage_errors
from core.networks.network import Weights

if TYPE_CHECKING:
    import h5py

Shapes = Mapping[str, tuple[int, ...]]

# The layers of the assignment's network in order; those without weights are listed as Keras 2 does.
LEGACY_LAYERS: tuple[tuple[str, str | None], ...] = (
    ("conv2d", "conv1"),
    ("conv2d_1", "conv2"),
    ("max_pooling2d", None),
    ("dropout", None),
    ("conv2d_2", "conv3"),
    ("conv2d_3", "conv4"),
    ("max_pooling2d_1", None),
    ("dropout_1", None),
    ("flatten", None),
    ("dense", "dense1"),
    ("dropout_2", None),
    ("dense_1", "dense2"),
)


class HasShapes(Protocol):
    """A network shape, as far as this module needs it."""

    def parameter_shapes(self) -> dict[str, tuple[int, ...]]:
        """Parameter name -> array shape, in the order of the layers."""
        ...


def write(path: Path, weights: Mapping[str, np.ndarray]) -> None:
    """Write the weights in the legacy Keras-2 layout, atomically; same weights, same bytes.

    Keras 2 and Keras 3 load it with `model.load_weights(path)` into the same architecture.
    Source of the layout: keras.src.legacy.saving.legacy_h5_format.save_weights_to_hdf5_group.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as part:
        part.write_bytes(_legacy_bytes(part.name, weights))


def _legacy_bytes(name: str, weights: Mapping[str, np.ndarray]) -> bytes:
    """Return the file's content; name: any that no other thread uses at the moment.

    Made in memory: HDF5 brings the process down when a full disk keeps it from closing a file.
    """
    import h5py

    with h5py.File(name, "w", driver="core", backing_store=False) as file:
        _fill(file, weights)
        file.flush()
        return bytes(file.id.get_file_image())


def _fill(file: "h5py.File", weights: Mapping[str, np.ndarray]) -> None:
    file.attrs["layer_names"] = np.array([name.encode() for name, _ in LEGACY_LAYERS])
    file.attrs["backend"] = np.bytes_(b"tensorflow")
    file.attrs["keras_version"] = np.bytes_(b"2.15.0")
    for legacy, ours in LEGACY_LAYERS:
        group = file.create_group(legacy)
        if ours is None:
            group.attrs["weight_names"] = np.array([], dtype="S1")
            continue
        parts = {f"{legacy}/{part}:0": weights[f"{ours}/{part}"] for part in ("kernel", "bias")}
        group.attrs["weight_names"] = np.array([name.encode() for name in parts])
        for name, values in parts.items():
            group.create_dataset(name, data=np.asarray(values, np.float32), track_times=False)


def read(path: Path, shape: HasShapes | Shapes | None = None) -> Weights:
    """Return the weights of a file this program wrote.

    shape: what the arrays must fit; None accepts any consistent network of this family.
    Raises WeightsError if it is damaged or does not fit.
    """
    from core.networks.formats.hdf5_reader import parse

    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise WeightsError(
            f"The weights file {Path(path).name} cannot be read ({error.strerror}). "
            "Run the job that made it again."
        ) from error
    weights, _ = parse(content, _shapes(shape))
    return weights


def keep(folder: Path, weights: Mapping[str, np.ndarray]) -> str:
    """Store the weights in `folder` under the digest of their values, and return it.

    Raises StoreError when there is no room for them.
    """
    arrays = {name: np.asarray(weights[name], np.float32, order="C") for name in sorted(weights)}
    parts = ((f"{name}{array.shape}", array.tobytes()) for name, array in arrays.items())
    digest = digest_of(*(part for pair in parts for part in pair))
    if not (folder / f"{digest}.h5").exists():
        with storage_errors("The weights", folder):
            write(folder / f"{digest}.h5", weights)
    return digest


def read_upload(
    name: str,
    content: Path | bytes,
    shape: HasShapes | Shapes | None = None,
    *,
    scratch: Path | None = None,
) -> tuple[Weights, tuple[str, ...]]:
    """Return a stranger's weights and notes on what was converted; parsed in a limited child.

    Accepts legacy weights-only .h5, whole-model .h5, Keras 3 .weights.h5 and .keras, PyTorch's
    .pt in both containers, .safetensors, .npz and pickled get_weights(): told by the content.
    Raises WeightsError (or UploadError for limits) with cause and remedy.
    """
    from core.archives import sandbox
    from core.archives.limits import WEIGHTS_LIMITS

    expected = _shapes(shape)
    result = sandbox.run(
        "core.networks.formats.reader:parse_upload",
        content,
        {
            "name": name,
            "shapes": {k: list(v) for k, v in expected.items()} if expected else None,
            "images": list(getattr(shape, "input_shape", ())) or None,
        },
        limits=WEIGHTS_LIMITS,
        scratch=scratch,
    )
    return dict(result.arrays), tuple(result.fields["notes"])


def _shapes(shape: HasShapes | Shapes | None) -> Shapes | None:
    if shape is None or isinstance(shape, Mapping):
        return shape
    return shape.parameter_shapes()
