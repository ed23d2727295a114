"""How any network is trained after a cut."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from core.networks.graph import Network
from core.networks.network import Weights
from core.networks.prepare import NetworkData
from core.progress import Progress
from core.pruning.plan import PrunePlan, recipe_of
from core.training.batches import steps_per_epoch
from core.training.graph_architecture import fitting, graph_architecture
from core.training.mask_schedule import MaskSchedule
from core.training.recipe import Recipe
from core.training.teachers.teacher import Answers, NetworkTeacher
from core.training.train import Trained, train

SCALED = ("conv2", "conv4", "dense1")  # the layers of the reference network behind which is dropout


def network_recipe(plan: PrunePlan, network: Network, epochs: int, density: float) -> Recipe:
    """Return how `epochs` epochs after a cut are trained.

    density: kept / all entries of the kernels, which dropout shrinks with: D = D0 sqrt(density).
    """
    found = recipe_of(plan, epochs, dict.fromkeys(SCALED, density))
    return fitting(network, replace(found, batch_normalisation=plan.has_batchnorm))


def retrained(
    network: Network,
    weights: Weights,
    data: NetworkData,
    plan: PrunePlan,
    recipe: Recipe,
    seed: int,
    progress: Progress,
    *,
    teacher: Weights | Answers | None,
    mask: Mapping[str, np.ndarray] | None = None,
    schedule: MaskSchedule | None = None,
) -> Trained:
    """Return the network trained on; teacher: whoever answers, or the data's whole network."""
    steps = steps_per_epoch(len(data.train), recipe.batch_size)
    taught = teacher if plan.distillation else None
    return train(
        weights,
        network,
        data,
        recipe,
        seed,
        progress,
        mask=mask,
        mask_schedule=schedule,
        teacher=NetworkTeacher(data.network, taught) if isinstance(taught, dict) else taught,
        architecture=graph_architecture(network, recipe, data.train.images, steps),
    )
