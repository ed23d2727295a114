"""Runs that a command names: what is wrong with one is said at once, not by a job in the queue."""

from core.commands.session import Session
from core.errors import JobError
from core.jobs.store.job import DONE, Job
from core.pruning.search.spec import CompeteResult
from core.runs.finished.networks import network_of
from core.tasks.winner import earlier_competition


def network_run(session: Session, given: str) -> Job:
    """Return the finished run of a network.

    Raises NotFoundError if there is no such run, JobError if it has no network (yet).
    """
    job = session.store.get(given)
    if not job.ended:
        raise JobError(f"Run {given} has not finished. Wait for it, or choose another.")
    if job.state != DONE:
        raise JobError(f"Run {given} was {job.shown_state} before it finished. Choose another.")
    if network_of(job) is None:
        raise JobError(
            f"Run {given} made no network. Choose one that trains, prunes or imports a network."
        )
    return job


def competition_run(session: Session, given: str, data: str) -> CompeteResult:
    """Return what a finished competition left, whose winner can get more time.

    data: digest of the images it must have been held on. Raises JobError for another run,
    NotFoundError if there is no such run.
    """
    return earlier_competition(session.store.get(given), data)
