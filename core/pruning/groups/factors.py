"""Scaling factors in any network: one a unit, and one a residual block; they fold away exactly."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from core.networks.graph import Layer, Network
from core.networks.groups.dead_units import without_dead_units
from core.networks.groups.unit_groups import UnitGroups, unit_groups
from core.networks.layers.activation import Activation
from core.networks.layers.convolution import Convolution
from core.networks.layers.dense import Dense
from core.networks.layers.merging import Add
from core.networks.layers.normalization import BatchNormalization
from core.networks.layers.scaling import LayerScale
from core.networks.network import Weights
from core.pruning.groups.context import is_inner
from core.training.architecture import Architecture, Values
from core.training.graph_architecture import graph_architecture
from core.training.recipe import Recipe

DUE = 0.6  # how far from 1 a factor that nothing holds has moved at the end


@dataclass(frozen=True)
class Factors:
    """A network, the layer behind which each factor stands, and what the factors are of.

    units: group -> that layer. blocks: sum -> the last layer of its branch, a factor for all of it.
    """

    plain: Network
    units: Mapping[str, str]
    blocks: Mapping[str, str]

    @classmethod
    def of(cls, network: Network) -> "Factors":
        """Return the places for factors: behind normalization, or before the activation."""
        groups = unit_groups(network)
        units = {
            group.name: place
            for group in groups.free
            if is_inner(groups, group) and (place := _place(network, group.makers[0]))
        }
        return cls(network, units, _branches(network, set(units.values())))

    @cached_property
    def network(self) -> Network:
        """The network with its factors."""
        places = {*self.units.values(), *self.blocks.values()}
        layers: list[Layer] = []
        after: dict[str, str] = {}
        for layer in self.plain.layers:
            reading = replace(layer, inputs=tuple(after.get(n, n) for n in layer.inputs))
            if layer.name not in places:
                layers.append(reading)
                continue
            pieces = self._pieces(reading)
            layers += pieces
            after[layer.name] = pieces[-1].name
        return Network(tuple(layers))

    def _pieces(self, layer: Layer) -> list[Layer]:
        name, settings = layer.name, layer.settings
        scale = LayerScale(1.0, self.plain.shapes[name][-1])
        if getattr(settings, "activation", "linear") == "linear":
            return [layer, Layer(f"{name}_scale", scale, (name,))]
        return [
            replace(layer, settings=settings.with_options(activation="linear")),
            Layer(f"{name}_scale", scale, (name,)),
            Layer(f"{name}_after", Activation(settings.activation), (f"{name}_scale",)),  # type: ignore[attr-defined]
        ]

    def architecture(self, recipe: Recipe, steps: int, all_steps: int, rate: float) -> Architecture:
        """Return the network whose factors only the proximal step moves.

        steps: in an epoch; all_steps: of the training. rate: η of the factors.
        """
        own = tuple(f"{place}_scale/gamma" for place in self._places)
        bare = replace(recipe, batch_normalisation=False)
        inner = graph_architecture(self.network, bare, None, steps)
        penalty = DUE / max(1, all_steps) / rate

        def load(weights: Weights) -> dict[str, np.ndarray]:
            ones = {name: np.ones(self._width(name), np.float32) for name in own}
            return {**weights, **ones}

        def update(variables: Mapping[str, Any], gradients: Mapping[str, Any], _: Any) -> None:
            for name in own:
                is_block = name.rpartition("_scale/")[0] in self.blocks.values()
                moved = proximal(variables[name], gradients[name], rate, penalty, is_block)
                variables[name].assign(moved)

        return Architecture(inner.build, load, self.fold, own, update, inner.settles)

    @property
    def _places(self) -> tuple[str, ...]:
        return (*self.units.values(), *self.blocks.values())

    def _width(self, variable: str) -> int:
        return self.plain.shapes[variable.rpartition("_scale/")[0]][-1]

    def fold(self, values: Values) -> Weights:
        """Return plain weights that compute what the network with its factors computes.

        The layer that a block's normalization reads is zero where the block's factor is, so that
        what only it reads is dead, and stays so: it gets no gradient any more.
        """
        weights = {n: np.asarray(values[n], np.float32) for n in self.plain.parameter_shapes()}
        for place in self._places:
            factor = np.asarray(values[f"{place}_scale/gamma"], np.float32)
            is_normal = isinstance(self.plain.by_name[place].settings, BatchNormalization)
            for part in ("gamma", "beta") if is_normal else ("kernel", "bias"):
                if (name := f"{place}/{part}") in weights:
                    weights[name] = weights[name] * factor
        for block in self.gone(values):
            weights |= self._silenced(self.blocks[block], weights)
        return weights

    def gone(self, values: Values) -> list[str]:
        """Return the blocks whose factor is zero, by their sums."""
        return [b for b, place in self.blocks.items() if not values[f"{place}_scale/gamma"].any()]

    def _silenced(self, place: str, weights: Weights) -> Weights:
        """Return zeros for the parameters of the layer that a normalization alone reads."""
        layer = self.plain.by_name[place]
        before = layer.inputs[0]
        readers = [each for each in self.plain.layers if before in each.inputs]
        if not isinstance(layer.settings, BatchNormalization) or len(readers) > 1:
            return {}
        parts = (f"{before}/kernel", f"{before}/bias", f"{place}/moving_mean")
        return {name: np.zeros_like(weights[name]) for name in parts if name in weights}

    def scores(self, groups: UnitGroups, values: Values, weights: Weights) -> dict[str, np.ndarray]:
        """Return group -> (units,) factors; those of a block whose factor is zero are zero.

        weights: as `fold` made them of the values.
        """
        found, living = {}, without_dead_units(groups, weights)
        for name, place in self.units.items():
            order = groups.outputs[place]
            factor = np.asarray(values[f"{place}_scale/gamma"], np.float64)
            by_unit = dict(zip(order.tolist(), factor.tolist(), strict=True))
            own = np.array([by_unit[int(u)] for u in groups.by_name[name].units])
            found[name] = np.where(living[name], own, 0.0)
        return found


def proximal(factor: Any, gradient: Any, rate: float, penalty: float, is_block: bool) -> Any:
    """Return the factors after λ ← max(soft(λ − η∇, ηγ), 0); a block's are one number.

    Source: Huang & Wang 2018, arXiv:1707.01213, equation 11. Adapted: a block's gradient, a sum
    over its n channels, is divided by √n, so that one η serves blocks and units.
    """
    import tensorflow as tf

    if is_block:
        gradient = tf.ones_like(factor) * tf.reduce_sum(gradient) / tf.sqrt(float(factor.shape[0]))
    return tf.maximum(factor - rate * gradient - rate * penalty, 0.0)


def _place(network: Network, maker: str) -> str:
    """Return the layer behind which a maker's factors stand, "" where they would not fold."""
    if not isinstance(network.by_name[maker].settings, Convolution | Dense):
        return ""
    after = [layer for layer in network.layers if maker in layer.inputs]
    is_linear = getattr(network.by_name[maker].settings, "activation", "linear") == "linear"
    if len(after) == 1 and is_linear and isinstance(after[0].settings, BatchNormalization):
        settings = after[0].settings
        return after[0].name if settings.scale and settings.center else ""
    return maker


def _branches(network: Network, taken: set[str]) -> dict[str, str]:
    """Return sum -> the last layer of its branch, of sums of a branch and what went around it."""
    readers: dict[str, int] = {}
    for layer in network.layers:
        for name in layer.inputs:
            readers[name] = readers.get(name, 0) + 1
    found = {}
    for layer in network.layers:
        if not isinstance(layer.settings, Add) or len(layer.inputs) != 2:
            continue
        ends = [n for n in layer.inputs if readers[n] == 1 and _folds(network, n)]
        if len(ends) == 1 and ends[0] not in taken:  # two: a projected shortcut, which stays
            found[layer.name] = ends[0]
    return found


def _folds(network: Network, name: str) -> bool:
    settings = network.by_name[name].settings
    if isinstance(settings, BatchNormalization):
        return settings.scale and settings.center
    is_maker = isinstance(settings, Convolution | Dense)
    return is_maker and getattr(settings, "activation", "linear") == "linear"
