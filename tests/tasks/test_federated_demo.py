"""The grid of the demo as a job: from the stored JSON of its spec to the file and the result."""

import pytest

from core.federated.demo.grid import grid_runs, read
from core.federated.demo.spec import FederatedGridResult, FederatedGridSpec
from core.jobs.runner.context import Context
from core.jobs.store.store import Store
from core.progress import Silent
from core.tasks.table import TASKS
from core.workspace import Workspace

pytestmark = pytest.mark.slow  # real runs


def test_a_grid_is_computed_and_kept_in_the_jobs_folder(tmp_path):
    spec = FederatedGridSpec(
        rounds=1, heterogeneities=(1.0,), local_steps=(1,), clients=(6,), algorithms=("fedavg",)
    )
    workspace, progress = Workspace(tmp_path), Silent()
    store = Store(workspace.store_url)
    context = Context("a" * 16, spec.kind, spec.to_json(), 0, progress, workspace, tmp_path, store)
    result = FederatedGridResult.from_json(TASKS[spec.kind](context))
    store.close()
    grid = read((tmp_path / result.file).read_bytes())
    assert grid.runs == grid_runs(spec)
    assert result.runs == 2
    assert progress.state is not None  # a stopped one goes on from here
    assert len(progress.state["records"]) == 2
