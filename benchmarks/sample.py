"""Recompute the bundled finished sweep with the product itself: assets/sample_sweep.json.

python -m benchmarks.sample (about ten minutes on two cores; resumable)
"""

import json
from pathlib import Path

from core.commands.networks import network_result, stored_digest
from core.commands.session import Session
from core.jobs.store.store import Store
from core.pruning.methods import ASSIGNED, CONTROLS
from core.pruning.search.spec import SweepResult, SweepSpec
from core.runs.specs import result_of
from core.training.recipe import PRESETS
from core.workspace import open_workspace

TARGET = Path(__file__).parent.parent / "assets" / "sample_sweep.json"
METHODS = (*ASSIGNED, *CONTROLS)


def main() -> None:
    """Train on the garments, sweep every method, keep the points."""
    workspace = open_workspace()
    session = Session(workspace, Store(workspace.store_url))
    spec = SweepSpec(
        data=stored_digest(session, "garments"),
        recipe=PRESETS["fast"],
        methods=METHODS,
        sparsities=(0.5, 0.8, 0.9, 0.95),
        epochs=3,
    )
    result = result_of(session.finish(spec, seed=0))
    assert isinstance(result, SweepResult)
    for failed in result.failed:
        print(f"{failed.method} at {failed.sparsity}: {failed.why}")
    points = [_point(session, job_id) for job_id in result.points]
    sample = {"dense": _point(session, result.dense), "points": points}
    TARGET.write_text(json.dumps(sample, separators=(",", ":")), encoding="utf-8")


def _point(session: Session, job_id: str) -> dict:
    return network_result(session.store.get(job_id)).point.to_json()


if __name__ == "__main__":
    main()
