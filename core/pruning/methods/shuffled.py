"""Random weights in magnitude's layer counts: what is left of magnitude when it only allocates."""

from dataclasses import dataclass

import numpy as np

from core.pruning.method import Method, Scores, WeightsContext
from core.randomness import generator
from core.settings import Settings


@dataclass(frozen=True)
class Shuffled(Settings):
    """Weights go at random, as many of each layer as magnitude would take of the dense network.

    Blalock et al. 2020, arXiv:2003.03033, ask for controls that differ in one thing. The scores are
    the dense network's magnitudes, shuffled within each kernel and each bias: an allocation sees
    the same numbers in every layer, only at other places. Guards that keep units connected may
    move a few weights between layers afterwards.
    """


def scores(context: WeightsContext, settings: Shuffled) -> Scores:
    """Return |w| of the dense network, shuffled within each parameter; the same all the time."""
    return {
        name: generator(context.seed, "shuffled", name).permuted(np.abs(value).ravel())
        .reshape(value.shape)
        for name, value in (context.dense or context.weights).items()
    }  # fmt: skip


METHOD = Method(
    name="shuffled",
    label="Random weights in magnitude's layers",
    paper="Blalock et al. 2020, What is the state of neural network pruning?, arXiv:2003.03033",
    structured=False,
    settings=Shuffled,
    doc="Removes weights at random, as many of each layer as magnitude: the control that shows "
    "what choosing weights adds to choosing layers.",
    scores=scores,
    paper_recipe={"allocation": "lamp", "schedule": "one_shot"},
    palette=9,
    marker=7,
    control=True,
)
