"""What layers read of a few images, remembered between questions about one network."""

from typing import Any

import numpy as np

from core.networks.array_cache import ArrayCache, key_of
from core.networks.network import LAYERS, Weights
from core.pruning.activations import Positions, forward, rows_of

LARGEST_BYTES = 256 * 2**20  # of 400 images of 25 x 25: the dense network's and a cut's, twice


class LayerInputs:
    """Reads rows as `activations.read_rows` does, but computes each layer's input only once.

    A cut layer by layer changes the network from some layer on: what the layers before it give is
    remembered, of the dense network even from one cut to the next. All images are one batch, so
    they have to be few.
    """

    def __init__(self) -> None:
        self._inputs = ArrayCache(LARGEST_BYTES)

    def read_rows(
        self, weights: Weights, images: np.ndarray, layer: str, positions: Positions
    ) -> np.ndarray:
        """Return what `layer` reads at `positions`: (len(positions), inputs of one output)."""
        before = LAYERS[: LAYERS.index(layer)]
        return rows_of(self._after(weights, images, key_of(images), before), layer, positions)

    def _after(
        self, weights: Weights, images: np.ndarray, seen: str, layers: tuple[str, ...]
    ) -> np.ndarray:
        """Return what `layers` make of the images; seen: the images' key."""
        if not layers:
            return images
        read = (weights[f"{layer}/{part}"] for layer in layers for part in ("kernel", "bias"))
        key = key_of(seen, *read)
        found = self._inputs.get(key)
        if found is None:
            entering: Any = self._after(weights, images, seen, layers[:-1])
            found = np.asarray(forward(weights, entering, layers[-1]))
            self._inputs.put(key, found)
        return found
