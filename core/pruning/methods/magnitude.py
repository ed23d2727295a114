"""Magnitude pruning: small weights go. Han et al. 2015, arXiv:1506.02626."""

from dataclasses import dataclass

import numpy as np

from core.pruning.method import Method, Scores, WeightsContext
from core.settings import Settings, setting


@dataclass(frozen=True)
class Magnitude(Settings):
    """Magnitude pruning. Han et al. 2015, arXiv:1506.02626.

    Adapted: the paper chooses a threshold for each layer, a quality times the deviation of its
    weights, by hand; here one quality serves all layers and is found so that the whole file has the
    wanted sparsity. Biases are cut as well. The common recipe divides by LAMP and cuts gradually.
    """

    bias_worth: float = setting(
        1.0,
        low=0.0,
        high=100.0,
        help="How much larger a bias counts than a kernel weight of the same size",
        why="A bias is one number that serves a whole channel; the paper counts both alike.",
        advanced=True,
    )


def scores(context: WeightsContext, settings: Magnitude) -> Scores:
    """Return |w| of every kernel weight and every bias."""
    return {
        name: np.abs(value) * (settings.bias_worth if name.endswith("bias") else 1.0)
        for name, value in context.weights.items()
    }


METHOD = Method(
    name="magnitude",
    label="Magnitude",
    paper="Han et al. 2015, Learning both weights and connections, arXiv:1506.02626",
    structured=False,
    settings=Magnitude,
    doc="Removes the weights with the smallest absolute value, one by one.",
    scores=scores,
    formula=r"\text{keep the largest } |w|",
    paper_recipe={"allocation": "layer_threshold", "schedule": "iterative"},
    palette=0,
    assigned=True,
)
