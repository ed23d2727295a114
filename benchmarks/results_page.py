"""The parts of docs/results.md: which runs each needs, and its table of those there are."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.results_ledger import Row
from core.evaluation.paired import Lead, lead_of
from core.pruning.methods import ASSIGNED, METHODS
from core.pruning.paper_recipe import default_recipe
from core.pruning.plan import PrunePlan
from core.training.recipe import PRESETS

if TYPE_CHECKING:
    from benchmarks.results import Results

STRUCTURED = tuple(name for name in ASSIGNED if METHODS[name].structured)
# Methods and controls: (method, allocation). Controls with magnitude's layer counts, or the widths
# that all structured methods share, say what the choice within a layer is worth; those with ERK or
# uniform widths say what all of it is.
SAME_WIDTHS = ("random_filter", "auto")
CONTROLS = (
    ("random", "auto"),
    ("shuffled", "auto"),
    SAME_WIDTHS,
    ("random_filter", "uniform"),
)
HOLDOUT_IMAGES = 1_250
GROWING = ("slimming", "growing λ")  # the method's default since decision 138
METHODS_COMPARED = (*((method, "auto") for method in ASSIGNED), GROWING)
COMPARED = (*METHODS_COMPARED, *CONTROLS)
SPARSITIES = (0.98, 0.95, 0.9, 0.8, 0.5)  # small networks first: they are quick
ASKED = (0.8, 0.9)
HIGH = (0.95, 0.98, 0.99)
EPOCHS, LONG, BEST = 6, 18, 36
ABLATED = PrunePlan(method="magnitude", sparsity=0.98, epochs=EPOCHS)
AS_IT_IS, SUMMARISED = "as it is", "†"
FIRST, NEXT, LATER, LAST = range(4)  # stages; a part's first seed usually comes first
DENSE_STAGES = {"thorough": (FIRST, FIRST), "fast": (LATER, LAST), "course": (LATER, LAST)}


def page(results: "Results", parts: Iterable[str]) -> str:
    """Return the page of the runs that are there; results.wanted then has those that lack."""
    lines = [
        "# Measured results\n",
        "Made by `make results`; mean ± standard deviation over the seeds whose runs are there "
        "(column n), each with its own dense network. Every number is measured on the weights "
        "file as reloaded from disk. Holdout: images that no choice has seen. Points lost: of the "
        "dense network that the run began from, mean of validation and holdout. Seconds are a "
        "run's own, on the machine and the cores it was given: they compare only between runs made "
        f"alike. {SUMMARISED} at n: of some seeds only mean and deviation were kept. Data set "
        f"`{results.data}`.\n",
        "The widths that structured methods and random filters share were first chosen among four "
        "candidates on the mean of validation and holdout (decision 6). Chosen anew on validation "
        "alone, with three dense networks, they are the same (decision 137).\n",
        "What a time is enough for is in [competitions](competitions.md), what each option of the "
        "recipe is worth at 96.8% in [ablations](ablations.md).\n",
    ]
    for part in parts:
        lines += PARTS[part](results)
    return "\n".join(lines)


def spread(row: Row, name: str, digits: int = 3) -> str:
    """Return mean ± standard deviation of one field over the seeds of a row."""
    if not row.count:
        return "–"
    mean, deviation = row.mean_and_deviation(name)
    return f"{mean:.{digits}f}{f' ± {deviation:.{digits}f}' if row.count > 1 else ''}"


def mean_and_deviation(values: Sequence[float], digits: int) -> str:
    """Return mean ± standard deviation, without the latter if there is one value."""
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


def measured(row: Row) -> list[str]:
    """Return the columns that every table of pruned networks ends with."""
    fields = {"accuracy": 3, "validation_accuracy": 3, "lost": 1, "score": 4, "seconds": 0}
    return [*(spread(row, name, digits) for name, digits in fields.items()), count(row)]


def count(row: Row) -> str:
    """Return on how many seeds a row stands, marked if some are known by their summary only."""
    return f"{row.count}{SUMMARISED * (row.summary is not None)}"


MEASURED = ["holdout", "validation", "points lost (both)", "score", "seconds", "n"]


def dense_part(results: "Results") -> Iterator[str]:
    """Compare the recipes of the dense network."""
    rows = []
    for name, recipe in PRESETS.items():
        runs = results.train(name, DENSE_STAGES.get(name, (LATER, LAST)))
        accuracies = [spread(runs, "validation_accuracy"), spread(runs, "accuracy")]
        seconds = spread(runs, "seconds", 0)
        rows.append([name, str(recipe.epochs), seconds, *accuracies, count(runs)])
    yield "## Dense networks\n"
    yield from table(["recipe", "epochs", "seconds", "validation", "holdout", "n"], rows)


def methods_part(results: "Results") -> Iterator[str]:
    """Compare the six methods and the random controls at equal sparsity and equal epochs."""
    yield f"## Methods at equal sparsity, {EPOCHS} epochs each, sparse training included\n"
    yield (
        "Every method is to be read against two controls of its kind. Random filters have the "
        "same widths as the structured methods, so they say what a better choice of filters is "
        "worth; with uniform widths they say what choice and widths are worth together. Random "
        "weights in magnitude's layers lose as many weights of every layer as magnitude, so they "
        "say what its choice of weights is worth; random weights have the counts of ERK and say "
        "what choice and counts are worth together.\n"
    )
    found = {
        (method, allocation, sparsity): results.prune(
            plan_of(method, allocation, sparsity),
            (FIRST, LATER if sparsity == 0.5 or (method, allocation) == SAME_WIDTHS else NEXT),
        )
        for sparsity in SPARSITIES
        for method, allocation in COMPARED
    }
    yield from _sum_of_seconds(
        [found[method, "auto", s] for method in ASSIGNED for s in SPARSITIES]
    )
    yield from _gains(found)
    rows = [
        [labelled(*pair), spread(runs, "sparsity", 4), *measured(runs)]
        for pair, sparsity in product(COMPARED, sorted(SPARSITIES))
        for runs in [found[*pair, sparsity]]
    ]
    yield from table(["method", "sparsity", *MEASURED], rows)


def plan_of(method: str, allocation: str, sparsity: float) -> PrunePlan:
    """Return the plan of a row; without a word on λ a plan is that of version 0.1, λ constant."""
    if (method, allocation) == GROWING:
        return default_recipe(method, sparsity, EPOCHS)
    return PrunePlan(method=method, sparsity=sparsity, allocation=allocation, epochs=EPOCHS)


def _gains(found: Mapping[tuple[str, str, float], Row]) -> Iterator[str]:
    """Say by how much each method beats its controls, seed by seed from the same dense network."""
    yield (
        "Points of holdout accuracy gained over random pruning at equal sparsity and epochs, from "
        "the same dense network: mean ± standard deviation of the seeds' differences. **Bold**: "
        "more than two standard errors, the larger of the seeds' and of the "
        f"{HOLDOUT_IMAGES:,} images'; nothing else beats or is beaten. A dash: not measured yet.\n"
    )
    rows = [
        [f"{labelled(*pair)} − {labelled(*control).lower()}"]
        + [gain(found[*pair, s], found[*control, s]) for s in sorted(SPARSITIES)]
        for pair in METHODS_COMPARED
        for control in controls_of(pair[0])
    ]
    yield from table(["", *(f"{sparsity:.0%}" for sparsity in sorted(SPARSITIES))], rows)
    yield from _choices(found)


def controls_of(method: str) -> list[tuple[str, str]]:
    """Return the controls that remove what the method removes."""
    structured = METHODS[method].structured
    return [control for control in CONTROLS if METHODS[control[0]].structured == structured]


def _choices(found: Mapping[tuple[str, str, float], Row]) -> Iterator[str]:
    """Say of every structured method whether it beats random filters of its own widths."""
    for pair in (each for each in METHODS_COMPARED if each[0] in STRUCTURED):
        leads = {s: ahead(found[*pair, s], found[*SAME_WIDTHS, s]) for s in SPARSITIES}
        known = {s: each for s, each in sorted(leads.items()) if each}
        better = [f"{s:.0%}" for s, each in known.items() if each.is_clear]
        worse = [f"{s:.0%}" for s, each in known.items() if each.is_behind]
        said = f"beats random filters of its widths at {', '.join(better)}" if better else (
            "beats random filters of its widths at no sparsity measured"
        )  # fmt: skip
        behind = f" and is behind them at {', '.join(worse)}" if worse else ""
        if known:
            yield f"* {labelled(*pair)} {said}{behind}."
    yield ""


def ahead(row: Row, controls: Row) -> Lead | None:
    """Return how far a row leads on the holdout, over the seeds that both have."""
    seeds = sorted(row.runs.keys() & controls.runs.keys())
    sides = [(row.runs[seed].accuracy, controls.runs[seed].accuracy) for seed in seeds]
    return lead_of([((a, HOLDOUT_IMAGES), (b, HOLDOUT_IMAGES)) for a, b in sides])


def gain(row: Row, controls: Row) -> str:
    """Return the points of holdout accuracy a row leads by, bold if that is clear."""
    seeds = sorted(row.runs.keys() & controls.runs.keys())
    gained = [100 * (row.runs[s].accuracy - controls.runs[s].accuracy) for s in seeds]
    said, found = mean_and_deviation(gained, 1), ahead(row, controls)
    return f"**{said}**" if found and (found.is_clear or found.is_behind) else said


def _sum_of_seconds(cells: list[Row]) -> Iterator[str]:
    first = [cell.runs[0] for cell in cells if 0 in cell.runs]
    seconds = sum(run.seconds for run in first)
    yield (
        f"{len(first)} of the {len(cells)} runs of the six methods' first seed are there; "
        f"they took {seconds / 60:.1f} minutes.\n"
    )


def labelled(method: str, allocation: str) -> str:
    """Return the name of a row: the method, and its allocation unless it is the default."""
    label = METHODS[method].label
    if method == GROWING[0]:
        return label if (method, allocation) == GROWING else f"{label}, λ constant"
    return label if allocation == "auto" else f"{label}, {allocation} widths"


def long_part(results: "Results") -> Iterator[str]:
    """Measure what structured methods lose when they may retrain longer."""
    rows = []
    for sparsity, method in product(ASKED[::-1], (*STRUCTURED, "random_filter")):
        runs = results.prune(
            PrunePlan(method=method, sparsity=sparsity, epochs=LONG), (NEXT, LATER)
        )
        rows.append([labelled(method, "auto"), spread(runs, "sparsity", 4), *measured(runs)])
    yield f"## Structured methods, {LONG} epochs\n"
    yield from table(["method", "sparsity", *MEASURED], rows)


def best_part(results: "Results") -> Iterator[str]:
    """Measure the best recipe where sparsity is high, and what it loses of its dense network."""
    rows = []
    for sparsity in HIGH:
        plan = PrunePlan(method="magnitude", sparsity=sparsity, epochs=BEST)
        runs = results.prune(plan, (NEXT, LATER))
        rows.append([f"{100 * sparsity:g}%", *measured(runs)])
    yield f"## Magnitude pruning with its default recipe, {BEST} epochs\n"
    yield from table(["sparsity", *MEASURED], rows)


def before_part(results: "Results") -> Iterator[str]:
    """Compare structured methods at half of every layer's channels before any fine-tuning."""
    rows = []
    for method in ("random_filter", "l1_filter", "thinet", "regression"):
        plan = PrunePlan(method=method, sparsity=0.75, allocation="uniform", epochs=0)
        runs = results.prune(plan, (FIRST, FIRST))
        rows.append([METHODS[method].label, spread(runs, "sparsity", 4), *measured(runs)])
    yield "## Half of the channels of every layer, before fine-tuning\n"
    yield from table(["method", "sparsity", *MEASURED], rows)


def ablations() -> dict[str, PrunePlan]:
    """Return what each option of the recipe is worth at 98 %: all on, then one changed."""
    changes: dict[str, dict[str, Any]] = {
        AS_IT_IS: {},
        "without distillation": {"distillation": 0.0},
        "without temporary normalisation": {"batch_normalisation": False},
        "dropout not scaled": {"scale_dropout": False},
        "without flips and crops": {"augment": False},
        "one cut, then fine-tuning": {"schedule": "one_shot"},
        "in rounds": {"schedule": "iterative"},
        "one cut after least-squares repair": {
            "schedule": "one_shot",
            "reconstruction": True,
        },
        "uniform allocation": {"allocation": "uniform"},
        "global allocation": {"allocation": "global"},
        "ERK allocation": {"allocation": "erk"},
        "sensitivity allocation": {"allocation": "sensitivity"},
        "wide dense layer not narrowed": {"dense_unit_pruning": False},
        "regrowth": {"gradient_regrowth": 0.3},
        "learning-rate rewinding": {"retraining": "rewind"},
        "constant small rate": {"retraining": "fine_tune"},
    }
    return {name: replace(ABLATED, **change) for name, change in changes.items()}


def ablations_part(results: "Results") -> Iterator[str]:
    """Change one option of the recipe at a time."""
    found = {name: results.prune(plan, (LAST, LAST)) for name, plan in ablations().items()}
    whole = found[AS_IT_IS]
    rows = [
        [name, "" if runs is whole else gain(whole, runs), *measured(runs)]
        for name, runs in found.items()
    ]
    yield f"## What each option is worth (magnitude, 98 %, {ABLATED.epochs} epochs)\n"
    yield (
        "Lost more: points of holdout accuracy lost more than with the recipe as it is, seed by "
        "seed. **Bold**: more than two standard errors.\n"
    )
    yield from table(["recipe", "lost more", *MEASURED], rows)


PARTS: dict[str, Callable[["Results"], Iterator[str]]] = {
    "dense": dense_part,
    "before": before_part,
    "best": best_part,
    "methods": methods_part,
    "long": long_part,
    "ablations": ablations_part,
}
