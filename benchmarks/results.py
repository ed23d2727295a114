"""Compute docs/results.md: every number of it is a run in the workspace, so it can be resumed.

python -m benchmarks.results --data FILE [--seeds 3] [--parts before,best,methods,dense,ablations]
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from core.commands.following import Lab
from core.commands.networks import stored_digest
from core.errors import JobError
from core.jobs.job import Job
from core.jobs.store import Store
from core.pruning.methods import METHODS
from core.pruning.plan import PrunePlan
from core.settings import to_dict
from core.training.recipe import PRESETS
from core.workspace import open_workspace

PAGE = Path(__file__).parent.parent / "docs" / "results.md"
SPARSITIES = (0.9, 0.8, 0.95, 0.98, 0.5)  # what is asked about first comes first
SIX = (
    "magnitude",
    "l1_filter",
    "thinet",
    "regression",
    "slimming",
    "structure_selection",
)
EPOCHS, BEST = 6, 12
ABLATED = PrunePlan(method="magnitude", sparsity=0.98, epochs=12)


@dataclass(frozen=True)
class Results:
    """Runs jobs on one data set, each seed with its own dense network."""

    lab: Lab
    data: str
    seeds: tuple[int, ...]

    def train(self, recipe: str) -> list[Job]:
        """Train a dense network with each seed."""
        settings = {"data": self.data, "recipe": to_dict(PRESETS[recipe])}
        return [self.lab.finish("train", settings, seed) for seed in self.seeds]

    def prune(self, plan: PrunePlan, dense: list[Job]) -> list[Job]:
        """Prune each seed's dense network; runs that failed are left out and said."""
        done = []
        for seed, job in zip(self.seeds, dense, strict=True):
            settings = {"data": self.data, "dense": job.id, "plan": plan.to_dict()}
            try:
                done.append(self.lab.finish("prune", settings, seed))
            except JobError as error:
                print(f"{plan.method} at {plan.sparsity}: {error}", file=sys.stderr)
        return done


def spread(jobs: list[Job], name: str, digits: int = 3) -> str:
    """Return mean ± standard deviation of one field of the jobs' points."""
    values = [job.result["point"][name] for job in jobs if job.result]
    if not values:
        return "–"
    deviation = f" ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else ""
    return f"{np.mean(values):.{digits}f}{deviation}"


def table(header: list[str], rows: list[list[str]]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    yield "| " + " | ".join(header) + " |"
    yield "|" + "---|" * len(header)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""


def dense_part(results: Results) -> Iterator[str]:
    """Compare the recipes of the dense network."""
    rows = []
    for name, recipe in PRESETS.items():
        jobs = results.train(name)
        measured = [spread(jobs, "validation_accuracy"), spread(jobs, "accuracy")]
        rows.append([name, str(recipe.epochs), spread(jobs, "seconds", 0), *measured])
    yield "## Dense networks\n"
    yield from table(["recipe", "epochs", "seconds", "validation", "holdout"], rows)


def methods_part(results: Results) -> Iterator[str]:
    """Compare the six methods and the random controls at equal sparsity and equal epochs."""
    dense = results.train("thorough")
    yield f"## Methods at equal sparsity, {EPOCHS} epochs each, sparse training included\n"
    yield f"Dense: holdout {spread(dense, 'accuracy')}.\n"
    methods = (*SIX, *(name for name in METHODS if name.startswith("random")))
    found = {
        (method, sparsity): results.prune(
            PrunePlan(method=method, sparsity=sparsity, epochs=EPOCHS), dense
        )
        for sparsity in SPARSITIES
        for method in methods
    }
    rows = []
    for method, sparsity in product(methods, sorted(SPARSITIES)):
        jobs = found[method, sparsity]
        fields = [("sparsity", 4), ("accuracy", 3), ("validation_accuracy", 3), ("score", 3)]
        measured = [spread(jobs, name, digits) for name, digits in fields]
        rows.append([METHODS[method].label, *measured, spread(jobs, "seconds", 0)])
    yield from table(["method", "sparsity", "holdout", "validation", "score", "seconds"], rows)


def best_part(results: Results) -> Iterator[str]:
    """Measure the best recipe where sparsity is high, and what it loses of its dense network."""
    dense = results.train("thorough")
    rows = []
    for sparsity in (0.95, 0.98, 0.99):
        jobs = results.prune(PrunePlan(method="magnitude", sparsity=sparsity, epochs=BEST), dense)
        fields = [("accuracy", 3), ("validation_accuracy", 3), ("score", 4), ("seconds", 0)]
        rows.append([f"{sparsity:.0%}", *(spread(jobs, *field) for field in fields)])
    yield f"## Magnitude pruning with its default recipe, {BEST} epochs\n"
    yield (
        f"Dense: holdout {spread(dense, 'accuracy')}, "
        f"validation {spread(dense, 'validation_accuracy')}.\n"
    )
    yield from table(["sparsity", "holdout", "validation", "score", "seconds"], rows)


def before_part(results: Results) -> Iterator[str]:
    """Compare structured methods at half of every layer's channels before any fine-tuning."""
    dense = results.train("thorough")
    rows = []
    for method in ("random_filter", "l1_filter", "thinet", "regression"):
        plan = PrunePlan(method=method, sparsity=0.75, allocation="uniform", epochs=0)
        jobs = results.prune(plan, dense)
        measured = [spread(jobs, "sparsity", 4), spread(jobs, "accuracy")]
        rows.append([METHODS[method].label, *measured])
    yield "## Half of the channels of every layer, before fine-tuning\n"
    yield from table(["method", "sparsity", "holdout"], rows)


def ablations() -> Mapping[str, PrunePlan]:
    """Return what each option of the recipe is worth at 98 %: all on, then one changed."""
    changes: dict[str, dict[str, Any]] = {
        "as it is": {},
        "without distillation": {"distillation": 0.0},
        "dropout not scaled": {"scale_dropout": False},
        "without flips and crops": {"augment": False},
        "one cut, then fine-tuning": {"schedule": "one_shot"},
        "in rounds": {"schedule": "iterative"},
        "one cut after least-squares repair": {"schedule": "one_shot", "recovery": True},
        "uniform allocation": {"allocation": "uniform"},
        "global allocation": {"allocation": "global"},
        "ERK allocation": {"allocation": "erk"},
        "sensitivity allocation": {"allocation": "sensitivity"},
        "regrowth": {"regrowth": 0.3},
        "learning-rate rewinding": {"retraining": "rewind"},
        "constant small rate": {"retraining": "fine_tune"},
    }
    return {name: replace(ABLATED, **change) for name, change in changes.items()}


def ablations_part(results: Results) -> Iterator[str]:
    """Change one option of the polished recipe at a time."""
    dense = results.train("thorough")
    rows = []
    for name, plan in ablations().items():
        jobs = results.prune(plan, dense)
        rows.append([name, spread(jobs, "accuracy"), spread(jobs, "validation_accuracy")])
    yield f"## What each option is worth (magnitude, 98 %, {ABLATED.epochs} epochs)\n"
    yield from table(["recipe", "holdout", "validation"], rows)


PARTS = {  # what answers soonest comes first: the page is written after every part
    "before": before_part,
    "best": best_part,
    "methods": methods_part,
    "dense": dense_part,
    "ablations": ablations_part,
}


def main() -> None:
    """Compute the chosen parts and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--parts", default=",".join(PARTS))
    options = parser.parse_args()
    workspace = open_workspace()
    lab = Lab(workspace, Store(workspace.store_url))
    results = Results(lab, stored_digest(lab, options.data), tuple(range(options.seeds)))
    lines = [
        "# Measured results\n",
        f"Made by `make results`; mean ± standard deviation over {options.seeds} seeds, each with "
        "its own dense network. Every number is measured on the weights file as reloaded from "
        "disk. Holdout: images that no choice has seen.\n",
    ]
    for part in options.parts.split(","):
        lines += PARTS[part](results)
        PAGE.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
