"""SNIP: weights whose removal changes the loss least, from one look at the data."""

from dataclasses import dataclass

import numpy as np

from core.pruning.method import Method, Scores, WeightsContext
from core.settings import Settings, setting


@dataclass(frozen=True)
class Snip(Settings):
    """Connection sensitivity |g·w|. Lee et al. 2019, arXiv:1810.02340.

    Adapted: the paper scores an untrained network; here the dense network that was given is scored,
    which may be an untrained one.
    """

    images: int = setting(2048, low=1, high=1_000_000, help="Training images of the one look")


def scores(context: WeightsContext, settings: Snip) -> Scores:
    """Return |g·w| of every weight and bias, g the gradient of the mean loss over the images."""
    batch = min(512, settings.images)
    gradients, images = zip(
        *context.gradients(settings.images, batch),
        strict=True,
    )
    return {
        name: np.abs(np.average([g[name] for g in gradients], axis=0, weights=images) * value)
        for name, value in context.weights.items()
    }


METHOD = Method(
    name="snip",
    label="SNIP",
    paper="Lee et al. 2019, SNIP: single-shot network pruning, arXiv:1810.02340",
    structured=False,
    settings=Snip,
    doc="Removes the weights whose removal changes the loss least, to first order.",
    scores=scores,
    needs_data=True,
    formula=r"s = \lvert g \cdot w \rvert",
    paper_recipe={"allocation": "global", "schedule": "one_shot"},
    palette=5,
)
