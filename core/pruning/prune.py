"""Prune a trained network as a plan says: the one entrance for pages, tasks and notebooks."""

from functools import partial

from core.networks.network import Weights, check_finite, check_weights
from core.networks.prepare import Prepared
from core.progress import Phases, Progress
from core.pruning.allocation.scores import Sensitivity
from core.pruning.outcome import Pruned
from core.pruning.plan import PrunePlan
from core.pruning.preview.sensitivity import analyse, drops_of, table_of
from core.pruning.schedule import shares_of
from core.pruning.structured import prune_channels
from core.pruning.unstructured import prune_weights
from core.training.teachers.teacher import Answers

__all__ = ["PrunePlan", "Pruned", "prune"]


def prune(
    dense: Weights,
    data: Prepared,
    plan: PrunePlan,
    seed: int,
    progress: Progress,
    teacher: Answers | None = None,
) -> Pruned:
    """Return `dense` pruned, retrained and put back into the full layout.

    Unstructured targets are met to one weight; structured ones to the nearest channel (the notes
    state the sparsity reached). A stopped run continues bit-exactly from `progress`.
    teacher: whose answers distillation mixes in; None is the dense network.
    Raises WeightsError if the weights do not fit the data's network or are not finite.
    """
    check_weights(dense, data.shape)
    check_finite(dense)
    analysed = {"sensitivity": 1.0} if plan.resolved_allocation == "sensitivity" else {}
    phases = Phases(progress, {**analysed, **shares_of(plan)})
    sensitivity = _sensitivity(phases, dense, data, plan, seed) if analysed else None
    kind = prune_channels if plan.rule.structured else prune_weights
    return kind(dense, data, plan, seed, phases, sensitivity, teacher)


def _sensitivity(
    phases: Phases, dense: Weights, data: Prepared, plan: PrunePlan, seed: int
) -> Sensitivity:
    found = phases.run("sensitivity", partial(analyse, dense, data, plan, seed))
    return drops_of(table_of(found))
