"""Tasks that ask for many networks: each point is a job of its own."""

from core.errors import JobError
from core.jobs.resources import ONE_OF_MANY
from core.jobs.runner.context import Context
from core.jobs.store.job import DONE, Job
from core.jobs.store.store import Child
from core.pruning.search.spec import FailedRun, SweepResult, SweepSpec
from core.pruning.search.sweep import PlannedRun
from core.pruning.spec import PruneSpec
from core.training.recipe import Recipe
from core.training.spec import TrainSpec


def sweep(context: Context, spec: SweepSpec) -> SweepResult:
    """Prune by every method at every sparsity; train the dense network first if there is none."""
    dense = spec.dense or _trained(context, spec)
    runs = spec.runs(context.seed)
    resources = ONE_OF_MANY if len(runs) > 1 else ""
    wanted = [
        Child(PruneSpec(data=spec.data, dense=dense, plan=run.plan), run.seed, resources)
        for run in runs
    ]
    jobs = list(zip(runs, context.children(wanted), strict=True))
    return SweepResult(
        dense=dense,
        points=tuple(job.id for _, job in jobs if job.state == DONE),
        failed=tuple(_why(run, job) for run, job in jobs if job.state != DONE),
    )


def _trained(context: Context, spec: SweepSpec) -> str:
    told = TrainSpec(data=spec.data, recipe=spec.recipe or Recipe())
    (job,) = context.children([Child(told, context.seed)])
    if job.state != DONE:
        raise JobError(f"The dense network could not be trained. {job.error or job.state}")
    return job.id


def _why(run: PlannedRun, job: Job) -> FailedRun:
    reason = job.error or f"It was {job.state}."
    return FailedRun(job.id, run.plan.method, run.plan.sparsity, reason)
