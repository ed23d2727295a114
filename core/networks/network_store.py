"""Networks in the workspace, by the digest of their content, and what results say of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from core.digests import digest_of
from core.errors import NotFoundError, SettingsError, WeightsError
from core.files import atomic_write, storage_errors
from core.networks.graph import Network, check_parameters
from core.networks.keras_model import keras_names
from core.networks.network import Weights
from core.networks.pixels import PIXELS

DESCRIPTION = "network"


def keep_network(
    folder: Path, network: Network, weights: Mapping[str, np.ndarray] | None = None
) -> str:
    """Store a network, with its weights if it has any, and return the digest of both.

    Layers get the names that Keras 3 allows, which every file of the network will have. Raises
    StoreError when there is no room.
    """
    named, arrays = _renamed(network, weights)
    values = list(arrays.values()) if arrays else []
    digest = digest_of(named.digest, *values) if values else named.digest
    path = folder / f"{digest}.npz"
    if not path.exists():
        content = {DESCRIPTION: np.frombuffer(json.dumps(named.to_dict()).encode(), np.uint8)}
        content |= {str(number): array for number, array in enumerate(values)}
        with (
            storage_errors("The network", folder),
            atomic_write(path) as part,
            open(part, "wb") as file,
        ):
            np.savez(file, allow_pickle=False, **content)  # type: ignore[arg-type]
    return digest


def kept_network(folder: Path, digest: str) -> tuple[Network, Weights | None]:
    """Return a network that was kept, and its weights if it has any.

    Raises NotFoundError if it is gone, WeightsError if its file is damaged.
    """
    path = folder / f"{digest}.npz"
    if not path.is_file():
        raise NotFoundError(f"The network {digest} is no longer here. Choose or upload it again.")
    try:
        with np.load(path, allow_pickle=False) as file:
            network = Network.from_dict(json.loads(file[DESCRIPTION].tobytes()))
            names = list(network.parameter_shapes()) if len(file.files) > 1 else []
            weights = {name: file[str(number)] for number, name in enumerate(names)}
    except (OSError, ValueError, KeyError, TypeError, BadZipFile) as error:
        raise WeightsError(
            f"The file of network {digest} is damaged. Choose or upload it again."
        ) from error
    if weights:
        check_parameters(network, weights)
    return network, weights or None


def _renamed(
    network: Network, weights: Mapping[str, np.ndarray] | None
) -> tuple[Network, Weights | None]:
    names = keras_names(network)
    layers = tuple(
        replace(layer, name=names[layer.name], inputs=tuple(names[each] for each in layer.inputs))
        for layer in network.layers
    )
    renamed = Network(layers)
    if weights is None:
        return renamed, None
    pairs = zip(renamed.parameter_shapes(), network.parameter_shapes(), strict=True)
    # Not ascontiguousarray, which makes one axis of a single number (a normalization's count).
    return renamed, {new: np.asarray(weights[old], np.float32, order="C") for new, old in pairs}


@dataclass(frozen=True)
class NetworkSummary:
    """A network that is not the reference, with what is asked of it without its file.

    name: what people call it. pixels: the range of values that it reads, a name of PIXELS.
    Raises SettingsError for numbers that no network has.
    """

    network: str
    name: str
    input_shape: tuple[int, ...]
    classes: int
    parameters: int
    multiply_adds: int
    pixels: str = "0..1"

    def __post_init__(self) -> None:
        numbers = (*self.input_shape, self.classes, self.parameters, self.multiply_adds)
        if min(numbers) < 0 or self.pixels not in PIXELS:
            raise SettingsError(f"{self.name[:60]!r} is described by impossible values.")

    @classmethod
    def of(cls, network: Network, name: str, pixels: str) -> "NetworkSummary":
        """Return the summary of a network."""
        return cls(
            network.digest,
            name,
            network.input_shape,
            network.classes,
            network.parameters,
            network.multiply_adds,
            pixels,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready description."""
        return {**vars(self), "input_shape": list(self.input_shape)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "NetworkSummary":
        """Return the summary that `to_dict` described."""
        return cls(
            str(values["network"]),
            str(values["name"]),
            tuple(int(side) for side in values["input_shape"]),
            int(values["classes"]),
            int(values["parameters"]),
            int(values["multiply_adds"]),
            str(values["pixels"]),
        )
