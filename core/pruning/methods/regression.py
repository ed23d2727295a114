"""Channel pruning by LASSO regression on the next layer's outputs. arXiv:1707.06168."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from core.networks.groups.compaction import masked
from core.networks.groups.unit_groups import UnitGroup
from core.networks.network import Weights
from core.networks.topology import READER, flatten_rows
from core.pruning.groups.context import GraphContext, UnitBudget, UnitSelection
from core.pruning.groups.readers import (
    Reader,
    judged_groups,
    kernel_matrix,
    readers_of,
    sampled_rows,
)
from core.pruning.layerwise import (
    Partial,
    cut_layer_by_layer,
    reader_positions,
    sample_images,
)
from core.pruning.method import Budget, Method, PruningContext, Selection
from core.pruning.reconstruction import lasso
from core.pruning.reconstruction.least_squares import Moments, moments, refit, stack, unstack
from core.randomness import generator
from core.settings import Settings, setting


@dataclass(frozen=True)
class Regression(Settings):
    """Channels chosen by LASSO, the next layer's weights re-fitted by least squares.

    He et al. 2017, arXiv:1707.06168. A factor of each channel, whose weights have norm 1, and an L1
    penalty on the factors: the fit is to the next layer's output in the original network, from its
    input in the already pruned one. The penalty is where the wanted number of factors is not zero,
    which the whole path of penalties shows (the paper searches for it); then the weights are fitted
    once.

    Adapted: dense1's rows of one conv4 channel are one group, dense1's units are judged by dense2;
    the bias is fitted with the weights; a small ridge holds these near their values before the fit.
    """

    images: int = setting(
        5_000, low=1, high=1_000_000, help="Training images to sample, as in the paper"
    )
    positions: int = setting(
        10, low=1, high=1_000, help="Sampled places in each image, as in the paper"
    )
    dense_images: int = setting(
        10_000, low=1, high=1_000_000, help="Images for the dense layers, which give one row each"
    )
    ridge: float = setting(
        1e-3, low=1e-9, high=10.0, help="Pull of the fit towards the old weights", advanced=True
    )
    layer_epochs: float = setting(
        0.0, low=0.0, high=2.0, unit="epochs", help="Fine-tuning after each layer (paper: none)"
    )


def layer_moments(
    context: PruningContext, settings: Regression, network: Partial, layer: str
) -> Moments:
    """Return the moments of what the reader of `layer` reads now and what it gave originally."""
    reader = READER[layer]
    count = settings.dense_images if reader.startswith("dense") else settings.images
    images = sample_images(context, count, "regression", layer, "images")
    rng = generator(context.seed, "regression", layer, "rows")
    rows = settings.positions * len(images)
    where = reader_positions(layer, context.shape, len(images), rows, rng)
    original = context.read_rows(context.weights, images, reader, where)
    kernel, bias = context.weights[f"{reader}/kernel"], context.weights[f"{reader}/bias"]
    wanted = original @ kernel.reshape(-1, len(bias)) + bias
    return moments(context.read_rows(network.weights, images, reader, where), wanted)


def channel_problem(
    of: Moments, matrix: np.ndarray, channels: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return LASSO's (gram, correlation) over channels, for the old weights scaled to ‖W_c‖_F = 1.

    matrix: (inputs + 1, units) old weights, the bias last. Inputs and outputs are centred, which
    is what a free bias amounts to. Input i belongs to channel i mod channels.
    """
    mean, kernel = of.gram[-1, :-1], matrix[:-1]
    covariance = of.gram[:-1, :-1] - np.outer(mean, mean)
    cross = of.target[:-1] - np.outer(mean, of.target[-1])
    gram = _by_channel(covariance * (kernel @ kernel.T), channels)
    correlation = (cross * kernel).sum(axis=1).reshape(-1, channels).sum(axis=0)
    norms = np.sqrt(np.square(kernel).sum(axis=1).reshape(-1, channels).sum(axis=0))
    inverse = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)
    return gram * np.outer(inverse, inverse), correlation * inverse


def _by_channel(products: np.ndarray, channels: int) -> np.ndarray:
    """Sum an (inputs, inputs) matrix over the inputs of each pair of channels."""
    places = len(products) // channels
    summed: np.ndarray = products.reshape(places, channels, places, channels).sum(axis=(0, 2))
    return summed


def cut(
    context: PruningContext, settings: Regression, network: Partial, layer: str, count: int
) -> Partial:
    """Return the network with `count` channels in `layer` and the next layer re-fitted."""
    reader, shape = READER[layer], network.shape
    of = layer_moments(context, settings, network, layer)
    kernel, bias = network.weights[f"{reader}/kernel"], network.weights[f"{reader}/bias"]
    matrix = stack(kernel, bias)
    kept = np.arange(count)
    if count < shape.units[layer]:
        kept = lasso.choose(*channel_problem(of, matrix, shape.units[layer]), count)
    rows = _rows_of(kept, kernel, shape.units[layer])
    chosen = Moments(of.gram[np.ix_(rows, rows)], of.target[rows])
    smaller = network.with_layer(layer, kept)
    fitted = refit(chosen, matrix[rows], settings.ridge)
    return smaller.with_kernel(reader, *unstack(fitted, smaller.weights[f"{reader}/kernel"].shape))


def _rows_of(kept: np.ndarray, kernel: np.ndarray, channels: int) -> np.ndarray:
    """Return the inputs of the reader's flattened kernel that read `kept`, and the bias."""
    inputs = kernel.size // kernel.shape[-1]
    return np.append(flatten_rows(kept, channels, inputs // channels), inputs)


def select(context: PruningContext, settings: Regression, budget: Budget) -> Selection:
    """Cut layer by layer from the input, each time re-fitting the next layer."""
    return cut_layer_by_layer(
        context, budget, settings.layer_epochs, partial(cut, context, settings)
    )


def unit_select(context: GraphContext, settings: Regression, budget: UnitBudget) -> UnitSelection:
    """Cut group by group from the input, each time re-fitting the layers that read the group."""
    weights, kept = context.weights, dict[str, np.ndarray]()
    for name in judged_groups(context.groups):
        group = context.groups.by_name[name]
        if budget.counts[name] == len(group.units):
            continue
        readers = readers_of(context.groups, group)
        problems = [unit_problem(context, settings, weights, group, each) for each in readers]
        gram = np.sum([problem.gram for problem in problems], axis=0)
        correlation = np.sum([problem.correlation for problem in problems], axis=0)
        norms = np.sqrt(np.maximum(np.sum([problem.squares for problem in problems], axis=0), 0))
        inverse = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)
        stay = lasso.choose(
            gram * np.outer(inverse, inverse), correlation * inverse, budget.counts[name]
        )
        mask = np.zeros(len(group.units), bool)
        mask[stay] = True
        kept[name] = mask
        for reader, problem in zip(readers, problems, strict=True):
            weights = weights | problem.refitted(weights, reader, mask, settings.ridge)
        weights = masked(context.groups, weights, {name: mask})
    return UnitSelection(kept, weights)


@dataclass(frozen=True)
class UnitProblem:
    """LASSO's problem over the units that one layer reads, and the moments of its inputs."""

    gram: np.ndarray
    correlation: np.ndarray
    squares: np.ndarray
    of: Moments

    def refitted(self, weights: Weights, reader: Reader, kept: np.ndarray, ridge: float) -> Weights:
        """Return the layer's kernel, and bias if it has one, fitted for the kept units."""
        matrix = kernel_matrix(weights, reader.layer)
        bias = weights.get(f"{reader.layer}/bias", np.zeros(matrix.shape[1], np.float32))
        stays = np.append(kept, True)[reader.of_unit]
        rows = np.flatnonzero(np.append(stays, f"{reader.layer}/bias" in weights))
        whole = np.concatenate([matrix, bias[None].astype(np.float64)])
        chosen = Moments(self.of.gram[np.ix_(rows, rows)], self.of.target[rows])
        fitted = np.zeros_like(whole)
        fitted[rows] = refit(chosen, whole[rows], ridge)
        found = {
            f"{reader.layer}/kernel": fitted[:-1].reshape(weights[f"{reader.layer}/kernel"].shape)
        }
        if f"{reader.layer}/bias" in weights:
            found[f"{reader.layer}/bias"] = fitted[-1]
        return {name: array.astype(np.float32) for name, array in found.items()}


def unit_problem(
    context: GraphContext,
    settings: Regression,
    weights: Weights,
    group: UnitGroup,
    reader: Reader,
) -> UnitProblem:
    """Return LASSO over the units: the outputs of the original network from today's inputs.

    What inputs of other groups give already is taken off the outputs first. Without a bias, neither
    inputs nor outputs are centred.
    """
    original, now = sampled_rows(
        context,
        [context.weights, weights],
        reader.layer,
        settings.images,
        settings.positions,
        "regression",
    )
    matrix = kernel_matrix(weights, reader.layer)
    # The original one: today's was fitted anew when another group that it reads was cut.
    bias = context.weights.get(f"{reader.layer}/bias", np.zeros(matrix.shape[1], np.float32))
    of = moments(now, original @ kernel_matrix(context.weights, reader.layer) + bias)
    covariance, cross = of.gram[:-1, :-1], of.target[:-1]
    if f"{reader.layer}/bias" in weights:
        mean = of.gram[-1, :-1]
        covariance = covariance - np.outer(mean, mean)
        cross = cross - np.outer(mean, of.target[-1])
    others = reader.of_unit == -1
    cross = cross - covariance[:, others] @ matrix[others]
    belongs = np.zeros((len(matrix), len(group.units) + 1))
    belongs[np.arange(len(matrix)), reader.of_unit] = 1.0
    belongs = belongs[:, :-1]
    return UnitProblem(
        belongs.T @ (covariance * (matrix @ matrix.T)) @ belongs,
        belongs.T @ (cross * matrix).sum(axis=1),
        belongs.T @ np.square(matrix).sum(axis=1),
        of,
    )


METHOD = Method(
    name="regression",
    label="Channel regression (LASSO)",
    paper="He et al. 2017, arXiv:1707.06168",
    structured=True,
    settings=Regression,
    doc=Regression.__doc__ or "",
    select=select,
    unit_select=unit_select,
    units_lost=judged_groups,
    needs_data=True,
    formula=r"\min_{\beta, W} \tfrac{1}{2N} \lVert Y - \sum_c \beta_c X_c W_c \rVert^2"
    r" + \lambda \lVert \beta \rVert_1",
    paper_recipe={"allocation": "uniform"},
    palette=3,
    assigned=True,
    refits=True,
)
