"""Federated runs for a page: finished ones and those that are still at it, and what they needed."""

import math
from collections.abc import Sequence
from statistics import median_high

from core.data.store import list_stored
from core.errors import RecordError
from core.federated.algorithms import ALGORITHMS
from core.federated.presets import PRESETS
from core.federated.spec import FederatedComparisonSpec, FederatedSpec
from core.jobs.store.job import Job
from core.jobs.store.live_metrics import LiveMetrics
from core.jobs.store.store import Store, identity
from core.runs.finished.histories import History, federated_spec, history_label, history_of
from core.runs.learning_curves import best, final, reached
from core.runs.specs import spec_of
from core.text import percent
from core.workspace import Workspace

KINDS = (*FederatedSpec.kinds, FederatedComparisonSpec.kind)
LOOKED_AT = 300  # runs of one kind


def parts_of(store: Store, job: Job) -> list[Job]:
    """Return the runs of a comparison in the order they were asked for, or the run itself."""
    if job.kind != FederatedComparisonSpec.kind:
        return [job]
    spec = spec_of(job)
    runs = spec.runs if isinstance(spec, FederatedComparisonSpec) else ()
    found = {child.id: child for child in store.jobs(parent=job.id)}
    wanted = [identity(run, job.seed) for run in runs]
    return [found[id] for id in wanted if id in found]


def of_question(store: Store, question: str | None) -> list[Job]:
    """Return the comparisons of a prepared question, newest first; None: all other runs."""
    found = [
        job
        for kind in KINDS
        for job in store.jobs(kind=kind, limit=LOOKED_AT)
        if not job.parent and question_of(job) == question
    ]
    return sorted(found, key=lambda job: -job.sequence)


def question_of(job: Job) -> str | None:
    """Return the prepared question that a run answers, None for a run of one's own."""
    if job.kind != FederatedComparisonSpec.kind:
        return None
    try:
        spec = spec_of(job)
    except RecordError:  # of another version of this program: shown with its reason
        return None
    asked = spec.preset if isinstance(spec, FederatedComparisonSpec) else ""
    return asked if asked in PRESETS else None


def client_classes(workspace: Workspace, data: str, count: int) -> list[str]:
    """Return the names of the classes of a federation's data; numbers where they have none."""
    stored = {entry.digest: entry.class_names for entry in list_stored(workspace)}
    names = stored.get(data, ())
    return list(names) if len(names) == count else [f"class {n}" for n in range(count)]


def watched(
    store: Store, workspace: Workspace, job: Job, live: LiveMetrics | None = None
) -> History:
    """Return a run's history as far as it has come; live: of a caller that looks again and again.

    Raises as `history_of`.
    """
    finished = history_of(job, workspace)
    if finished is not None:
        return finished
    steps = (live or LiveMetrics(store)).by_step(job)
    spec = federated_spec(job)
    rows = tuple({"round": step, **values} for step, values in steps)
    return History(job.id, history_label(job, spec), spec, job.seed, rows)


NOT_REACHED = "not reached"


def usual_target(histories: Sequence[History]) -> float:
    """Return the highest whole percent of validation accuracy that half of the runs reached.

    That of all runs says little: one slow run makes it low. nan if none has measured any.
    """
    found = [best(h) for h in _begun(histories)]
    return math.floor(100 * median_high(found)) / 100 if found else math.nan


def targets(histories: Sequence[History], target: float) -> list[dict[str, str | float]]:
    """Return what every run needed to reach a validation accuracy, or that it never did."""
    said = percent(target, 0)
    return [
        {
            "run": history.label,
            "algorithm": _label(history.algorithm),
            f"rounds to {said}": _cost(reached(history, target), ",.0f"),
            f"epochs to {said}": _cost(reached(history, target, "epoch"), ",.2f"),
            f"MB to {said}": _cost(reached(history, target, "bytes") / 1e6, ",.2f"),
            f"gradient evaluations to {said}": _cost(
                reached(history, target, "gradient_evaluations"), ",.0f"
            ),
            "best validation accuracy": best(history),
            "last training loss": final(history, "train_loss"),
        }
        for history in _begun(histories)
    ]


def _begun(histories: Sequence[History]) -> list[History]:
    return [h for h in histories if len(h.rows) > 1 and math.isfinite(best(h))]


def _label(name: str) -> str:
    return ALGORITHMS[name].label if name in ALGORITHMS else name


def _cost(value: float, form: str) -> str:
    return format(value, form) if math.isfinite(value) else NOT_REACHED
