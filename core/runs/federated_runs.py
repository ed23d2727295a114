"""Federated runs for a page: finished ones and those that are still at it, and what they needed."""

from collections.abc import Sequence
from typing import Any

from core.federated.algorithms import ALGORITHMS
from core.jobs.store.job import Job
from core.jobs.store.store import Store
from core.runs.learning_curves import best, common_target, final, reached
from core.runs.results import History, describe, history_of
from core.settings import digest
from core.workspace import Workspace

KINDS = ("federate", "federate_network", "federate_compare")


def parts_of(store: Store, job: Job) -> list[Job]:
    """Return the runs of a comparison in the order they were asked for, or the run itself."""
    if job.kind != "federate_compare":
        return [job]
    found = {digest(child.settings): child for child in store.jobs(parent=job.id)}
    wanted = [digest(settings) for settings in job.settings["runs"]]
    return [found[key] for key in wanted if key in found]


def watched(store: Store, workspace: Workspace, job: Job) -> History:
    """Return a run's history as far as it has come."""
    finished = history_of(job, workspace)
    if finished is not None:
        return finished
    rows: dict[int, dict[str, float]] = {}
    for key, points in store.metrics(job.id).items():
        for step, value in points:
            rows.setdefault(step, {"round": step})[key] = value
    label = str(job.settings.get("label") or describe(job.settings))
    return History(job.id, label, job.settings, job.seed, tuple(rows[s] for s in sorted(rows)))


def targets(histories: Sequence[History]) -> list[dict[str, Any]]:
    """Return what every run needed to reach the accuracy that all of them reached."""
    begun = [history for history in histories if len(history.rows) > 1]
    if not begun:
        return []
    target = common_target(begun)
    return [
        {
            "run": history.label,
            "algorithm": _label(history.algorithm),
            f"rounds to {target:.0%}": _finite(reached(history, target)),
            f"epochs to {target:.0%}": _finite(reached(history, target, "epoch")),
            f"MB to {target:.0%}": _finite(reached(history, target, "bytes") / 1e6),
            "best validation accuracy": best(history),
            "last training loss": final(history, "train_loss"),
        }
        for history in begun
    ]


def _label(name: str) -> str:
    return ALGORITHMS[name].label if name in ALGORITHMS else name


def _finite(value: float) -> float | None:
    return None if value == float("inf") else round(value, 2)
