"""Imported networks, measured again here from their own weights: their zip's word is no result."""

from collections.abc import Sequence

from core.data.store import list_stored
from core.errors import LabError, NotFoundError
from core.evaluation.results import NetworkResult
from core.jobs.store.job import DONE, Job
from core.jobs.store.store import Store
from core.networks.formats import keras_h5
from core.networks.keras_files.reader import read_network
from core.networks.network_store import NetworkSummary, keep_network
from core.runs.finished.network_files import weights_path
from core.runs.finished.networks import Network, network_of
from core.runs.specs import result_of
from core.training.spec import ImportSpec
from core.workspace import Workspace

MOST = 100  # networks of one zip


def to_measure(store: Store, workspace: Workspace, ids: Sequence[str]) -> list[ImportSpec]:
    """Return what to submit so that imported networks are measured here: those whose data is here.

    Their weights are kept as those of an upload are. Raises StoreError when there is no room.
    """
    here = {entry.digest for entry in list_stored(workspace)}
    found = (network_of(store.get(id)) for id in ids)
    known = [network for network in found if network is not None and network.data in here]
    specs = (_spec(network, workspace) for network in known[:MOST])
    return [spec for spec in specs if spec is not None]


def _spec(network: Network, workspace: Workspace) -> ImportSpec | None:
    try:
        path = weights_path(network, workspace)
    except NotFoundError:  # a zip of labels alone
        return None
    name, scratch = name_of(network.job), workspace.scratch
    if (summary := _summary(network)) is not None:
        found = read_network(path, scratch=scratch)
        whole = keep_network(workspace.networks, found.network, found.weights)
        return ImportSpec(data=network.data, network=whole, name=name, pixels=summary.pixels)
    weights, _ = keras_h5.read_upload(path.name, path, scratch=scratch)
    digest = keras_h5.keep(workspace.weights, weights)
    return ImportSpec(data=network.data, weights=digest, name=name)


def _summary(network: Network) -> NetworkSummary | None:
    """Return what is known of a network that is not the reference, None of the reference."""
    result = result_of(network.job)
    return result.summary if isinstance(result, NetworkResult) else None


def name_of(job: Job) -> str:
    """Return what the measurement of an imported run's weights is called."""
    return f"imported run {job.id[:8]}"


def told(store: Store, workspace: Workspace, job: Job) -> str:
    """Return what to know of a run that was imported, "" of any other."""
    if not job.imported:
        return ""
    said = "Imported: this run was computed elsewhere, and its numbers are its zip's word."
    if (network := network_of(job)) is None:
        return said
    if not _has_weights(network, workspace):
        return f"{said} Its zip has no weights to measure."
    said += " Sparsity and size were counted here, in its weights file."
    if not _has_data(network, workspace):
        return f"{said} Its data set is not here, so its accuracy cannot be measured."
    return f"{said} {_measurement(store, job)}"


def can_be_measured(store: Store, workspace: Workspace, job: Job) -> bool:
    """Tell whether an imported network is still to be measured here, and can be."""
    network = network_of(job) if job.imported else None
    return (
        network is not None
        and _has_weights(network, workspace)
        and _has_data(network, workspace)
        and _measured_by(store, job) is None
    )


def _measurement(store: Store, job: Job) -> str:
    """Say how far the measurement of an imported network is."""
    run = _measured_by(store, job)
    if run is None:
        return "Its accuracy has not been measured here yet."
    if run.ended and run.state != DONE:
        return f"The run “{name_of(job)}”, which was to measure its accuracy here, did not finish."
    return f"Its accuracy is measured here by the run “{name_of(job)}”."


def _measured_by(store: Store, job: Job) -> Job | None:
    """Return the run that measures an imported network here; None for none."""
    name = name_of(job)
    found = store.jobs(kind=ImportSpec.kind, mentions=name)
    own = (each for each in found if not each.imported)
    return next((each for each in own if each.settings.get("name") == name), None)


def _has_weights(network: Network, workspace: Workspace) -> bool:
    try:
        return bool(weights_path(network, workspace))
    except LabError:
        return False


def _has_data(network: Network, workspace: Workspace) -> bool:
    return network.data in {entry.digest for entry in list_stored(workspace)}
