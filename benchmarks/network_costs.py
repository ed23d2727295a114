"""What a network of 25 million parameters costs: time to cut, memory to prune, time of the pages.

python -m benchmarks.network_costs [--install] [--only cut large]

Stored in benchmarks/network_costs.json and shown in docs/networks.md. The cut stands beside
Torch-Pruning's of the same network, in turns, in one run.
"""

import argparse
import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks import measured_peer
from benchmarks.networks import REMOVED, SIDE, random_weights, without_softmax
from benchmarks.networks_page import COSTS, stored, write_page
from benchmarks.page_times import seconds_of_pages
from core.commands.networks import network_result
from core.commands.session import Session
from core.data import store as dataset_store
from core.data.dataset import Dataset, Split
from core.jobs.engine import control
from core.jobs.store.store import Store
from core.networks.applications import PREFIX, application
from core.networks.graph import Network
from core.networks.groups.choice import keep_best, l1_scores
from core.networks.groups.compaction import compact
from core.networks.groups.unit_groups import unit_groups
from core.networks.network import Weights
from core.pruning.plan import PrunePlan
from core.pruning.spec import PruneSpec
from core.randomness import generator
from core.training.recipe import Recipe
from core.training.spec import TrainSpec
from core.workspace import Workspace

REPEATS, CLASSES, IMAGES, POLL_SECONDS = 5, 1000, 64, 0.25


def cut() -> dict[str, Any]:
    """Return the seconds in which ResNet-50 is grouped and cut to half of its units, and theirs."""
    network = without_softmax(application("ResNet50", (SIDE, SIDE, 3)))
    weights = random_weights(network)
    ours, theirs, left = [], [], 0
    for _ in range(REPEATS):
        tries = [_cut(network, weights) for _ in range(2)]
        ours.append(min(seconds for seconds, _ in tries))
        left = tries[0][1]
        found = measured_peer.ask("benchmarks.measured_cut_torch", SIDE, REMOVED, 2)
        theirs.append(min(found["seconds"]))
    return {
        "parameters": network.parameters,
        "seconds": statistics.median(ours),
        "peer_seconds": statistics.median(theirs),
        "ratio": statistics.median(a / b for a, b in zip(ours, theirs, strict=True)),
        "left": left,
        "peer_left": found["left"],
        "versions": found["versions"],
    }


def _cut(network: Network, weights: Weights) -> tuple[float, int]:
    unit_groups.cache_clear()
    before = time.perf_counter()
    groups = unit_groups(network)
    small, _ = compact(groups, weights, keep_best(groups, l1_scores(groups, weights), REMOVED))
    return time.perf_counter() - before, small.parameters


def large() -> None:
    """Measure and store what a trained ResNet-50 costs in a fresh workspace, bit by bit."""
    with tempfile.TemporaryDirectory() as home:
        workspace = Workspace(Path(home))
        session = Session(workspace, Store(workspace.store_url))
        data = dataset_store.save(workspace, noise())
        name, recipe = f"{PREFIX}ResNet50", Recipe(epochs=1)
        dense = session.finish(TrainSpec(data=data, recipe=recipe, network=name, name=name), 0)
        found = {"l1_filter": memory(session, dense.id, "l1_filter")}
        keep("memory", found)
        keep("pages", pages(workspace))
        keep("memory", found | {"magnitude": memory(session, dense.id, "magnitude")})
        control.stop(workspace)


def noise() -> Dataset:
    """Return images of noise, as many as two batches, for as many classes as ImageNet has."""
    rng = generator(0, "network costs")
    each = [
        Split(rng.integers(0, 256, (IMAGES, SIDE, SIDE, 3), np.uint8), rng.integers(0, CLASSES, 64))
        for _ in range(3)
    ]
    return Dataset("noise", tuple(f"class {n}" for n in range(CLASSES)), *each)


def memory(session: Session, dense: str, method: str) -> dict[str, int]:
    """Return the most memory that a process of a pruning takes, and the network's parameters."""
    data = session.store.get(dense).settings["data"]
    plan = PrunePlan(method=method, sparsity=0.5, epochs=1)
    with Watch(session.workspace) as watch:
        job = session.finish(PruneSpec(data=data, dense=dense, plan=plan), 0)
    return {"bytes": watch.most, "parameters": network_result(job).point.parameters}


class Watch:
    """The largest resident memory of a runner of a workspace, as the kernel keeps it."""

    def __init__(self, workspace: Workspace) -> None:
        """Watch nothing yet."""
        self._root, self._ended, self.most = str(workspace.root), threading.Event(), 0
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(POLL_SECONDS):
            for process in psutil.process_iter(["cmdline"]):
                if self._root in " ".join(process.info["cmdline"] or ()):
                    self.most = max(self.most, high_water_mark(process.pid))


def high_water_mark(pid: int) -> int:
    """Return the most bytes that a process ever had in memory, 0 if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def pages(workspace: Workspace) -> dict[str, float]:
    """Return the seconds of every page's script in a workspace."""
    os.environ["PARETO_LAB_HOME"] = str(workspace.root)
    return seconds_of_pages()


def keep(name: str, found: dict[str, Any]) -> None:
    """Store what was measured and write the page."""
    COSTS.write_text(json.dumps(stored(COSTS) | {name: found}, indent=1) + "\n")
    write_page()
    print(json.dumps({name: found}), flush=True)


PARTS: dict[str, Callable[[], None]] = {"cut": lambda: keep("cut", cut()), "large": large}


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--install", action="store_true", help="make the peer's environment")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    options = parser.parse_args()
    if options.install:
        measured_peer.install()
    for name in options.only:
        PARTS[name]()


if __name__ == "__main__":
    main()
