"""Recompute what the FedAvg demo shows at once: assets/federated_grid.npz.

python -m benchmarks.sample_demo (a few minutes; a stopped one goes on where it was)
"""

import time
from pathlib import Path

from core.commands.session import Session
from core.federated.demo.spec import FederatedGridResult, FederatedGridSpec
from core.jobs.store.store import Store
from core.runs.specs import result_of
from core.workspace import open_workspace

TARGET = Path(__file__).parent.parent / "assets" / "federated_grid.npz"


def main() -> None:
    """Have the engine compute the grid, as the page does, and keep it."""
    workspace = open_workspace()
    session = Session(workspace, Store(workspace.store_url))
    began = time.monotonic()
    job = session.finish(FederatedGridSpec(), seed=0)
    result = result_of(job)
    assert isinstance(result, FederatedGridResult)
    TARGET.write_bytes((workspace.artifacts(job.id) / result.file).read_bytes())
    print(f"{result.runs} runs, {result.seconds:.0f} s of work, {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
