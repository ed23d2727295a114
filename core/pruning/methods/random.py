"""Random weights: the floor that every method has to beat that cuts single weights."""

from dataclasses import dataclass

from core.pruning.method import Method, Scores, WeightsContext
from core.randomness import generator
from core.settings import Settings


@dataclass(frozen=True)
class RandomPruning(Settings):
    """Weights go at random. Control of Blalock et al. 2020, arXiv:2003.03033."""


def scores(context: WeightsContext, settings: RandomPruning) -> Scores:
    """Return one uniform number for every weight and bias, the same for the same seed."""
    return {
        name: generator(context.seed, "random pruning", name).random(value.shape)
        for name, value in context.weights.items()
    }


METHOD = Method(
    name="random",
    label="Random weights",
    paper="Blalock et al. 2020, What is the state of neural network pruning?, arXiv:2003.03033",
    structured=False,
    settings=RandomPruning,
    doc="Removes weights at random: the control for the unstructured methods.",
    scores=scores,
    default_allocation="erk",
    paper_recipe={"allocation": "uniform", "schedule": "one_shot"},
    palette=9,
    control=True,
)
