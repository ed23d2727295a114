"""sweep and compete: many networks from one command."""

from argparse import ArgumentParser, Namespace
from collections.abc import Collection
from pathlib import Path
from typing import Any

from core.commands.field_options import add_field_options, said
from core.commands.named_runs import competition_run
from core.commands.networks import (
    add_data_options,
    add_out_option,
    check_out,
    delivered,
    network_result,
    stored_digest,
    submitted,
)
from core.commands.other_networks import add_pixels_option, check_reach, dense_run
from core.commands.output import answer, say
from core.commands.session import Session
from core.commands.settings_texts import parse, parse_values
from core.errors import SettingsError
from core.jobs.store.store import identity
from core.pruning.search.spec import CompeteResult, CompeteSpec, SweepResult, SweepSpec
from core.pruning.search.sweep import Sweep
from core.runs.sweep_parts import reopen
from core.tables import to_csv
from core.training.recipe import PRESETS

FROM_DATA = ("data", "dense")  # what a command finds out itself
SHARES = ("dense_share", "search_share")
COLUMNS = (
    "method", "seed", "sparsity", "accuracy", "validation_accuracy", "score", "zeros",
    "parameters", "epochs", "seconds", "gzip_bytes", "multiply_adds", "label", "id",
)  # fmt: skip


def add_commands(commands: Any) -> None:
    """Add this module's commands to the parser's sub-commands."""
    _add_sweep(commands.add_parser("sweep", help="methods × sparsities × seeds from one network"))
    _add_compete(commands.add_parser("compete", help="the best score within a time budget"))


def _add_sweep(parser: ArgumentParser) -> None:
    parser.add_argument(
        "dense",
        type=Path,
        nargs="?",
        help="dense network: weights, a whole network, or a run's id; else one is trained",
    )
    add_data_options(parser)
    add_pixels_option(parser)
    parser.add_argument("--recipe", choices=tuple(PRESETS), help="trains it (quick), without dense")
    add_out_option(parser, "points.csv")
    add_field_options(parser, Sweep, "settings of the sweep")
    parser.set_defaults(run=sweep)


def _add_compete(parser: ArgumentParser) -> None:
    add_data_options(parser)
    add_out_option(parser, "my_model_weights.h5")
    add_field_options(parser, CompeteSpec, "settings of the competition", without=FROM_DATA)
    parser.set_defaults(run=compete)


def sweep(session: Session, options: Namespace) -> None:
    """Prune by every method at every sparsity and write the points as CSV.

    Raises SettingsError for a sweep that makes no sense.
    """
    planned = parse(Sweep, said(options, Sweep))
    if options.dense is not None and options.recipe:
        raise SettingsError("--recipe trains a network, but one is given. Leave one of them out.")
    data = stored_digest(session, options.data)
    if options.dense is None:
        spec = SweepSpec(**vars(planned), data=data, recipe=PRESETS[options.recipe or "quick"])
    else:
        dense = dense_run(session, options.dense, data, options.pixels)
        check_reach(session, dense, [run.plan for run in planned.runs()])
        spec = SweepSpec(**vars(planned), data=data, dense=dense.id)
    reopen(session.store, identity(spec, options.seed))
    if options.background:
        submitted(session, options, spec)
        return
    job = session.finish(spec, options.seed)
    result = SweepResult.from_stored(job.result, job.result_format)
    for failed in result.failed:
        say(f"{failed.method} at {failed.sparsity}: {failed.why}")
    jobs = [session.store.get(job_id) for job_id in (result.dense, *result.points)]
    with session.output(options.out) as part:
        rows = (network_result(job).point.to_json() for job in jobs)
        part.write_text(to_csv(COLUMNS, rows), "utf-8")
    failures = [failed.to_json() for failed in result.failed]
    made = {"points": len(result.points), "failed": failures, "out": str(options.out)}
    answer(made, options.json)


def compete(session: Session, options: Namespace) -> None:
    """Search for the best score and copy the winner's weights to --out.

    Raises SettingsError for a time that is none, and as `competition_run` and `check_out`.
    """
    values = parse_values(CompeteSpec, said(options, CompeteSpec, FROM_DATA))
    CompeteSpec(data="", **values)  # type: ignore[arg-type]  # wrong values are said at once
    _check_shares(values)
    if "after" not in values:
        _check_out(options, is_reference=True)
    data = stored_digest(session, options.data)
    spec = CompeteSpec(data=data, **values)  # type: ignore[arg-type]
    if spec.after is not None:
        earlier = competition_run(session, spec.after, data)
        _check_out(options, network_result(session.store.get(earlier.best)).summary is None)
    if options.background:
        submitted(session, options, spec)
        return
    job = session.finish(spec, options.seed)
    result = CompeteResult.from_stored(job.result, job.result_format)
    best = session.store.get(result.best)
    answer(delivered(session, best, options.out) | {"tried": len(result.tried)}, options.json)


def _check_out(options: Namespace, is_reference: bool) -> None:
    if not options.background:
        check_out(options.out, is_reference)


def _check_shares(given: Collection[str]) -> None:
    """Raise SettingsError for shares of a competition that only trains an earlier winner on."""
    useless = [f"--{name.replace('_', '-')}" for name in SHARES if name in given]
    if "after" in given and useless:
        raise SettingsError(
            f"--after gives all of the time to an earlier winner, so {' and '.join(useless)} "
            "would change nothing. Leave one or the other out."
        )
