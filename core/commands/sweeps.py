"""sweep and compete: many networks from one command."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from core.commands.networks import (
    add_data_options,
    add_out_option,
    delivered,
    imported,
    network_result,
    stored_digest,
    submitted,
)
from core.commands.output import answer, say
from core.commands.session import Lab
from core.errors import SettingsError
from core.pruning.search.spec import CompeteResult, CompeteSpec, SweepResult, SweepSpec
from core.pruning.search.sweep import Sweep, methods_named
from core.tables import to_csv

COLUMNS = (
    "method", "seed", "sparsity", "accuracy", "validation_accuracy", "score", "zeros",
    "parameters", "epochs", "seconds", "gzip_bytes", "multiply_adds", "label", "id",
)  # fmt: skip


def add_commands(commands: Any) -> None:
    """Add this module's commands to the parser's sub-commands."""
    _add_sweep(commands.add_parser("sweep", help="methods × sparsities × seeds from one network"))
    _add_compete(commands.add_parser("compete", help="the best score within a time budget"))


def _add_sweep(parser: ArgumentParser) -> None:
    parser.add_argument("dense", type=Path, help="weights of the dense network (.h5)")
    add_data_options(parser)
    parser.add_argument("--methods", default="all", help="all, or names with commas between")
    parser.add_argument("--sparsities", default="0.5,0.8,0.9,0.95,0.98")
    parser.add_argument("--epochs", type=int, default=6, help="the same for every method")
    parser.add_argument("--seeds", type=int, default=1, help="repetitions, for error bars")
    add_out_option(parser, "points.csv")
    parser.set_defaults(run=sweep)


def _add_compete(parser: ArgumentParser) -> None:
    add_data_options(parser)
    parser.add_argument("--minutes", type=float, required=True, help="time budget")
    add_out_option(parser, "my_model_weights.h5")
    parser.set_defaults(run=compete)


def sweep(lab: Lab, options: Namespace) -> None:
    """Prune by every method at every sparsity and write the points as CSV."""
    planned = Sweep(
        methods=methods_named(_names(options.methods)),
        sparsities=_numbers(options.sparsities),
        epochs=options.epochs,
        seeds=options.seeds,
    )
    data = stored_digest(lab, options.data)
    dense = imported(lab, options.dense, data)
    spec = SweepSpec(**vars(planned), data=data, dense=dense.id)
    if options.background:
        submitted(lab, options, spec)
        return
    job = lab.finish(spec, options.seed)
    result = SweepResult.from_stored(job.result, job.result_format)
    for failed in result.failed:
        say(f"{failed.method} at {failed.sparsity}: {failed.why}")
    jobs = [dense, *(lab.store.get(job_id) for job_id in result.points)]
    with lab.output(options.out) as part:
        rows = (network_result(job).point.to_json() for job in jobs)
        part.write_text(to_csv(COLUMNS, rows), "utf-8")
    failures = [failed.to_json() for failed in result.failed]
    made = {"points": len(result.points), "failed": failures, "out": str(options.out)}
    answer(made, options.json)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in _names(text))
    except ValueError:
        raise SettingsError(
            f"--sparsities takes numbers as 0.5,0.9, but {text!r} arrived."
        ) from None


def compete(lab: Lab, options: Namespace) -> None:
    """Search for the best score and copy the winner's weights to --out.

    Raises SettingsError for a time that is none.
    """
    if not 0 < options.minutes <= 10_000:
        raise SettingsError(
            f"--minutes is {options.minutes}. Choose a time above 0 and up to 10000 minutes."
        )
    data = stored_digest(lab, options.data)
    spec = CompeteSpec(data=data, minutes=options.minutes)
    if options.background:
        submitted(lab, options, spec)
        return
    job = lab.finish(spec, options.seed)
    result = CompeteResult.from_stored(job.result, job.result_format)
    best = lab.store.get(result.best)
    answer(delivered(lab, best, options.out) | {"tried": len(result.tried)}, options.json)
