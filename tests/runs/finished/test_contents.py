"""The layers and weights of a finished network, read from its file."""

import numpy as np
import pytest

from core.errors import NotFoundError, WeightsError
from core.jobs.store.store import Store
from core.networks.reference import reference
from core.runs.finished.contents import finished_network
from core.runs.finished.network_files import weights_path
from core.runs.finished.networks import network_of
from core.workspace import Workspace
from tests.runs.finished_lab import fill


@pytest.fixture
def finished(tmp_path):
    workspace = Workspace(tmp_path)
    ids = fill(workspace)
    store = Store(workspace.store_url)
    yield workspace, network_of(store.get(ids["magnitude-0.95"]))
    store.close()


def test_the_reference_network_has_its_layers_and_the_zeros_of_its_point(finished):
    workspace, network = finished
    graph, weights = finished_network(network, workspace)
    assert graph == reference()
    assert set(weights) == set(graph.parameter_shapes())
    zeros = sum(int((array == 0).sum()) for array in weights.values())
    assert zeros == sum(layer.zeros for layer in network.point.layers)


def test_a_file_that_is_gone_or_damaged_is_said(finished):
    workspace, network = finished
    path = weights_path(network, workspace)
    path.write_bytes(np.arange(9, dtype=np.uint8).tobytes())
    with pytest.raises(WeightsError):
        finished_network(network, workspace)
    path.unlink()
    with pytest.raises(NotFoundError, match="no longer here. Run it again"):
        finished_network(network, workspace)
