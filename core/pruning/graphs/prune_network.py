"""Prune any trained network as a plan says."""

from dataclasses import replace
from functools import partial

from core.networks.network import Weights, check_finite, check_weights
from core.networks.prepare import NetworkData
from core.progress import Phases, Progress
from core.pruning.allocation.scores import Sensitivity
from core.pruning.graphs.outcome import PrunedNetwork
from core.pruning.graphs.sensitivity import analyse_network, table_of
from core.pruning.graphs.single_weights import prune_single_weights
from core.pruning.graphs.units import prune_units
from core.pruning.plan import REFERENCE_ONLY, PrunePlan
from core.pruning.preview.sensitivity import drops_of
from core.pruning.schedule import shares_of
from core.text import listed
from core.training.teachers.teacher import Answers

__all__ = ["PrunedNetwork", "prune_network"]


def prune_network(
    dense: Weights,
    data: NetworkData,
    plan: PrunePlan,
    seed: int,
    progress: Progress,
    teacher: Answers | None = None,
) -> PrunedNetwork:
    """Return `dense` pruned, retrained and put back into the full layout of the data's network.

    Single weights meet the target to one; units come as near as one unit allows. A stopped run
    continues bit-exactly from `progress`. teacher: whose answers distillation mixes in; None is
    the dense network. Raises WeightsError if the weights do not fit the
    network or are not finite, SettingsError for a target that cannot be reached.
    """
    check_weights(dense, data.network)
    check_finite(dense)
    analysed = {"sensitivity": 1.0} if plan.resolved_allocation == "sensitivity" else {}
    phases = Phases(progress, {**analysed, **shares_of(plan)})
    table = _sensitivity(phases, dense, data, plan, seed) if analysed else None
    kind = prune_units if plan.rule.structured else prune_single_weights
    pruned = kind(dense, data, plan, seed, phases, table, teacher)
    return replace(pruned, notes=(*pruned.notes, *_without_effect(plan)))


def _sensitivity(
    phases: Phases, dense: Weights, data: NetworkData, plan: PrunePlan, seed: int
) -> Sensitivity:
    found = phases.run("sensitivity", partial(analyse_network, dense, data, plan, seed))
    return drops_of(table_of(found, plan, data.network))


def _without_effect(plan: PrunePlan) -> tuple[str, ...]:
    """Return a note of the settings that somebody chose and that only the reference network has."""
    usual = PrunePlan()
    chosen = [n for n in REFERENCE_ONLY if getattr(plan, n) and not getattr(usual, n)]
    names = listed([name.replace("_", " ") for name in chosen])
    return (f"Without effect on this network: {names} (for the reference network).",) * bool(chosen)
