"""New statistics for a network's own batch normalization, once its weights are settled."""

from dataclasses import replace

from core.networks.graph import Network
from core.networks.network import Weights
from core.networks.prepare import NetworkData
from core.training.batches import Batches
from core.training.graph_architecture import fitting, graph_architecture
from core.training.recipe import Recipe
from core.training.statistics import kept_nonzero, normalizations
from core.training.step import Step


def with_statistics(network: Network, weights: Weights, data: NetworkData, seed: int) -> Weights:
    """Return the weights with the statistics of the training images in their own normalization.

    One pass over them, as they are. A network without normalization stays as it is.
    Source: Izmailov et al. 2018, arXiv:1803.05407, section 3.2.
    """
    if not normalizations(weights):
        return weights
    recipe = fitting(network, replace(Recipe(), batch_size=64, l2=0.0))
    architecture = graph_architecture(network, recipe)
    step = Step(architecture, network, recipe)
    step.start(architecture.load(weights))
    images = (images for images, _ in Batches(data.train, recipe, seed).epoch(0))
    before = step.values()
    return architecture.export(kept_nonzero(step.with_statistics(before, images), before))
