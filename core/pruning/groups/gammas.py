"""The scales of batch normalization that carry the units of a group, its own or temporary ones."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from core.networks.graph import Network
from core.networks.groups.unit_groups import UnitGroups, unit_groups
from core.networks.layers.normalization import BatchNormalization
from core.training.architecture import Architecture
from core.training.graph_architecture import graph_architecture, normalised_layers
from core.training.recipe import Recipe
from core.training.schedule import learning_rates

MOMENTUM = 0.9  # of the optimizer, which a steady pull gains a factor of ten by
DUE = 0.6  # how far from 1 a scale that nothing holds has moved at the end


def gammas_of(groups: UnitGroups) -> dict[str, list[tuple[str, np.ndarray]]]:
    """Return group -> (variable, unit of each of its entries), of the groups that have scales.

    A unit has several entries where it is several channels: in a grouped convolution, or flattened.
    """
    network = groups.network
    temporary = normalised_layers(network)
    if temporary:
        makers = {group.name: group for group in groups.free if set(group.makers) <= set(temporary)}
        return {
            name: [(f"{maker}_norm/gamma", groups.outputs[maker]) for maker in group.makers]
            for name, group in makers.items()
        }
    found: dict[str, list[tuple[str, np.ndarray]]] = {}
    for axis in groups.axes:
        is_scale = axis.parameter.endswith("/gamma") and axis.role == "carries"
        if is_scale and isinstance(network.by_name[axis.layer].settings, BatchNormalization):
            for group in groups.free:
                if np.isin(group.units, axis.units).all():
                    found.setdefault(group.name, []).append((axis.parameter, axis.units))
    return found


def scaled_groups(groups: UnitGroups) -> tuple[str, ...]:
    """Return the groups whose units have a scale of batch normalization."""
    return tuple(group.name for group in groups.free if group.name in gammas_of(groups))


def penalised(
    network: Network, recipe: Recipe, images: np.ndarray, steps: int, penalty: float
) -> Architecture:
    """Return the network with λ Σ|γ| over the scales of its free groups in its loss."""
    plain = graph_architecture(network, replace(recipe, batch_normalisation=True), images, steps)
    names = {name for each in gammas_of(unit_groups(network)).values() for name, _ in each}

    def build(given: Any, recipe: Recipe) -> Any:
        import keras

        model = plain.build(given, recipe)
        for name in names:
            layer = model.get_layer(name.rpartition("/")[0])
            layer.gamma.regularizer = keras.regularizers.L1(penalty)
        return model

    return replace(plain, build=build)


def sufficient_penalty(recipe: Recipe, steps: int) -> float:
    """Return the λ that moves a scale which nothing holds by DUE in so many steps in all."""
    return float(DUE * (1 - MOMENTUM) / max(float(np.sum(learning_rates(recipe, steps))), 1e-9))


def scales_of(groups: UnitGroups, variables: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return group -> (units,) sums over the layers that carry a unit of its mean |γ| there."""
    return {
        name: np.sum(
            [
                np.array([np.abs(variables[each][of == unit]).mean() for unit in group_units])
                for each, of in found
            ],
            axis=0,
        )
        for name, found in gammas_of(groups).items()
        for group_units in [groups.by_name[name].units]
    }
