"""Random pruning: the floor that every method has to beat, for weights and for filters."""

from dataclasses import dataclass

from core.networks.topology import CHANNEL_LAYERS
from core.pruning.method import Context, Method, Scores
from core.randomness import generator
from core.settings import check


@dataclass(frozen=True)
class RandomPruning:
    """Weights go at random. Control of Blalock et al. 2020, arXiv:2003.03033."""

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class RandomFilter:
    """Whole filters go at random. Control of Mittal et al. 2018, arXiv:1801.10447."""

    def __post_init__(self) -> None:
        check(self)


def scores(context: Context, settings: RandomPruning) -> Scores:
    """Return one uniform number for every weight and bias, the same for the same seed."""
    return {
        name: generator(context.seed, "random pruning", name).random(value.shape)
        for name, value in context.weights.items()
    }


def filter_scores(context: Context, settings: RandomFilter) -> Scores:
    """Return one uniform number for every filter, the same for the same seed."""
    return {
        layer: generator(context.seed, "random filter", layer).random(context.shape.units[layer])
        for layer in CHANNEL_LAYERS
    }


METHOD = Method(
    name="random",
    label="Random weights",
    paper="Blalock et al. 2020, What is the state of neural network pruning?, arXiv:2003.03033",
    structured=False,
    settings=RandomPruning,
    doc="Removes weights at random: the control for the unstructured methods.",
    scores=scores,
)

FILTER_METHOD = Method(
    name="random_filter",
    label="Random filters",
    paper="Mittal et al. 2018, Recovering from random pruning, arXiv:1801.10447",
    structured=True,
    settings=RandomFilter,
    doc="Removes whole filters at random: the control for the structured methods.",
    scores=filter_scores,
)
