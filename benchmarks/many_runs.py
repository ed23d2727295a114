"""What Home, Frontier and Runs cost when a workspace has thousands of runs.

    python -m benchmarks.many_runs [--runs 5000] [--base /path/to/another/checkout] [--repeats 5]

Builds one workspace by way of the store's own code (submit, claim, settle) and prints the median
milliseconds of each page's script in this checkout and, in the same run and in turn, in another:
on its first opening in a new server, again, and after one more run has ended.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

PAGES = ("home", "frontier", "runs")
METHODS = ("magnitude", "l1_filter", "snip", "random")
ALGORITHMS = ("fedavg", "fedprox", "minibatch_sgd")
ROOT = Path(__file__).parents[1]
ROUNDS = 20


def filled(home: Path, runs: int) -> None:
    """Fill a workspace with finished runs: two thirds prunings, the rest trained or federated."""
    from core.jobs.store.store import Store
    from core.workspace import Workspace
    from tests.runs.finished_lab import fill

    workspace = Workspace(home)
    ids = fill(workspace)
    store = Store(workspace.store_url)
    for number in range(runs):
        finish_one(store, ids, number)
        if number % 500 == 499:
            print(f"{number + 1:,} runs", file=sys.stderr)
    store.close()


def finish_one(store, ids: dict[str, str], number: int) -> str:  # type: ignore[no-untyped-def]
    """Submit one run and settle it, as engine and runner do; return its id."""
    from core.pruning.plan import PrunePlan
    from core.pruning.spec import PruneSpec
    from core.training.recipe import Recipe
    from core.training.spec import TrainSpec
    from tests.runs.finished_lab import federated_result, finish
    from tests.runs.histories import history

    draw = random.Random(number)
    if number % 3 < 2:
        plan = PrunePlan(method=METHODS[number % 4], sparsity=0.5 + (number % 50) / 101)
        spec = PruneSpec(data=ids["data"], dense=ids["dense"], plan=plan)
        result = measured(plan.method, 0.5 + draw.random() / 2.1, plan.sparsity, number)
        return finish(store, spec, result, seed=number)
    if number % 6 == 2:
        result = measured("dense", 0.6 + draw.random() / 3, 0.0, number)
        return finish(store, TrainSpec(data=ids["data"], recipe=Recipe()), result, seed=number)
    made = history("", [0.1 + draw.random() * n / 40 for n in range(ROUNDS)])
    return finish(store, made.spec, federated_result(made), seed=number)


def measured(method: str, accuracy: float, sparsity: float, seed: int):  # type: ignore[no-untyped-def]
    """Return the result of a network with as many numbers as a real one."""
    from core.evaluation.point import Layer
    from core.evaluation.results import NetworkResult
    from core.networks.network import REFERENCE
    from tests.evaluation.points import point

    layers = ("conv1", "conv2", "conv3", "conv4", "dense1", "dense2")
    found = point(
        accuracy,
        sparsity,
        method,
        seed=seed,
        per_class_accuracy=(accuracy,) * 5,
        confusion=((7, 1, 1, 1, 0),) * 5,
        layers=tuple(Layer(name, 98_822, 49_411, 0.5, 64, 3) for name in layers),
    )
    return NetworkResult(weights="my_model_weights.h5", shape=REFERENCE, point=found)


def timed(page: str, home: Path, repeats: int) -> dict[str, float]:
    """Return the milliseconds of a page's script; called in a fresh process of a checkout."""
    import time

    from streamlit.testing.v1 import AppTest

    def once() -> float:
        started = time.perf_counter()
        test.run()
        assert not test.exception, test.exception
        return 1000 * (time.perf_counter() - started)

    frame = Path.cwd() / "pages" / "frame.py"
    os.environ["PARETO_LAB_HOME"] = str(home / "empty")
    test = AppTest.from_file(str(frame), default_timeout=600.0)
    test.switch_page(f"{page}.py")
    once()  # imports, in a workspace without runs
    os.environ["PARETO_LAB_HOME"] = str(home)
    first = once()
    again = [once() for _ in range(repeats)]
    return {"first": first, "again": statistics.median(again)}


def compared(home: Path, base: Path | None, repeats: int) -> list[dict[str, object]]:
    """Return a row a page and checkout; the checkouts take turns, each in a process of its own."""
    checkouts = {"now": ROOT} | ({"base": base} if base else {})
    rows: list[dict[str, object]] = []
    for page in PAGES:
        for name, checkout in checkouts.items():
            copy = home.with_name(f"{home.name}-{name}")
            if not copy.exists():
                shutil.copytree(home, copy)
            command = [sys.executable, str(Path(__file__).resolve()), "--page", page]
            command += ["--home", str(copy), "--repeats", str(repeats)]
            environment = os.environ | {"PYTHONPATH": str(checkout)}
            answer = subprocess.run(
                command, cwd=checkout, env=environment, capture_output=True, text=True
            )
            if answer.returncode:
                raise SystemExit(f"{page} of {checkout}: {answer.stderr[-2000:]}")
            found = json.loads(answer.stdout.strip().splitlines()[-1])
            rows.append({"page": page, "version": name, **{k: round(v) for k, v in found.items()}})
            print(json.dumps(rows[-1]), flush=True)
    return rows


def main() -> None:
    """Build, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5000)
    parser.add_argument("--base", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--page", choices=PAGES, help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.page:
        print(json.dumps(timed(options.page, options.home, options.repeats)))
        return
    with tempfile.TemporaryDirectory(prefix="many-runs-") as folder:
        home = options.home or Path(folder) / "workspace"
        if not home.exists():
            home.mkdir()
            filled(home, options.runs)
        compared(home, options.base, options.repeats)


if __name__ == "__main__":
    main()
