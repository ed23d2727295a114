import pytest

from core.jobs.store.store import Store
from core.workspace import Workspace
from tests.runs.finished_lab import fill


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    workspace = Workspace(tmp_path_factory.mktemp("lab"))
    ids = fill(workspace)
    store = Store(workspace.store_url)
    yield workspace, store, ids
    store.close()
