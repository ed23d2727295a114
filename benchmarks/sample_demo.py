"""Recompute what the FedAvg demo shows at once: grid, runs beyond the sliders, presets' paths.

python -m benchmarks.sample_demo [--extras | --paths] (minutes; the grid goes on where it stopped)
"""

import sys
import time
from pathlib import Path

from core.commands.session import Session
from core.data.builtin_datasets import garments
from core.federated.demo.answers import Answers
from core.federated.demo.bundled_paths import NAME, Key, pairs, write_paths
from core.federated.demo.extras import Extra, extra, extra_runs, write_extras
from core.federated.demo.pool import Pool
from core.federated.demo.spec import FederatedGridResult, FederatedGridSpec
from core.federated.federate import federate, load_clients
from core.federated.spec import FederatedSpec
from core.jobs.store.store import Store
from core.records import Record
from core.runs.specs import result_of
from core.workspace import open_workspace

ASSETS = Path(__file__).parent.parent / "assets"


def main() -> None:
    """Have the engine compute the grid, as the page does, and keep it; or compute the rest."""
    if "--extras" in sys.argv[1:]:
        (ASSETS / "federated_demo.json.gz").write_bytes(write_extras(extras()))
        return
    if "--paths" in sys.argv[1:]:
        (ASSETS / NAME).write_bytes(write_paths(paths()))
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


def paths() -> dict[Key, Record]:
    """Compute the paths of every preset."""
    pool, found = Pool(2), dict[Key, Record]()
    for pair in pairs():
        asked = [(view, run) for view in ("two", "plane") for run in pair]
        keys = [(view, run, pair if view == "plane" else ()) for view, run in asked]
        found |= zip(keys, Answers(pool).pictures(asked), strict=True)
    pool.end()
    return found


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
