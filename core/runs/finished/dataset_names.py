"""What the data sets of runs and their classes are called."""

import re
from collections.abc import Sequence

from core.data.store import find_stored, list_stored
from core.jobs.store.job import Job
from core.names import unmarked
from core.runs.finished.networks import Network
from core.runs.specs import data_of
from core.workspace import Workspace

DIGEST = re.compile("[0-9a-f]{16}")


def data_names(workspace: Workspace, digests: Sequence[str]) -> dict[str, str]:
    """Return the names of data sets by digest; one that was deleted is called by its digest."""
    stored = {each.digest: each.name for each in list_stored(workspace)}
    return {digest: stored.get(digest, f"deleted data set {digest[:8]}") for digest in digests}


def class_names_of(workspace: Workspace, network: Network) -> tuple[str, ...]:
    """Return the class names of a network's data set; numbers when the set was deleted."""
    stored = find_stored(workspace, network.data)
    classes = len(network.point.per_class_accuracy)
    return stored.class_names if stored else tuple(f"class {n}" for n in range(1, classes + 1))


def shown_names(workspace: Workspace, data: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return what a data set's classes are called today. names: as a run has kept them."""
    stored = find_stored(workspace, data)
    if stored is None or len(stored.class_names) != len(names):
        return tuple(map(unmarked, names))
    return stored.class_names


def on_images(job: Job) -> bool:
    """Tell whether a run is on a stored data set; federated clients may have data of their own."""
    return DIGEST.fullmatch(data_of(job)) is not None
