"""The measured networks of the store: their points, and the dense network that they came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.errors import RecordError
from core.evaluation.point import IMPORTED, Point
from core.evaluation.results import NetworkResult
from core.jobs.store.job import DONE, Job
from core.jobs.store.store import Store
from core.names import unmarked
from core.runs.specs import data_of, result_of, source_of

NETWORK_KINDS = ("train", "import", "federate_network", "prune")


@dataclass(frozen=True)
class Network:
    """A finished network: its point and the run that made it."""

    point: Point
    job: Job
    weights: str
    is_reference: bool = True

    @property
    def data(self) -> str:
        """Digest of the data set it was measured on."""
        return data_of(self.job)


def measured_networks(store: Store, data: str | None = None) -> list[Network]:
    """Return every measured network of the store, newest first; of one data set if given."""
    found = [
        network
        for kind in NETWORK_KINDS
        for job in store.jobs(kind=kind, states=[DONE])
        if (network := network_of(job)) is not None
    ]
    chosen = [n for n in found if data is None or n.data == data]
    return sorted(chosen, key=lambda n: -n.job.sequence)


def network_of(job: Job) -> Network | None:
    """Return the measured network of a finished job, None for one that made none.

    One whose result cannot be read has none either: it must not hide the others.
    """
    try:
        result = result_of(job)
    except RecordError:
        return None
    if not isinstance(result, NetworkResult):
        return None
    label = unmarked(job.annotation.name or result.point.label)  # an import brings any text
    point = replace(
        result.point, id=job.id, label=label, parent=result.point.parent or source_of(job)
    )
    return Network(
        marked(point) if job.imported else point, job, result.weights, result.summary is None
    )


def marked(point: Point) -> Point:
    """Return the point as that of an imported run, wherever it is shown."""
    return replace(point, label=f"{point.label}, imported", notes=(IMPORTED, *point.notes))


def relabelled(network: Network, label: str) -> Network:
    """Return the network under another label."""
    return replace(network, point=replace(network.point, label=label))


def common_dense(chosen: Sequence[Network], known: Mapping[str, Network]) -> Network | None:
    """Return the root that all chosen networks descend from, None if there is no such one."""
    roots = {_root(network, known).job.id for network in chosen}
    return known.get(roots.pop()) if len(roots) == 1 else None


def dense_of(store: Store, network: Network) -> str | None:
    """Return the run of the dense network that a pruned one came from; None if it is not here."""
    source = source_of(network.job) if network.job.kind == "prune" else ""
    if not source or not store.exists(source):
        return None
    return source if network_of(store.get(source)) is not None else None


def _root(network: Network, known: Mapping[str, Network]) -> Network:
    seen = {network.job.id}
    while network.point.parent in known and network.point.parent not in seen:
        network = known[network.point.parent]
        seen.add(network.job.id)
    return network
