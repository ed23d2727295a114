"""What Home, Frontier and Runs cost when a workspace has thousands of runs.

    python -m benchmarks.many_runs [--runs 5000] [--base /path/to/another/checkout] [--repeats 5]

Builds a workspace by way of the store's own code (submit, claim, settle) and prints the median
milliseconds of each page's script, by the clock and of the processor: opened for the first time
in a new server, and again. Another checkout takes turns with this one, in a workspace that it has
built itself with the same runs.
"""

import argparse
import importlib
import importlib.util
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAGES = ("home", "frontier", "runs")
METHODS = ("magnitude", "l1_filter", "snip", "random")
LAYERS = ("conv1", "conv2", "conv3", "conv4", "dense1", "dense2")
ROOT = Path(__file__).parents[1]
ROUNDS = 20


def filled(home: Path, runs: int) -> None:
    """Fill a workspace with finished runs; called in a fresh process of a checkout."""
    base = importlib.util.find_spec("core.models") is not None  # version 0.1 has it
    lab = importlib.import_module(f"tests.{'reports' if base else 'runs'}.finished_lab")
    stores = importlib.import_module(f"core.jobs.{'' if base else 'store.'}store")
    workspace = importlib.import_module("core.workspace").Workspace(home)
    ids = lab.fill(workspace)
    store = stores.Store(workspace.store_url)
    for number in range(runs):
        told = _told(ids, number)
        if base:
            lab.finish(store, told.kind, told.settings, told.result, seed=number)
        else:
            lab.finish(store, _spec(told), told.result, seed=number)
    store.close()


@dataclass(frozen=True)
class Told:
    """What a run was told and left, as JSON that both versions read."""

    kind: str
    settings: dict[str, Any]
    result: dict[str, Any]


def _spec(told: Told) -> Any:
    """Return a run's spec in the records of this version."""
    from core.runs.specs import RECORDS

    return RECORDS[told.kind][0].from_json(told.settings)


def _told(ids: dict[str, str], number: int) -> Told:
    """Return run `number`: two thirds are prunings, the others trainings and federated runs."""
    draw = random.Random(number)
    if number % 3 < 2:
        method, sparsity = METHODS[number % 4], 0.5 + (number % 50) / 101
        plan = {"method": method, "sparsity": sparsity}
        settings = {"data": ids["data"], "dense": ids["dense"], "plan": plan}
        accuracy = 0.5 + draw.random() / 2.1
        return Told("prune", settings, _measured(method, accuracy, sparsity, number, ids["dense"]))
    if number % 6 == 2:
        result = _measured("dense", 0.6 + draw.random() / 3, 0.0, number, "")
        return Told("train", {"data": ids["data"]}, result)
    rows = [_round(n, 0.1 + draw.random() * n / 40) for n in range(ROUNDS)]
    settings = {"algorithm": "fedavg", "data": "iid", "local_epochs": 1}
    return Told("federate", settings, {"history": "history.csv", "rows": rows})


def _round(number: int, accuracy: float) -> dict[str, float]:
    costs = {"round": number, "epoch": number / 10, "gradient_evaluations": 10 * number}
    reached = {"train_loss": 1 - accuracy, "validation_accuracy": accuracy}
    return {name: float(value) for name, value in (costs | reached).items()}


def _measured(
    method: str, accuracy: float, sparsity: float, seed: int, parent: str
) -> dict[str, Any]:
    """Return the result of a network with as many numbers as a real one."""
    from core.evaluation.point import Layer
    from tests.evaluation.points import point

    room = "models" if importlib.util.find_spec("core.models") else "networks"
    shape = importlib.import_module(f"core.{room}.network").REFERENCE
    found: Any = point(
        accuracy,
        sparsity,
        method,
        seed=seed,
        parent=parent,
        label=f"{method} {sparsity:.1%}",
        per_class_accuracy=(accuracy,) * 5,
        confusion=((7, 1, 1, 1, 0),) * 5,
        layers=tuple(Layer(name, 98_822, 49_411, 0.5, 64, 3) for name in LAYERS),
    )
    told = found.to_json() if hasattr(found, "to_json") else found.to_dict()
    return {"weights": "my_model_weights.h5", "shape": shape.to_dict(), "point": told}


def timed(page: str, home: Path, repeats: int) -> dict[str, float]:
    """Return the milliseconds of a page's script; called in a fresh process of a checkout."""
    from streamlit.testing.v1 import AppTest

    def once() -> tuple[float, float]:
        started, worked = time.perf_counter(), time.process_time()
        test.run()
        assert not test.exception, test.exception
        return 1000 * (time.perf_counter() - started), 1000 * (time.process_time() - worked)

    framed = Path.cwd() / "pages" / "frame.py"  # version 0.1 has its frame in app.py
    script, folder = (framed, "") if framed.exists() else (Path.cwd() / "app.py", "pages/")
    (home.parent / "empty").mkdir(exist_ok=True)
    os.environ["PARETO_LAB_HOME"] = str(home.parent / "empty")
    test = AppTest.from_file(str(script), default_timeout=600.0)
    test.switch_page(f"{folder}{page}.py")
    once()  # imports, in a workspace without runs
    os.environ["PARETO_LAB_HOME"] = str(home)
    first = once()
    clock, worked = zip(*(once() for _ in range(repeats)), strict=True)
    return {
        "first": first[0],
        "first_cpu": first[1],
        "again": statistics.median(clock),
        "again_cpu": statistics.median(worked),
    }


def whole(checkout: Path, folder: Path) -> Path:
    """Return a copy of another checkout whose pages are a package, as in this one.

    Version 0.1's are not: the pages of an installed project would come before them.
    """
    if not folder.exists():
        shutil.copytree(checkout, folder, ignore=shutil.ignore_patterns(".git", ".venv"))
        for package in ("pages", "pages/components"):
            (folder / package / "__init__.py").touch()
    return folder


def asked(checkout: Path, *arguments: str) -> dict[str, float]:
    """Return what this file answers in a fresh process of a checkout."""
    command = [sys.executable, str(Path(__file__).resolve()), *arguments]
    environment = os.environ | {"PYTHONPATH": str(checkout), "PARETO_LAB_STORE": ""}
    answer = subprocess.run(
        command, cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )
    if answer.returncode:
        raise SystemExit(f"{' '.join(arguments)} in {checkout}: {answer.stderr[-2000:]}")
    found: dict[str, float] = json.loads(answer.stdout.strip().splitlines()[-1])
    return found


def compared(folder: Path, runs: int, base: Path | None, repeats: int) -> None:
    """Print a line a page and checkout; the checkouts take turns, each in a process of its own."""
    checkouts = {"now": ROOT} | ({"base": whole(base, folder / "checkout")} if base else {})
    for name, checkout in checkouts.items():
        if not (folder / name).exists():
            (folder / name).mkdir(parents=True)
            asked(checkout, "--fill", str(folder / name), "--runs", str(runs))
    for page in PAGES:
        for name, checkout in checkouts.items():
            found = asked(
                checkout, "--page", page, "--home", str(folder / name), "--repeats", str(repeats)
            )
            spent = {f"{what}_ms": round(value) for what, value in found.items()}
            print(json.dumps({"page": page, "version": name, **spent}), flush=True)


def main() -> None:
    """Build, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5000)
    parser.add_argument("--base", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="Folder to build in, or to measure again")
    for hidden in ("--page", "--home", "--fill"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.fill:
        filled(Path(options.fill), options.runs)
        print("{}")
    elif options.page:
        print(json.dumps(timed(options.page, Path(options.home), options.repeats)))
    elif options.keep:
        compared(options.keep.resolve(), options.runs, options.base, options.repeats)
    else:
        with tempfile.TemporaryDirectory(prefix="many-runs-") as folder:
            compared(Path(folder), options.runs, options.base, options.repeats)


if __name__ == "__main__":
    main()
