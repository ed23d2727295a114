"""ThiNet: remove the channels whose absence the next layer notices least. arXiv:1707.06342."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from core.networks.groups.compaction import masked
from core.networks.groups.unit_groups import UnitGroup
from core.networks.network import Weights
from core.networks.topology import READER
from core.pruning.activations import sample_positions
from core.pruning.groups.context import GraphContext, UnitBudget, UnitSelection
from core.pruning.groups.readers import (
    judged_groups,
    kernel_matrix,
    readers_of,
    sampled_rows,
    with_kernel,
)
from core.pruning.layerwise import Partial, cut_layer_by_layer, sample_images
from core.pruning.method import Budget, Method, PruningContext, Selection
from core.randomness import generator
from core.settings import Settings, setting

ROWS_PER_IMAGE = 10  # as in the paper; more from few images only take longer


@dataclass(frozen=True)
class ThiNet(Settings):
    """Greedy channel selection by the next layer's reconstruction, layer by layer.

    Luo et al. 2017, arXiv:1707.06342. A row is one output value of the next layer, at a random
    image, place and output channel; every channel contributes a part to it. The removed set grows
    by the channel that keeps the squared sum of the removed parts smallest; the kept channels are
    then re-scaled by least squares, and the network is fine-tuned shortly before the next layer's
    turn.

    Adapted: conv4 is judged by dense1, where a channel contributes through all its rows, and
    dense1's units by dense2 (the paper has no wide dense layer left); the scales have a small
    ridge.
    """

    rows: int = setting(20_000, low=10, high=1_000_000, help="Sampled output values a layer")
    images: int = setting(5_000, low=1, high=1_000_000, help="Training images they come from")
    ridge: float = setting(
        1e-3, low=0.0, high=10.0, help="Pull of the scales towards 1", advanced=True
    )
    layer_epochs: float = setting(
        0.2, low=0.0, high=2.0, unit="epochs", help="Fine-tuning after each layer"
    )


def contributions(
    weights: Weights, layer: str, rows: np.ndarray, outputs: np.ndarray
) -> np.ndarray:
    """Return x̂ (n, channels of `layer`): each channel's part of the next layer's output value.

    rows: (n, inputs of one output) of the next layer. outputs: (n,) which output unit is meant.
    """
    channels = weights[f"{layer}/bias"].size
    kernel = weights[f"{READER[layer]}/kernel"]
    by_unit = np.ascontiguousarray(
        np.moveaxis(kernel.reshape(-1, channels, kernel.shape[-1]), 2, 0)
    )
    parts = rows.reshape(len(rows), -1, channels)
    return np.asarray(np.einsum("npc,npc->nc", parts, by_unit[outputs]))


def greedy(gram: np.ndarray, removed: int) -> np.ndarray:
    """Return the sorted channels that stay when `removed` go, one at a time.

    gram: (C, C) x̂ᵀx̂. Adding c to the removed set T makes ‖Σ_T x̂‖² grow by 2 Σ_{d∈T} G_cd + G_cc, so
    a step costs O(C). Ties go to the lower index.
    """
    growth = np.diag(gram).copy()
    gone = np.zeros(len(gram), dtype=bool)
    for _ in range(removed):
        worst = int(np.argmin(np.where(gone, np.inf, growth)))
        gone[worst] = True
        growth = growth + 2 * gram[:, worst]
    return np.flatnonzero(~gone)


def scales(gram: np.ndarray, kept: np.ndarray, ridge: float) -> np.ndarray:
    """Return the factors w of the kept channels that minimise ‖ŷ − Σ w_c x̂_c‖² + r ‖w − 1‖².

    ŷ is the sum over all channels. r: ridge x the mean of the kept channels' ‖x̂_c‖².
    """
    inner = gram[np.ix_(kept, kept)]
    strength = max(ridge * np.trace(inner) / len(kept), 1e-12)
    system = inner + strength * np.eye(len(kept))
    return np.linalg.solve(system, gram[kept].sum(axis=1) + strength)


def gram_of_layer(
    context: PruningContext, settings: ThiNet, network: Partial, layer: str
) -> np.ndarray:
    """Return the (C, C) float64 Gram matrix of `layer`'s contributions over sampled rows."""
    reader = READER[layer]
    images = sample_images(context, settings.images, "thinet", layer, "images")
    rng = generator(context.seed, "thinet", layer, "rows")
    count = min(settings.rows, ROWS_PER_IMAGE * len(images))
    positions = sample_positions(reader, network.shape, len(images), count, rng)
    outputs = rng.integers(network.shape.units[reader], size=len(positions))
    rows = context.read_rows(network.weights, images, reader, positions)
    x = contributions(network.weights, layer, rows, outputs).astype(np.float64)
    return np.asarray(x.T @ x)


def cut(
    context: PruningContext, settings: ThiNet, network: Partial, layer: str, count: int
) -> Partial:
    """Return the network with `count` channels in `layer`, the next layer's slices re-scaled."""
    if count == network.shape.units[layer]:
        return network.with_layer(layer, np.arange(count))
    gram = gram_of_layer(context, settings, network, layer)
    kept = greedy(gram, len(gram) - count)
    smaller = network.with_layer(layer, kept)
    kernel = smaller.weights[f"{READER[layer]}/kernel"]
    factors = scales(gram, kept, settings.ridge).astype(np.float32)
    by_channel = kernel.reshape(-1, count, kernel.shape[-1]) * factors[None, :, None]
    return smaller.with_kernel(READER[layer], by_channel.reshape(kernel.shape))


def select(context: PruningContext, settings: ThiNet, budget: Budget) -> Selection:
    """Cut layer by layer from the input, with a short fine-tune after each."""
    return cut_layer_by_layer(
        context, budget, settings.layer_epochs, partial(cut, context, settings)
    )


def unit_select(context: GraphContext, settings: ThiNet, budget: UnitBudget) -> UnitSelection:
    """Cut group by group from the input; each is judged by the layers that read it.

    There is no fine-tuning between the groups: all of it comes after the last.
    """
    weights, kept = context.weights, dict[str, np.ndarray]()
    for name in judged_groups(context.groups):
        group = context.groups.by_name[name]
        count = budget.counts[name]
        if count == len(group.units):
            continue
        gram = unit_gram(context, settings, weights, group)
        stay = greedy(gram, len(gram) - count)
        factors = scales(gram, stay, settings.ridge)
        mask = np.zeros(len(gram), bool)
        mask[stay] = True
        kept[name] = mask
        of_unit = np.zeros(len(gram) + 1)
        of_unit[stay] = factors
        of_unit[-1] = 1.0  # inputs of other groups
        for reader in readers_of(context.groups, group):
            matrix = kernel_matrix(weights, reader.layer) * of_unit[reader.of_unit][:, None]
            weights = with_kernel(weights, reader.layer, matrix)
        weights = masked(context.groups, weights, {name: mask})
    return UnitSelection(kept, weights)


def unit_gram(
    context: GraphContext, settings: ThiNet, weights: Weights, group: UnitGroup
) -> np.ndarray:
    """Return the (units, units) Gram matrix of a group's contributions to all that read it."""
    gram = np.zeros((len(group.units), len(group.units)))
    for reader in readers_of(context.groups, group):
        places = max(1, min(ROWS_PER_IMAGE, settings.rows // settings.images))
        (rows,) = sampled_rows(context, [weights], reader.layer, settings.images, places, "thinet")
        matrix = kernel_matrix(weights, reader.layer)
        rng = generator(context.seed, "thinet", reader.layer, "outputs")
        outputs = rng.integers(matrix.shape[1], size=len(rows))
        parts = rows * matrix.T[outputs]
        x = np.zeros((len(rows), len(group.units) + 1))
        np.add.at(x.T, reader.of_unit, parts.T)
        x = x[:, :-1]
        gram += x.T @ x
    return gram


METHOD = Method(
    name="thinet",
    label="ThiNet",
    paper="Luo et al. 2017, arXiv:1707.06342",
    structured=True,
    settings=ThiNet,
    doc=ThiNet.__doc__ or "",
    select=select,
    unit_select=unit_select,
    units_lost=judged_groups,
    needs_data=True,
    formula=r"\min_T \sum_i \Big( \sum_{c \in T} \hat{x}_{i,c} \Big)^2",
    paper_recipe={"allocation": "uniform"},
    palette=2,
    assigned=True,
    refits=True,
)
