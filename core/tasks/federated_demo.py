"""The task of the demo's grid: every position of its sliders, computed ahead."""

from core.federated.demo.grid import compute_grid, write
from core.federated.demo.spec import FederatedGridResult, FederatedGridSpec
from core.jobs.runner.context import Context
from core.jobs.runner.elapsed_time import Timed

GRID_FILE = "grid.npz"


def federated_grid(context: Context, spec: FederatedGridSpec) -> FederatedGridResult:
    """Compute the grid; a stopped one goes on with the run at which it was."""
    progress = Timed(context.progress)
    grid = compute_grid(spec, progress)
    (context.folder / GRID_FILE).write_bytes(write(grid))
    return FederatedGridResult(GRID_FILE, len(grid.runs), progress.seconds)
