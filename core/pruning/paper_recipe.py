"""Each method as its paper trains it, next to the common polished recipe."""

from typing import Any

from core.pruning.method import Method
from core.pruning.methods import METHODS
from core.pruning.plan import AUTO, OWN, PrunePlan

# Han et al. retrain with a tenth of the original rate and the original augmentation, Li et al. with
# a constant small rate; none of the papers distils. The dropout is the dense network's.
COMMON: dict[str, Any] = {
    "retraining": "fine_tune",
    "augment": False,
    "distillation": 0.0,
    "dropout": 0.5,
    "normalise": False,
    "learning_rate": 1e-3,
    "connected": False,
    "narrow": False,
    "label": "pure",
}
PAPERS: dict[str, dict[str, Any]] = {
    "magnitude": {"allocation": "layer_threshold", "schedule": "iterative"},
    "snip": {"allocation": "global", "schedule": "one_shot"},
    "random": {"allocation": "uniform", "schedule": "one_shot"},
    "taylor": {"allocation": "raw", "schedule": "iterative"},
    # Its normalised network is fine-tuned as such, and folded at the end.
    "slimming": {"allocation": OWN, "normalise": True},
}


def pure(method: str, sparsity: float, epochs: int) -> PrunePlan:
    """Return the plan of the method's paper: its allocation, its schedule, plain fine-tuning."""
    own = PAPERS.get(method, {"allocation": _paper_allocation(METHODS[method])})
    return PrunePlan(method=method, sparsity=sparsity, epochs=epochs, **{**COMMON, **own})


def polished(method: str, sparsity: float, epochs: int) -> PrunePlan:
    """Return the plan with the common recipe, the same for every method."""
    return PrunePlan(method=method, sparsity=sparsity, epochs=epochs)


def _paper_allocation(method: Method) -> str:
    if not method.structured:
        return AUTO
    return OWN if method.trains else "uniform"
