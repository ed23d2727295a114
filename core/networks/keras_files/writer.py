"""Writing a network as a Keras file; offered only after it was read again and predicts the same."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from core.errors import WeightsError
from core.files import atomic_write
from core.networks.graph import Network, check_parameters, layer_weights
from core.networks.keras_files.reader import read_network
from core.networks.keras_model import build, keras_names, put
from core.randomness import generator

ENDINGS = (".keras", ".h5")
TOLERANCE = 1e-5  # of the largest output
IMAGES = 2


def write_network(
    path: Path, network: Network, weights: Mapping[str, np.ndarray], *, scratch: Path | None = None
) -> None:
    """Write architecture and weights as .keras or whole-model .h5, whichever `path` ends in.

    The file appears only after it has been read again, holds the same values, and predicts the
    same on random images. Raises WeightsError for another ending, or if it does not.
    """
    check_ending(path)
    check_parameters(network, weights)
    model = build(network)
    put(model, network, weights)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as part:
        whole = part.with_name(f"{part.name}{path.suffix}")  # Keras tells the format by the ending
        try:
            model.save(whole)
            _check(whole, network, weights, model, scratch)
            whole.replace(part)
        finally:
            whole.unlink(missing_ok=True)


def check_ending(path: Path) -> None:
    """Raise WeightsError for a path that ends in no format of whole networks."""
    if path.suffix not in ENDINGS:
        raise WeightsError(
            f"A network is written as .keras or .h5, but {path.name} ends otherwise. Choose a "
            "name that ends in one of these."
        )


def _check(
    path: Path,
    network: Network,
    weights: Mapping[str, np.ndarray],
    model: object,
    scratch: Path | None,
) -> None:
    """Raise WeightsError unless the file holds the network and predicts as `model` does."""
    again = read_network(path, scratch=scratch)
    arrays, names = again.weights or {}, keras_names(network)
    # By name: Keras may list parallel branches in another order.
    same = len(arrays) == len(weights) and all(
        np.array_equal(arrays.get(f"{names[layer.name]}/{part}", np.nan), array)
        for layer in network.layers
        for part, array in layer_weights(network, weights, layer.name).items()
    )
    images = generator(0, "written").random((IMAGES, *network.input_shape)).astype(np.float32)
    twin = build(again.network)
    put(twin, again.network, again.weights or {})
    first, second = (np.asarray(each(images)) for each in (model, twin))  # type: ignore[operator]
    apart = float(np.abs(first - second).max() / max(np.abs(first).max(), 1e-30))
    if not same or not apart <= TOLERANCE:
        raise WeightsError(
            f"The file did not hold what was written (its outputs differ by {apart:.1e}), so it "
            "is not offered. Please report this with the network."
        )
