"""What the Frontier and the Runs page cost when a workspace has thousands of rows.

    python -m benchmarks.pages_at_scale [--points 5000] [--runs 5000] [--profile frontier]

Prints the time of the page's script, opened once before (imports, first reading of the store),
and again, once after one more network was finished. All points have one label and one parent.
"""

import argparse
import cProfile
import json
import os
import pstats
import tempfile
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from core.evaluation.point import Layer
from core.evaluation.results import NetworkResult
from core.jobs.store.job import DONE
from core.jobs.store.store import Store, identity
from core.networks.network import REFERENCE
from core.pruning.plan import PrunePlan
from core.pruning.spec import PruneSpec
from core.training.spec import TrainSpec
from core.workspace import Workspace
from tests.evaluation.points import point
from tests.runs.finished_lab import fill

ROOT = Path(__file__).parents[1]
TIMEOUT_SECONDS = 600.0
LAYERS = ("conv1", "conv2", "conv3", "conv4", "dense1", "dense2")  # about what a row is in truth
METHODS = ("magnitude", "l1_filter", "snip", "random")


def job_row(spec: PruneSpec | TrainSpec, seed: int, result: dict[str, Any] | None) -> dict:
    """Return the store's row of a finished job."""
    return {
        **{"id": identity(spec, seed), "version": 3, "state": DONE, "stop": 0, "attempt": 1},
        **{"crashes": 0, "worker_losses": 0, "kind": spec.kind, "resources": spec.resources},
        **{"priority": 0, "turn": 0, "parent": None, "seed": seed, "done": 1.0, "total": 1.0},
        **{"created": 1e9 + seed, "started": 1e9 + seed, "finished": 1e9 + seed + 5},
        **{"message": "", "error": None, "checkpoints": "[]", "imported": 0},
        **{"settings": json.dumps(spec.to_json()), "spec_format": 2, "result_format": 2},
        "result": None if result is None else json.dumps(result),
    }


def pruned(ids: dict[str, str], number: int) -> dict:
    """Return the row of a network whose label says nothing that tells it from the others."""
    plan = PrunePlan(method=METHODS[number % 4], sparsity=0.5 + (number % 50) / 101)
    spec = PruneSpec(data=ids["data"], dense=ids["dense"], plan=plan)
    found = point(
        0.6 + (number % 397) / 1000,
        plan.sparsity,
        plan.method,
        label=f"{plan.method}",
        plan=plan.to_dict(),
        parent=ids["dense"],
        seed=number,
        per_class_accuracy=(0.7,) * 5,
        confusion=((7, 1, 1, 1, 0),) * 5,
        layers=tuple(Layer(name, 98_822, 49_411, 0.5, 64, 3) for name in LAYERS),
    )
    result = NetworkResult(weights="my_model_weights.h5", shape=REFERENCE, point=found)
    return job_row(spec, number, result.to_json())


def grown(workspace: Workspace, points: int, runs: int) -> tuple[Store, dict[str, str]]:
    """Return a store with so many pruned networks of one dense network and other runs."""
    ids = fill(workspace)
    store = Store(workspace.store_url)
    rows = [pruned(ids, number) for number in range(points)]
    rows += [job_row(TrainSpec(data=ids["data"]), number + 1, None) for number in range(runs)]
    insert(store, rows)
    return store, ids


def insert(store: Store, rows: list[dict]) -> None:
    """Add rows of finished jobs at once: thousands of runners would take hours."""
    with store.database.write() as connection:
        table = sa.Table("job", sa.MetaData(), autoload_with=connection)
        connection.execute(sa.insert(table), rows)


def opened(page: str) -> AppTest:
    """Return a page of the app, opened for the first time."""
    test = AppTest.from_file(str(ROOT / "pages" / "frame.py"), default_timeout=TIMEOUT_SECONDS)
    test.switch_page(f"{page}.py")
    return timed(test, page, "first time")


def timed(test: AppTest, page: str, what: str) -> AppTest:
    """Run the page's script once and print its milliseconds, by the clock and of the processor."""
    started, worked = time.perf_counter(), time.process_time()
    test.run()
    spent = 1000 * (time.perf_counter() - started)
    busy = 1000 * (time.process_time() - worked)
    assert not test.exception, test.exception
    assert not test.error, [each.value for each in test.error]
    print(f"{page:10} {what:34} {spent:8.0f} ms {busy:8.0f} ms of CPU")
    return test


def measured(page: str, store: Store, ids: dict[str, str], number: int) -> None:
    """Print what a page costs at first, again, and each time one more network was finished."""
    test = opened(page)
    for _ in range(3):
        timed(test, page, "again")
    for more in range(3):
        insert(store, [pruned(ids, number + more)])
        timed(test, page, "after one more network")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=5000)
    parser.add_argument("--profile", choices=("frontier", "runs"))
    arguments = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="scale-"))
    os.environ["PARETO_LAB_HOME"] = str(home)
    workspace = Workspace(home)
    store, ids = grown(workspace, arguments.points, arguments.runs)
    print(f"{arguments.points:,} points, {arguments.runs:,} other runs")
    for shift, page in enumerate(("frontier", "runs")):
        if arguments.profile == page:
            _profiled(opened(page), page)
        elif arguments.profile is None:
            measured(page, store, ids, arguments.points + 3 * shift)
    store.close()


def _profiled(test: AppTest, page: str) -> None:
    # The script runs in a thread of its own: every thread is looked at.
    import threading

    profile = cProfile.Profile()
    threading.setprofile(lambda *_: profile.enable())
    timed(test, page, "profiled")
    threading.setprofile(None)
    profile.disable()
    pstats.Stats(profile).sort_stats("cumulative").print_stats(45)


if __name__ == "__main__":
    main()
