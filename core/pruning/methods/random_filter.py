"""Random filters: the floor that every method has to beat that cuts whole channels."""

from dataclasses import dataclass

from core.networks.topology import CHANNEL_LAYERS
from core.pruning.groups.context import GraphContext, scores_like
from core.pruning.method import Method, PruningContext, Scores
from core.randomness import generator
from core.settings import Settings


@dataclass(frozen=True)
class RandomFilter(Settings):
    """Whole filters go at random. Control of Mittal et al. 2018, arXiv:1801.10447."""


def scores(context: PruningContext, settings: RandomFilter) -> Scores:
    """Return one uniform number for every filter, the same for the same seed."""
    return {
        layer: generator(context.seed, "random filter", layer).random(context.shape.units[layer])
        for layer in CHANNEL_LAYERS
    }


def unit_scores(context: GraphContext, settings: RandomFilter) -> Scores:
    """Return one uniform number for every unit of every group, the same for the same seed."""
    return scores_like(
        context.groups,
        lambda group: generator(context.seed, "random filter", group.name).random(len(group.units)),
    )


METHOD = Method(
    name="random_filter",
    label="Random filters",
    paper="Mittal et al. 2018, Recovering from random pruning, arXiv:1801.10447",
    structured=True,
    settings=RandomFilter,
    doc="Removes whole filters at random: the control for the structured methods.",
    scores=scores,
    unit_scores=unit_scores,
    paper_recipe={"allocation": "uniform"},
    palette=9,
    marker=8,
    control=True,
)
