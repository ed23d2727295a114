"""Each method as its paper trains it, next to the recipe that all share by default."""

from dataclasses import replace
from typing import Any

from core.pruning.methods import METHODS
from core.pruning.plan import PAPER, PrunePlan

# Adapted, for all: Adam on this product's batches instead of each paper's SGD, the same number of
# epochs for every method, and the validation images choose the epoch. Han et al. retrain with a
# tenth of the original rate and the original augmentation, Li et al. with a constant small rate;
# none of the papers distils. The dropout is the dense network's.
COMMON: dict[str, Any] = {
    "retraining": "fine_tune",
    "augment": False,
    "distillation": 0.0,
    "dropout": 0.5,
    "batch_normalisation": False,
    "learning_rate": 1e-3,
    "connected": False,
    "dense_unit_pruning": False,
    "label": PAPER,
}


def paper_recipe(method: str, sparsity: float, epochs: int) -> PrunePlan:
    """Return the plan of the method's paper: its allocation, its schedule, plain fine-tuning."""
    fields: dict[str, Any] = {**COMMON, **METHODS[method].paper_recipe}
    return replace(default_recipe(method, sparsity, epochs), **fields)


def default_recipe(method: str, sparsity: float, epochs: int) -> PrunePlan:
    """Return the plan with the common recipe, the same for every method."""
    own = dict(METHODS[method].new_settings)
    return PrunePlan(method=method, sparsity=sparsity, epochs=epochs, settings=own)
