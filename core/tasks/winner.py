"""The competition whose winner is given more time."""

from core.errors import JobError
from core.jobs.store.job import DONE, Job
from core.pruning.search.spec import CompeteResult, CompeteSpec


def earlier_competition(before: Job, data: str) -> CompeteResult:
    """Return what a finished competition found, to go on from.

    data: digest of the images that its winner is trained on. Raises JobError for a run that is no
    finished competition on these images.
    """
    if before.kind != CompeteSpec.kind or before.state != DONE:
        raise JobError(
            "Only the winner of a finished competition can be given more time. Wait until it has "
            "ended, or choose another one."
        )
    if before.settings.get("data") != data:
        raise JobError(
            "That competition was held on another data set. Give its winner more time on the "
            "images that it was chosen by."
        )
    earlier = CompeteResult.from_stored(before.result, before.result_format)
    if not earlier.tried:
        raise JobError("That competition has no tries to go on from. Hold another one.")
    return earlier
