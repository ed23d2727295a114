"""The layers and weights of a finished network, whatever its architecture."""

from pathlib import Path

from core.errors import RecordError, WeightsError
from core.evaluation.results import NetworkResult
from core.networks.formats import keras_h5
from core.networks.graph import Network as Graph
from core.networks.graph import check_parameters
from core.networks.keras_files.reader import read_network
from core.networks.network import Weights
from core.networks.reference import reference
from core.pruning.graphs.reach import Reach
from core.runs.finished.network_files import weights_path
from core.runs.finished.networks import Network
from core.runs.specs import result_of
from core.workspace import Workspace


def finished_network(network: Network, workspace: Workspace) -> tuple[Graph, Weights]:
    """Return the layers and weights in a finished network's file.

    Raises NotFoundError when the file is gone, WeightsError when it is not the network's.
    """
    path = weights_path(network, workspace)
    if network.is_reference:
        return _reference(network, path)
    found = read_network(path, scratch=workspace.scratch)
    if found.weights is None:
        raise WeightsError("The network's file has no weights. Run it again.")
    check_parameters(found.network, found.weights)
    return found.network, found.weights


def reach_of(network: Network, workspace: Workspace) -> Reach | None:
    """Return how far cutting single weights of a network reaches; None for the reference network.

    Raises as `finished_network`.
    """
    return None if network.is_reference else Reach.of(finished_network(network, workspace)[0])


def _reference(network: Network, path: Path) -> tuple[Graph, Weights]:
    result = result_of(network.job)
    if not isinstance(result, NetworkResult):
        raise RecordError(f"Run {network.job.id} made no network. Choose another run.")
    shape = result.reference_shape
    return reference(shape), keras_h5.read(path, shape)
