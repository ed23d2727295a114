"""What a network of 25 million parameters costs: time to cut, memory to prune, time of the pages.

python -m benchmarks.network_costs [--install] [--only cut memory pages]

Stored in benchmarks/network_costs.json and shown in docs/networks.md. The cut stands beside
Torch-Pruning's of the same network, in turns, in one run.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks import measured_peer
from benchmarks.networks import REMOVED, SIDE, random_weights, without_softmax
from benchmarks.networks_page import COSTS, ROOT, stored, write_page
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
from core.networks.network_store import keep_network
from core.pruning.plan import PrunePlan
from core.pruning.spec import PruneSpec
from core.randomness import generator
from core.training.recipe import Recipe
from core.training.spec import ImportSpec, TrainSpec
from core.workspace import Workspace

REPEATS, IMAGES, POLL_SECONDS = 5, 64, 0.25
CLASSES = 1000
EPOCHS = 3  # the first compiles, the next keep their best and a checkpoint beside the weights


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


@contextmanager
def fresh(classes: int) -> Iterator[tuple[Session, str]]:
    """Give a session in a workspace of its own and the digest of images of noise in it."""
    with tempfile.TemporaryDirectory() as home:
        workspace = Workspace(Path(home))
        session = Session(workspace, Store(workspace.store_url))
        yield session, dataset_store.save(workspace, noise(classes))
        control.stop(workspace)


def noise(classes: int) -> Dataset:
    """Return images of noise, as many as two batches, with labels from everywhere."""
    rng, labels = generator(0, "network costs"), np.arange(IMAGES) % classes
    each = [
        Split(rng.integers(0, 256, (IMAGES, SIDE, SIDE, 3), np.uint8), labels) for _ in range(3)
    ]
    return Dataset("noise", tuple(f"class {n}" for n in range(classes)), *each)


def memory() -> None:
    """Measure what a pruning of ResNet-50 takes at most, by each method, and store it at once."""
    found: dict[str, Any] = {}
    with fresh(CLASSES) as (session, data):
        name, recipe = f"{PREFIX}ResNet50", Recipe(epochs=1)
        dense = session.finish(TrainSpec(data=data, recipe=recipe, network=name, name=name), 0)
        for method in ("magnitude", "l1_filter"):
            plan = PrunePlan(method=method, sparsity=0.5, epochs=EPOCHS)
            with Watch(session.workspace) as watch:
                job = session.finish(PruneSpec(data=data, dense=dense.id, plan=plan), 0)
            parameters = network_result(job).point.parameters
            found[method] = {"bytes": watch.most, "parameters": parameters, "epochs": EPOCHS}
            keep("memory", found)


def pages() -> None:
    """Measure every page's script in a workspace with a ResNet-50 and its cut."""
    with fresh(CLASSES) as (session, data):
        network = application("ResNet50", (SIDE, SIDE, 3), CLASSES)
        kept = keep_network(session.workspace.networks, network, random_weights(network))
        dense = session.finish(ImportSpec(data=data, network=kept, name="ResNet50"), 0)
        plan = PrunePlan(method="l1_filter", sparsity=0.5, epochs=0)
        session.finish(PruneSpec(data=data, dense=dense.id, plan=plan), 0)
        keep("pages", {"parameters": network.parameters, "seconds": page_seconds(session)})


def page_seconds(session: Session) -> dict[str, float]:
    """Return the seconds of every page, in a process like the server's, without TensorFlow."""
    command = [sys.executable, "-m", "benchmarks.page_times", "--workspace"]
    done = subprocess.run(
        [*command, session.workspace.root], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


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


def keep(name: str, found: dict[str, Any]) -> None:
    """Store what was measured and write the page."""
    COSTS.write_text(json.dumps(stored(COSTS) | {name: found}, indent=1) + "\n")
    write_page()
    print(json.dumps({name: found}), flush=True)


PARTS: dict[str, Callable[[], None]] = {
    "cut": lambda: keep("cut", cut()),
    "memory": memory,
    "pages": pages,
}


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
