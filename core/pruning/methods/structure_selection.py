"""Sparse Structure Selection: scaling factors driven to exact zero. arXiv:1707.01213."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.networks.groups.unit_groups import UnitGroups
from core.networks.network import NetworkShape
from core.networks.topology import CHANNEL_LAYERS, parameters_of
from core.pruning.batchnorm_retraining import temporary_batchnorm
from core.pruning.groups.context import GraphContext, UnitBudget, UnitSelection
from core.pruning.groups.factors import Factors
from core.pruning.method import OWN, Budget, Method, PruningContext, Selection
from core.pruning.sparse_training.proximal import PenaltyRamp, file_sparsity, update_factors
from core.pruning.sparse_training.scaled_network import build_scaled, fold_scales, scale_name
from core.pruning.sparse_training.scales import cut_by_scales, sparse_epochs, sparse_recipe
from core.randomness import derived_seed
from core.settings import Settings, setting
from core.text import listed
from core.training.architecture import Architecture
from core.training.batches import steps_per_epoch
from core.training.graph_architecture import fitting


@dataclass(frozen=True)
class StructureSelection(Settings):
    """Channels whose scaling factor is zero after training with an L1 penalty, then the smallest.

    Huang & Wang 2018, arXiv:1707.01213. Every channel's pre-activation is multiplied by a factor
    that starts at 1 and is not decayed; the weights learn by gradient descent, the factors by
    accelerated proximal gradient, batch by batch.

    Adapted: the penalty γ is not guessed but grows while the zeros lag behind the plan, shrinks
    while they are ahead, and is 0 once the file has the wanted sparsity; factors are clipped at 0,
    so that they pass ReLU and fold into kernel and bias exactly; factors that stay are not pressed
    below 0.1, where normalisation would see nothing behind them. The paper's networks have batch
    normalisation below the factors. The course's network has none: it is put in for this
    training, such that nothing changes at first, and folded away as well. Other networks are
    trained as they are, with their own normalisation or none, and with one γ that takes factors
    which nothing holds near zero.
    """

    penalty: float = setting(1e-5, low=1e-9, high=10.0, help="γ at the start, before it grows")
    growth: float = setting(
        1e4, low=1.001, high=1e9, help="What γ may be multiplied with in all", advanced=True
    )
    factor_rate: float = setting(
        1.0,
        low=1e-6,
        high=10.0,
        help="Step size of the factors",
        why="With large steps a small γ suffices, which unneeded factors give way to and needed "
        "ones withstand; small steps need a γ that shrinks all alike.",
        advanced=True,
    )
    sparse_share: float = setting(
        0.34, low=0.01, high=1.0, help="Share of the epochs that train with the penalty"
    )
    ramp: float = setting(
        0.6, low=0.05, high=1.0, help="Share of that training after which the target is due"
    )
    learning_rate: float = setting(0.05, low=0.0, high=10.0, help="Largest step size (SGD)")
    batch_size: int = setting(64, low=1, high=4096, help="Images in one step", advanced=True)


def scaled_architecture(shape: NetworkShape, ramp: PenaltyRamp, images: np.ndarray) -> Architecture:
    """Return the network with scaling factors that only the proximal step moves.

    images: training images, from which normalisation is set so that nothing changes at first.
    """

    def update(variables: Mapping[str, Any], gradients: Mapping[str, Any], rate: Any) -> None:
        update_factors(variables, gradients, shape, ramp)

    own = tuple(scale_name(layer) for layer in CHANNEL_LAYERS)
    load = temporary_batchnorm(images).load
    return Architecture(build_scaled, load, fold_scales, own, update)


def ramp_of(
    context: PruningContext, settings: StructureSelection, budget: Budget, epochs: int
) -> PenaltyRamp:
    """Return the plan of the penalty; an allocation says how many factors each layer keeps."""
    per_epoch = steps_per_epoch(len(context.data.train), settings.batch_size)
    steps = max(1, round(settings.ramp * epochs * per_epoch))
    least = budget.kept or {}
    target = budget.sparsity
    if least:  # what the allocation reaches, which is not the target to the last channel
        target = 1 - parameters_of(dict(least), context.shape) / context.shape.parameters
    return PenaltyRamp(
        target, settings.penalty, settings.growth, steps, settings.factor_rate, dict(least)
    )


def select(context: PruningContext, settings: StructureSelection, budget: Budget) -> Selection:
    """Train with factors, fold them, and cut globally by what is left of them."""
    from core.training.train import train

    epochs = sparse_epochs(settings.sparse_share, budget.epochs, METHOD.label)
    ramp = ramp_of(context, settings, budget, epochs)
    trained = train(
        context.weights,
        context.shape,
        context.data,
        sparse_recipe(epochs, settings.learning_rate, settings.batch_size),
        derived_seed(context.seed, "structure selection"),
        context.progress,
        architecture=scaled_architecture(context.shape, ramp, context.data.train.images),
    )
    factors = {layer: trained.variables[scale_name(layer)] for layer in CHANNEL_LAYERS}
    reached = float(file_sparsity(factors, context.shape))
    note = f"Training alone reached a sparsity of {reached:.4f}; the smallest factors made up."
    return cut_by_scales(factors, trained.weights, context.shape, budget, epochs, (note,))


def unit_select(
    context: GraphContext, settings: StructureSelection, budget: UnitBudget
) -> UnitSelection:
    """Train with factors on the units of inner groups and on whole residual blocks; fold; cut.

    Plain proximal steps, whose penalty takes a factor that nothing holds near zero in these
    epochs. A block whose factor is zero adds nothing, so all that only it reads is dead.
    """
    from core.training.train import train

    epochs = sparse_epochs(settings.sparse_share, budget.epochs, METHOD.label)
    recipe = fitting(
        context.network, sparse_recipe(epochs, settings.learning_rate, settings.batch_size)
    )
    steps = steps_per_epoch(len(context.data.train), settings.batch_size)
    factors = Factors.of(context.network)
    trained = train(
        context.weights,
        context.network,
        context.data,
        recipe,
        derived_seed(context.seed, "structure selection"),
        context.progress,
        architecture=factors.architecture(recipe, steps, epochs * steps, settings.factor_rate),
    )
    found = factors.scores(context.groups, trained.variables, trained.weights)
    kept = budget.choose(found)
    gone = factors.gone(trained.variables)
    notes = (f"The factors of the blocks before {listed(gone)} reached zero.",) if gone else ()
    return UnitSelection(kept, trained.weights, epochs, notes)


def factored_groups(groups: UnitGroups) -> tuple[str, ...]:
    """Return the groups whose units get factors."""
    return tuple(Factors.of(groups.network).units)


METHOD = Method(
    name="structure_selection",
    label="Sparse Structure Selection",
    paper="Huang & Wang 2018, arXiv:1707.01213",
    structured=True,
    settings=StructureSelection,
    doc=StructureSelection.__doc__ or "",
    select=select,
    unit_select=unit_select,
    units_lost=factored_groups,
    needs_data=True,
    trains=True,
    formula=r"z = S_{\eta\gamma}(\lambda - \eta \nabla),\;"
    r" v \leftarrow z - \lambda + \mu v,\; \lambda \leftarrow z + \mu v",
    paper_recipe={"allocation": OWN},
    palette=6,
    assigned=True,
    refits=True,
)
