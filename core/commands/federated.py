"""federate: one federated run from the command line."""

import shutil
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from core.commands.networks import add_out_option, add_set_option, pairs, stored_digest, submitted
from core.commands.output import answer, say
from core.commands.session import Lab
from core.data.synthetic import synthetic_named
from core.data.uploads import contents
from core.data.uploads.kept_leaf import keep_leaf
from core.federated.algorithms import ALGORITHMS
from core.federated.results import FederatedResult
from core.federated.spec import FederatedSpec
from core.settings import describe, parse, to_dict

# Option -> (the setting's name, its kind); left out, the setting keeps its default.
OPTIONS = {
    "--rounds": ("rounds", int),
    "--local-epochs": ("local_epochs", int),
    "--local-steps": ("local_steps", int),
    "--clients-per-round": ("clients_per_round", int),
    "--batch": ("batch_size", int),
    "--rate": ("learning_rate", float),
    "--hidden": ("hidden", int),
}


def add_commands(commands: Any) -> None:
    """Add this module's command to the parser's sub-commands."""
    parser: ArgumentParser = commands.add_parser("federate", help="run federated learning")
    parser.add_argument(
        "--data",
        default="iid",
        help="iid, synthetic:ALPHA,BETA, LEAF clients (.json, .zip, .tar.gz), or a data set",
    )
    parser.add_argument("--algorithm", default="fedavg", choices=tuple(ALGORITHMS))
    for option, (name, kind) in OPTIONS.items():
        parser.add_argument(option, dest=name, type=kind)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--background", action="store_true", help="submit and return at once")
    add_set_option(parser, "of the algorithm")
    add_out_option(parser, "history.csv")
    parser.set_defaults(run=federate)


def federate(lab: Lab, options: Namespace) -> None:
    """Run one experiment and copy its history to --out."""
    spec = _spec(lab, options)
    if options.background:
        submitted(lab, options, spec)
        return
    job = lab.finish(spec, options.seed)
    result = FederatedResult.from_stored(job.result, job.result_format)
    with lab.output(options.out) as part:
        shutil.copyfile(lab.workspace.artifacts(job.id) / result.history, part)
    made = {"run": job.id, "out": str(options.out), "label": result.label}
    answer({**result.rows[-1], **made}, options.json)


def _spec(lab: Lab, options: Namespace) -> FederatedSpec:
    algorithm = parse(ALGORITHMS[options.algorithm], pairs(options.set))
    given = {name: getattr(options, name) for name, _ in OPTIONS.values()}
    settings = {name: value for name, value in given.items() if value is not None}
    settings |= {
        "data": _data(lab, options.data),
        "algorithm": options.algorithm,
        "algorithm_settings": to_dict(algorithm) if describe(algorithm) else {},
    }
    return FederatedSpec.from_json(settings)


def _data(lab: Lab, data: str) -> str:
    if data in ("iid", "iid,code") or data.startswith("synthetic:"):
        synthetic_named(data)  # says now, not in the job, what is wrong with it
        return data
    path = Path(data).expanduser()
    if data.lower().endswith(".json") or (path.is_file() and _are_clients(lab, path)):
        kept = keep_leaf(lab.workspace, path)
        for note in kept.notes:
            say(note)
        return kept.data
    return stored_digest(lab, data)


def _are_clients(lab: Lab, path: Path) -> bool:
    return contents.kind_of(path, scratch=lab.workspace.scratch) == contents.CLIENTS
