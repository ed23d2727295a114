"""Network Slimming: an L1 penalty on the scales of batch normalisation. arXiv:1708.06519."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.networks.network import NetworkShape, Weights
from core.networks.topology import CHANNEL_LAYERS, READER
from core.pruning.activations import pre_activation_statistics
from core.pruning.groups.context import GraphContext, UnitBudget, UnitSelection
from core.pruning.groups.gammas import (
    penalised,
    scaled_groups,
    scales_of,
    sufficient_penalty,
)
from core.pruning.layerwise import sample_images
from core.pruning.masks.dead_units import channel_mask
from core.pruning.method import OWN, Budget, Method, PruningContext, Selection
from core.pruning.sparse_training.gammas import START, constants_kept, gamma_name, reached
from core.pruning.sparse_training.growing_penalty import (
    GrowingPenalty,
    build_with_growing_penalty,
    penalty_hook,
)
from core.pruning.sparse_training.scales import cut_by_scales, sparse_epochs, sparse_recipe
from core.randomness import derived_seed
from core.settings import Settings, setting
from core.training.architecture import Architecture
from core.training.batches import steps_per_epoch
from core.training.graph_architecture import fitting
from core.training.recipe import Recipe
from core.training.temporary_batchnorm import BATCHNORM, EPSILON, fold

CALIBRATION_IMAGES = 2_000
GROWTH = 1e4
DUE = 0.6  # share of the sparse training after which the γ to cut are due near zero


@dataclass(frozen=True)
class NetworkSlimming(Settings):
    """Channels with the smallest batch-normalisation scale γ after training with a penalty on it.

    Liu et al. 2017, arXiv:1708.06519. Batch normalisation stands between every convolution (and
    the wide dense layer) and its ReLU; training adds an L1 penalty on its scales by
    sub-gradient; the channels with the smallest scales of the whole network go.

    Adapted: a network with batch normalisation of its own keeps it, and its own scales are
    penalised. Scales without normalisation mean nothing, so a network that has none, as the
    course's, gets it for this training, such that the network computes what it did before (the
    course's with scales of 0.5), and it is folded into kernel and bias afterwards, which is exact.
    That is done before the fine-tuning, which puts normalisation in anew. Several passes are the
    iterative schedule. Unless growth is 1, the course's network is trained with a λ, the penalty's
    weight, that grows while too few scales are near zero; and where an allocation says how many
    channels a layer keeps, only its smallest scales are penalised, and what the others read of them
    at the cut, ReLU of the shift on average, moves into their biases. In any other network λ is
    then one that takes scales which nothing holds near zero. With growth 1, λ stays as it is.
    """

    penalty: float = setting(
        1e-4, low=0.0, high=1.0, help="Weight of the L1 penalty in the loss (paper: 10⁻⁵ to 10⁻³)"
    )
    growth: float = setting(
        1.0,
        low=1.0,
        high=1e9,
        omitted=True,
        help="What λ may be multiplied with in all while too few γ are near zero; 1: it stays",
        why="The paper trains sparsely for 160 epochs; in two, its λ moves γ by hundredths. New "
        f"plans begin with {GROWTH:,.0f}.",
    )
    sparse_share: float = setting(
        0.34, low=0.01, high=1.0, help="Share of the epochs that train with the penalty"
    )
    learning_rate: float = setting(0.05, low=0.0, high=10.0, help="Largest step size (SGD)")
    batch_size: int = setting(64, low=1, high=4096, help="Images in one step", advanced=True)


def batchnorm_start(
    weights: Weights, statistics: dict[str, tuple[np.ndarray, np.ndarray]]
) -> dict[str, np.ndarray]:
    """Return the batch-normalised network's variables with γ = 0.5 and unchanged outputs.

    statistics: layer -> (mean, variance) of kernel * input, a value for each channel. With
    s = √(variance + ε), γ(z − mean)/s + β is (z + bias)·γ/s if β = γ(mean + bias)/s. The factor γ/s
    is positive, so it passes ReLU and pooling, and the next kernel takes s/γ.
    """
    values = {name: value.copy() for name, value in weights.items() if name.endswith("kernel")}
    values["dense2/bias"] = weights["dense2/bias"]
    for layer in CHANNEL_LAYERS:
        mean, variance = statistics[layer]
        spread = np.sqrt(variance + EPSILON)
        beta = START * (mean + weights[f"{layer}/bias"]) / spread
        values |= {
            f"{layer}_norm/gamma": np.full(len(mean), START, np.float32),
            f"{layer}_norm/beta": beta.astype(np.float32),
            f"{layer}_norm/moving_mean": mean.astype(np.float32),
            f"{layer}_norm/moving_variance": variance.astype(np.float32),
        }
        reader = values[f"{READER[layer]}/kernel"]
        by_channel = reader.reshape(-1, len(mean), reader.shape[-1])
        scaled = by_channel * (spread / START)[None, :, None]
        values[f"{READER[layer]}/kernel"] = scaled.reshape(reader.shape).astype(np.float32)
    return values


def slimming_architecture(
    context: PruningContext, penalty: float, plan: GrowingPenalty | None = None
) -> Architecture:
    """Return the batch-normalised network with λ Σ|γ| in its loss, sub-gradient λ sign(γ).

    plan: how λ grows from there; None leaves it as it is.
    """
    images = sample_images(context, CALIBRATION_IMAGES, "slimming", "calibration")

    def build(shape: NetworkShape, recipe: Recipe) -> Any:
        import keras

        if plan:
            return build_with_growing_penalty(shape, recipe, plan)
        model = BATCHNORM.build(shape, recipe)
        for layer in CHANNEL_LAYERS:
            model.get_layer(f"{layer}_norm").gamma.regularizer = keras.regularizers.L1(penalty)
        return model

    def load(weights: Weights) -> dict[str, np.ndarray]:
        statistics = pre_activation_statistics(weights, images)
        return batchnorm_start(weights, statistics)

    if plan is None:
        return Architecture(build=build, load=load, export=fold)
    return Architecture(build, load, fold, after_step=penalty_hook(context.shape, plan))


def select(context: PruningContext, settings: NetworkSlimming, budget: Budget) -> Selection:
    """Train with the penalty, fold, and cut globally by |γ|."""
    from core.training.train import train

    epochs = sparse_epochs(settings.sparse_share, budget.epochs, METHOD.label)
    plan = plan_of(context, settings, budget, epochs)
    trained = train(
        context.weights,
        context.shape,
        context.data,
        sparse_recipe(epochs, settings.learning_rate, settings.batch_size),
        derived_seed(context.seed, "slimming"),
        context.progress,
        architecture=slimming_architecture(context, settings.penalty, plan),
    )
    scales = {layer: trained.variables[gamma_name(layer)] for layer in CHANNEL_LAYERS}
    chosen = cut_by_scales(scales, trained.weights, context.shape, budget, epochs)
    if plan is None:
        return chosen  # as version 0.1 left it, to the bit
    whole = constants_kept(trained.weights, trained.variables, chosen.kept)
    weights = channel_mask(chosen.kept, context.shape).apply(whole)
    return replace(chosen, weights=weights, notes=(reached(scales, chosen.kept).note,))


def plan_of(
    context: PruningContext, settings: NetworkSlimming, budget: Budget, epochs: int
) -> GrowingPenalty | None:
    """Return how λ grows in these epochs, None where it stays as it is."""
    if settings.growth == 1.0:
        return None
    per_epoch = steps_per_epoch(len(context.data.train), settings.batch_size)
    steps = max(1, round(DUE * epochs * per_epoch))
    return GrowingPenalty(
        settings.penalty, settings.growth, steps, budget.sparsity, kept=budget.kept
    )


def unit_select(
    context: GraphContext, settings: NetworkSlimming, budget: UnitBudget
) -> UnitSelection:
    """Train with the penalty on the network's own scales, temporary ones where it has none.

    Unless `growth` is 1, λ is what moves scales that nothing holds near zero in these epochs.
    """
    from core.training.train import train

    epochs = sparse_epochs(settings.sparse_share, budget.epochs, METHOD.label)
    recipe = fitting(
        context.network, sparse_recipe(epochs, settings.learning_rate, settings.batch_size)
    )
    recipe = replace(recipe, batch_normalisation=True)
    steps = steps_per_epoch(len(context.data.train), settings.batch_size)
    least = sufficient_penalty(recipe, epochs * steps)
    penalty = settings.penalty if settings.growth == 1.0 else max(settings.penalty, least)
    images = context.data.train.images
    trained = train(
        context.weights,
        context.network,
        context.data,
        recipe,
        derived_seed(context.seed, "slimming"),
        context.progress,
        architecture=penalised(context.network, recipe, images, steps, penalty),
    )
    kept = budget.choose(scales_of(context.groups, trained.variables))
    return UnitSelection(kept, trained.weights, epochs)


METHOD = Method(
    name="slimming",
    label="Network Slimming",
    paper="Liu et al. 2017, arXiv:1708.06519",
    structured=True,
    settings=NetworkSlimming,
    doc=NetworkSlimming.__doc__ or "",
    select=select,
    unit_select=unit_select,
    units_lost=scaled_groups,
    needs_data=True,
    trains=True,
    formula=r"L = \sum_{(x,y)} \ell(f(x, W), y) + \lambda \sum_\gamma \lvert \gamma \rvert",
    # Its batch-normalised network is fine-tuned as such, and folded at the end.
    paper_recipe={"allocation": OWN, "batch_normalisation": True},
    new_settings={"growth": GROWTH},
    palette=4,
    assigned=True,
    refits=True,
)
