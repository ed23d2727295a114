"""Recompute what the FedAvg demo shows at once: its grid, and its runs beyond the sliders.

python -m benchmarks.sample_demo [--extras] (minutes; the grid goes on where it was stopped)
"""

import sys
import time
from pathlib import Path

from core.commands.session import Session
from core.data.builtin_datasets import garments
from core.federated.demo.extras import Extra, extra, extra_runs, write_extras
from core.federated.demo.spec import FederatedGridResult, FederatedGridSpec
from core.federated.federate import federate, load_clients
from core.federated.spec import FederatedSpec
from core.jobs.store.store import Store
from core.runs.specs import result_of
from core.workspace import open_workspace

ASSETS = Path(__file__).parent.parent / "assets"


def main() -> None:
    """Have the engine compute the grid, as the page does, and keep it; or compute the extras."""
    if "--extras" in sys.argv[1:]:
        (ASSETS / "federated_demo.json.gz").write_bytes(write_extras(extras()))
        return
    grid, result, wall = computed_grid()
    (ASSETS / "federated_grid.npz").write_bytes(grid)
    print(f"{result.runs} runs, {result.seconds:.0f} s of work, {wall:.0f} s")


def computed_grid() -> tuple[bytes, FederatedGridResult, float]:
    """Return the grid as the engine computed it, what it said of it, and how long it took."""
    workspace = open_workspace()
    session = Session(workspace, Store(workspace.store_url))
    began = time.monotonic()
    job = session.finish(FederatedGridSpec(), seed=0)
    result = result_of(job)
    assert isinstance(result, FederatedGridResult)
    grid = (workspace.artifacts(job.id) / result.file).read_bytes()
    return grid, result, time.monotonic() - began


def extras() -> list[Extra]:
    """Compute every run beyond the sliders."""
    return [_extra(id, spec) for id, spec in extra_runs().items()]


def _extra(id: str, spec: FederatedSpec) -> Extra:
    began = time.monotonic()
    clients = load_clients(spec, 0, load=lambda name: garments())
    found = extra(id, spec.label, federate(spec, 0, clients=clients), clients)
    print(f"{id}: {time.monotonic() - began:.0f} s", flush=True)
    return found


if __name__ == "__main__":
    main()
