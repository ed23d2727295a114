"""What to do next: the first of a few rules that the workspace's own numbers make true."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from core.data.store import StoredDataset
from core.evaluation.frontier import best_by_validation
from core.evaluation.point import Point
from core.evaluation.score import score
from core.jobs.store.job import ABANDONED, DONE, FAILED, STOPPED, Job
from core.jobs.store.store import Store
from core.pruning.controls import contenders
from core.pruning.search.spec import CompeteSpec
from core.runs.activity import top_level
from core.runs.finished.networks import Network
from core.text import exact_percent, percent, plural, score_text

SWEEP = {"view": "sweep"}
SAME_SPARSITY = 0.002  # methods that cut whole units come this close to what they are asked for


@dataclass(frozen=True)
class Suggestion:
    """One thing to do next. reason: the numbers behind it. page: its file's name without ending."""

    text: str
    reason: str
    page: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Situation:
    """What the rules look at.

    newest: the run that somebody started last. data: the data set that is worked on, None without
    any. dense, pruned: its networks, newest first. competed, federated: whether such runs are done.
    labels: method -> what people call it.
    """

    newest: Job | None
    data: StoredDataset | None
    dense: tuple[Network, ...]
    pruned: tuple[Network, ...]
    competed: bool
    federated: bool
    labels: Mapping[str, str]

    @property
    def points(self) -> list[Point]:
        """What was measured here of the pruned networks that may be called the best."""
        here = [network.point for network in self.pruned if not network.point.imported]
        return list(contenders(here))

    def on(self, **more: str) -> dict[str, str]:
        """Return the address of the data set that is worked on."""
        return ({"data": self.data.digest} if self.data else {}) | more


def situation(
    store: Store,
    networks: Sequence[Network],
    stored: Sequence[StoredDataset],
    labels: Mapping[str, str],
    federated: bool,
) -> Situation:
    """Return what the rules look at. networks, stored: of the whole workspace, newest first.

    federated: whether a federated run is done.
    """
    by_digest = {entry.digest: entry for entry in stored}
    measured = next((n.data for n in networks if n.data in by_digest), None)
    data = by_digest[measured] if measured else next(iter(stored), None)
    here = [network for network in networks if data and network.data == data.digest]
    return Situation(
        newest=next(iter(top_level(store, (), 1)), None),
        data=data,
        dense=tuple(network for network in here if network.job.kind != "prune"),
        pruned=tuple(network for network in here if network.job.kind == "prune"),
        competed=bool(store.versions([CompeteSpec.kind], [DONE])),
        federated=federated,
        labels=labels,
    )


def suggest(found: Situation) -> Suggestion:
    """Return the first suggestion that holds; the last one always does."""
    answers = (rule(found) for rule in RULES)
    return next((answer for answer in answers if answer is not None), _report(found))


def _failed(found: Situation) -> Suggestion | None:
    job = found.newest
    if job is None or job.state != FAILED:
        return None
    cause = (job.error or "").partition(". ")[0].rstrip(".")
    reason = f"The last run ended without a result: {cause}." if cause else "The last run failed."
    return Suggestion("See why it failed", reason, "runs", {"run": job.id})


def _stopped(found: Situation) -> Suggestion | None:
    job = found.newest
    if job is None or job.state not in (STOPPED, ABANDONED) or not job.share_done:
        return None
    reason = (
        f"The last run was stopped at {percent(job.share_done, 0)}. It continues from its last "
        "checkpoint, exactly as if it had never stopped."
    )
    return Suggestion("Resume it", reason, "runs", {"run": job.id})


def _untrained(found: Situation) -> Suggestion | None:
    if found.data is None or found.dense or found.pruned:
        return None
    reason = f"“{found.data.name}” has {plural(found.data.train, 'training image')} and no network."
    return Suggestion("Train a network", reason, "training", found.on())


def _unpruned(found: Situation) -> Suggestion | None:
    if not found.dense:
        return None
    newest = found.dense[0]
    if newest.job.id in {network.point.parent for network in found.pruned}:
        return None
    reason = (
        f"“{newest.point.label}” reaches {percent(newest.point.accuracy)} and nothing has been "
        "pruned from it."
    )
    return Suggestion("Prune it", reason, "pruning", found.on(dense=newest.job.id))


def _one_method(found: Situation) -> Suggestion | None:
    methods = {point.method for point in found.points}
    if len(methods) != 1:
        return None
    (name,) = methods
    every = plural(len(found.points), "pruned network")
    reason = (
        f"{'The' if len(found.points) == 1 else 'All'} {every} "
        f"{'is' if len(found.points) == 1 else 'are'} by {found.labels.get(name, name)}. A sweep "
        "says whether another method keeps more accuracy."
    )
    return Suggestion("Compare methods", reason, "pruning", found.on(**SWEEP))


def _at_the_edge(found: Situation) -> Suggestion | None:
    best, levels = best_by_validation(found.points), [p.sparsity for p in found.points]
    if best is None or not best.score or max(levels) - min(levels) < SAME_SPARSITY:
        return None
    if best.sparsity < max(levels) - SAME_SPARSITY:
        return None
    reason = (
        f"The best score, {score_text(best.score)}, is that of the sparsest network "
        f"({percent(best.sparsity)} zeros): a higher one may lie beyond it."
    )
    return Suggestion("Prune further", reason, "pruning", found.on(**SWEEP))


def _one_seed(found: Situation) -> Suggestion | None:
    plans = {point.plan_digest for point in found.points}
    scores = [score(point.validation_accuracy, point.sparsity) for point in found.points]
    first, second = sorted((*scores, 0.0, 0.0), reverse=True)[:2]
    if len(plans) < len(found.points) or not second:
        return None
    reason = (
        f"The two best networks differ by {score_text(first - second)} in validation score, and "
        f"each of {plural(len(plans), 'setting')} ran with a single seed: the difference may be "
        "chance."
    )
    return Suggestion("Repeat with more seeds", reason, "pruning", found.on(**SWEEP))


def _compete(found: Situation) -> Suggestion | None:
    best = best_by_validation(found.points)
    if best is None or not best.score or found.competed:
        return None
    reason = (
        f"The best score is {score_text(best.score)}, at {exact_percent(round(best.sparsity, 4))} "
        "zeros. A competition spends the minutes that you give it on a higher one."
    )
    return Suggestion("Compete", reason, "pruning", found.on(view="compete"))


def _federate(found: Situation) -> Suggestion | None:
    if found.federated:
        return None
    reason = "No federated run is finished here. A prepared question shows SGD beside FedAvg."
    return Suggestion("Try FedAvg", reason, "federated")


def _report(found: Situation) -> Suggestion:
    reason = (
        f"{plural(len(found.pruned), 'pruned network')} and finished federated runs answer the "
        "report's questions."
    )
    return Suggestion("Read the report", reason, "report")


RULES: tuple[Callable[[Situation], Suggestion | None], ...] = (
    _failed,
    _stopped,
    _untrained,
    _unpruned,
    _one_method,
    _at_the_edge,
    _one_seed,
    _compete,
    _federate,
)
