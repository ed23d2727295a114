"""Writing a network down layer by layer, in code."""

from collections.abc import Sequence

from core.networks.graph import Layer, Network
from core.networks.layers.kind import Kind
from core.networks.layers.reshaping import InputLayer


class Draft:
    """Layers so far; each new one reads the last, unless it is told what to read."""

    def __init__(self, input_shape: Sequence[int]) -> None:
        self._layers = [Layer("input", InputLayer(tuple(input_shape)))]

    def add(self, name: str, settings: Kind, *inputs: str) -> str:
        """Add a layer and return its name."""
        self._layers.append(Layer(name, settings, inputs or (self._layers[-1].name,)))
        return name

    def network(self) -> Network:
        """Return the network of the layers so far."""
        return Network(tuple(self._layers))
