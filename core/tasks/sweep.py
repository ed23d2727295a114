"""Tasks that ask for many networks: each point is a job of its own."""

from typing import Any

from core.errors import JobError
from core.jobs.resources import ONE_OF_MANY
from core.jobs.runner.context import Context
from core.jobs.store.job import DONE, Job
from core.jobs.store.store import Child
from core.pruning.search.sweep import Sweep


def sweep(context: Context) -> dict[str, Any]:
    """Prune by every method at every sparsity; train the dense network first if there is none.

    settings: data, dense (a run, or None with the recipe to train it by), and those of Sweep.
    """
    settings = context.settings
    dense = settings.get("dense") or _trained(context)
    runs = Sweep.from_dict(settings).runs(context.seed)
    demand = ONE_OF_MANY if len(runs) > 1 else ""
    common = {"data": settings["data"], "dense": dense}
    wanted = [
        Child("prune", {**common, "plan": run.plan.to_dict()}, run.seed, demand) for run in runs
    ]
    jobs = context.children(wanted)
    return {"dense": dense, "points": [job.id for job in jobs if job.state == DONE],
            "failed": [_why(job) for job in jobs if job.state != DONE]}  # fmt: skip


def _trained(context: Context) -> str:
    settings = {"data": context.settings["data"], "recipe": context.settings["recipe"]}
    (job,) = context.children([Child("train", settings, context.seed)])
    if job.state != DONE:
        raise JobError(f"The dense network could not be trained. {job.error or job.state}")
    return job.id


def _why(job: Job) -> dict[str, Any]:
    plan = job.settings["plan"]
    reason = job.error or f"It was {job.state}."
    return {"run": job.id, "method": plan["method"], "sparsity": plan["sparsity"], "why": reason}
