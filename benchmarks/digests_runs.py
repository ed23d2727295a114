"""The runs whose digests `benchmarks.digests` takes: small, of every kind, in a fresh workspace.

A tenth of the bundled garments; the command line orders what it has words for, the rest are rows of
the store. A competition is not among them: it goes by the clock.
"""

import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

ROOT = Path(__file__).parent.parent
SIX = ("magnitude", "l1_filter", "thinet", "regression", "slimming", "structure_selection")
OWN = {"slimming": " --set growth=1"}  # as version 0.1 ran it
TRAIN, PRUNE = "train --data small.npz", "prune dense.h5 --data small.npz"
OPTIONS = "optimizer=sgd schedule=cosine cutout=4 crop=1 averaging=0.9 label_smoothing=0.1 l2=0.001"
ITERATIVE = "schedule=iterative rounds=2 allocation=erk regrowth=0.3 recovery=true averaging=0.9"
COMMANDS = (
    f"{TRAIN} --recipe fast --epochs 3 --out dense.h5",
    f"{TRAIN} --recipe course --epochs 2 --set learning_rate=0.01 {OPTIONS} --out other.h5",
    *(
        f"{PRUNE} --method {method} --sparsity 0.8 --epochs 2{OWN.get(method, '')}"
        for method in SIX
    ),
    f"{PRUNE} --method magnitude --sparsity 0.95 --epochs 3 --set {ITERATIVE}",
    "sweep dense.h5 --data small.npz --methods taylor,snip --sparsities 0.5,0.9 --epochs 1",
    "federate --rounds 10 --data iid --algorithm fedavg",
    "federate --rounds 10 --data synthetic:1,1 --algorithm fedavg --clients-per-round 10",
    "federate --rounds 10 --data synthetic:1,1 --algorithm scaffold --local-steps 20",
    "federate --rounds 10 --data synthetic:1,1 --algorithm minibatch_sgd",
    "grade my_model_weights.h5 --data small.npz",
)


def package() -> SimpleNamespace:
    """Return what is used of the package itself: nothing else here knows its modules."""
    from core import workspace
    from core.jobs.store import store
    from core.jobs.store.spec import StoredSpec
    from core.jobs.transfer import bundle
    from core.runs.specs import RECORDS, resources_of

    def told(kind: str, settings: dict[str, Any]) -> Any:
        spec = RECORDS[kind][0].from_json(json.loads(json.dumps(settings)))
        return StoredSpec(kind, settings, resources_of(StoredSpec(spec.kind, settings)))

    return SimpleNamespace(
        Workspace=workspace.Workspace,
        Store=store.Store,
        told=told,
        history_csv=bundle.history_csv,
        versions=bundle.versions,
    )


def rows(data: str, dense: str, pruned: str) -> list[tuple[str, dict[str, Any]]]:
    """Return kind and settings of the runs that the command line cannot order."""
    plain: dict[str, Any] = {"data": data, "algorithm": "fedavg", "rounds": 2, "batch_size": 50}
    skewed = plain | {"partition": {"name": "dirichlet", "clients": 5, "alpha": 0.3}}
    asked = {"data": data, "dense": dense, "method": "magnitude"}
    pure = {"methods": SIX[1:3], "sparsities": [0.6], "epochs": 1, "seeds": 1, "styles": ["pure"]}
    return [
        ("sweep", {"data": data, "dense": dense, **pure}),
        ("federate", skewed),
        ("federate_network", skewed | {"network": "cnn", "start": pruned, "keep_zeros": True}),
        ("federate_compare", {"runs": [plain | {"algorithm": "fedprox"}]}),
        ("preview", asked | {"sparsity": 0.7, "per_layer": None, "recovery": True}),
        ("curve", asked | {"method": "l1_filter", "recovery": False}),
        ("sensitivity", asked),
        ("behaviour", {"data": data, "points": [dense, pruned]}),
    ]


class Lab:
    """A new workspace in `folder`, its store, and the command line that works on it."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.package = folder, package()
        self.answers: dict[str, dict[str, Any]] = {}  # command -> its JSON
        self.workspace = self.package.Workspace(folder / "workspace")
        self.workspace.root.mkdir()
        self.store = self.package.Store(f"sqlite:///{self.workspace.root / 'jobs.db'}")

    def compute(self) -> list[Any]:
        """Do everything and return the jobs in the order in which they were asked for."""
        _write_small_garments(self._folder / "small.npz")
        try:
            for command in COMMANDS:
                self.answers[command] = self._ask(command)
            example = self.store.jobs(kind="prune", limit=1)[0]
            data, dense = example.settings["data"], example.settings["dense"]
            for kind, settings in rows(data, dense, example.id):
                self._wait(kind, settings)
            return sorted(self.store.jobs(limit=1000), key=lambda job: job.sequence)
        finally:
            self._ask("engine stop")
            self.store.close()

    def _ask(self, command: str) -> dict[str, Any]:
        """Run a command of the command line in the folder and return its answer."""
        own = {"PARETO_LAB_HOME": str(self.workspace.root), "PYTHONPATH": str(ROOT)}
        line = [sys.executable, "-m", "core", *shlex.split(command), "--json"]
        started = time.monotonic()
        done = subprocess.run(
            line, cwd=self._folder, env=os.environ | own, capture_output=True, text=True
        )
        if done.returncode:
            raise SystemExit(f"{command}\n{done.stdout}{done.stderr}")
        _tell(command, started)
        return json.loads(done.stdout.splitlines()[-1])

    def _wait(self, kind: str, settings: dict[str, Any]) -> None:
        started = time.monotonic()
        job = self.store.wait(self.store.submit(self.package.told(kind, settings), 0), 3600)
        if not job.ended:
            raise SystemExit(f"{kind} does not end.")
        _tell(kind, started)


def _write_small_garments(path: Path) -> None:
    """Write every tenth image: 600 to train, 150 to validate, 100 to test."""
    with np.load(ROOT / "assets" / "garments.npz") as arrays:
        kept = {name: a if name == "class_names" else a[::10] for name, a in arrays.items()}
    np.savez(path, **kept)


def _tell(what: str, started: float) -> None:
    print(f"{time.monotonic() - started:5.1f} s  {what}", file=sys.stderr, flush=True)
