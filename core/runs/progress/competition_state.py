"""What a competition does at the moment, why, how long it has, and the best it has made so far."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.evaluation.frontier import best_by_validation
from core.jobs.store.job import DONE, Job
from core.jobs.store.store import Store
from core.pruning.plan import PrunePlan
from core.pruning.search.competition import counted_seconds, gap_seconds
from core.pruning.search.spec import CompeteSpec, TimingSpec
from core.pruning.spec import PruneSpec
from core.runs.finished.networks import Network, network_of
from core.runs.specs import spec_of
from core.text import duration, percent, plural
from core.training.spec import TrainSpec

# A run that gets this share of what was left at its start is the one that gets all of it.
LAST = 0.5


@dataclass(frozen=True)
class CompetitionState:
    """doing: a sentence, "" once it has ended. seconds_left: about, of those it was given.

    best: of the networks that are finished, by validation images; None before the first.
    """

    doing: str
    seconds_left: float
    best: Network | None


def competition_state(store: Store, job: Job, now: float) -> CompetitionState:
    """Return the state of a competition's job; now: seconds since the epoch."""
    spec = spec_of(job)
    assert isinstance(spec, CompeteSpec)
    runs = list(reversed(store.jobs(parent=job.id)))
    left = 60 * spec.minutes - _used(store, runs, now)
    at_work = next((run for run in reversed(runs) if not run.ended), None)
    doing = "" if job.ended else _doing(spec, runs, at_work, left + _counted(store, at_work, now))
    return CompetitionState(doing, max(0.0, left), _best(runs))


def _counted(store: Store, run: Job | None, now: float) -> float:
    """Return the seconds that count of a run so far."""
    if run is None or run.started is None:
        return 0.0
    made = network_of(run) if run.state == DONE else None
    began = store.last_start(run.id) or run.started
    return counted_seconds(began, run.finished or now, made.point.seconds if made else 0.0)


def _used(store: Store, runs: Sequence[Job], now: float) -> float:
    """Return the seconds that count: those of its runs, and short gaps between them."""
    used, ended = 0.0, None
    for run in runs:
        if run.started is None:
            continue
        used += _counted(store, run, now) + gap_seconds(run.started, ended)
        ended = run.finished or now
    return used


def _best(runs: Sequence[Job]) -> Network | None:
    found = [network_of(run) for run in runs if run.kind == PruneSpec.kind and run.state == DONE]
    networks = {network.point.id: network for network in found if network is not None}
    best = best_by_validation([network.point for network in networks.values()])
    return networks[best.id] if best is not None else None


def _doing(spec: CompeteSpec, runs: Sequence[Job], run: Job | None, left_at_start: float) -> str:
    if run is None:
        return "Plans what comes next."
    told = spec_of(run)
    if isinstance(told, TimingSpec):
        return "Measures what an epoch costs on this machine now, to divide the time by."
    if isinstance(told, TrainSpec):
        time = duration(told.recipe.seconds)
        return f"Trains the dense network for {time}: everything is pruned from it."
    assert isinstance(told, PruneSpec)
    tries = sum(each.kind == PruneSpec.kind for each in runs) - 1
    return _pruning(spec, told.plan, tries, left_at_start)


def _pruning(spec: CompeteSpec, plan: PrunePlan, tries: int, left_at_start: float) -> str:
    if spec.after is not None:
        return (
            f"Trains the winner on for {duration(plan.seconds)}, at the same "
            f"{percent(plan.sparsity)} zeros."
        )
    if plan.seconds < LAST * left_at_start:
        return (
            f"Tries recipe {tries + 1} for {duration(plan.seconds)}: {percent(plan.sparsity)} "
            f"zeros, learning rate {plan.learning_rate:.2g}, {plan.allocation} allocation."
        )
    if not tries:
        short = "the time is too short to search for another"
        reason = short if spec.search_share else "no time is set aside for a search"
        return (
            f"Prunes to {percent(plan.sparsity)} zeros for {duration(plan.seconds)} by the "
            f"usual recipe: {reason}."
        )
    return (
        f"Gives the most promising of {plural(tries, 'try', 'tries')} all the time that is left, "
        f"{duration(plan.seconds)}, at {percent(plan.sparsity)} zeros."
    )
