"""A store with a dense network, six pruned ones and four federated runs."""

import pytest

from core.jobs.store.store import Store
from core.workspace import Workspace
from tests.runs.finished_lab import fill


@pytest.fixture
def lab(tmp_path):
    """Return the store, and the ids of its runs."""
    workspace = Workspace(tmp_path)
    ids = fill(workspace)
    store = Store(workspace.store_url)
    yield store, ids
    store.close()
