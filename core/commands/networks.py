"""train, prune, sweep, compete: everything that ends in a weights file."""

import shutil
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from core.commands.output import answer, say
from core.commands.session import Lab
from core.data import builtin_datasets
from core.data import store as dataset_store
from core.errors import NotFoundError, RecordError, SettingsError
from core.evaluation.results import NetworkResult
from core.jobs.store.job import Job
from core.jobs.store.spec import JobSpec
from core.networks.formats import keras_h5
from core.pruning.methods import METHODS
from core.pruning.plan import PrunePlan
from core.pruning.spec import PruneSpec
from core.runs.specs import result_of
from core.settings import by_name, describe, parse, parse_values, to_dict
from core.training.recipe import PRESETS
from core.training.spec import ImportSpec, TrainSpec

S = TypeVar("S")
GRADED = ("accuracy", "sparsity", "zeros", "parameters", "score")


def add_commands(commands: Any) -> None:
    """Add this module's commands to the parser's sub-commands."""
    _add_train(commands.add_parser("train", help="train the dense network"))
    _add_prune(commands.add_parser("prune", help="prune a trained network"))


def _add_train(parser: ArgumentParser) -> None:
    add_data_options(parser)
    parser.add_argument("--recipe", default="course", choices=tuple(PRESETS))
    parser.add_argument("--epochs", type=int, help="instead of the recipe's")
    add_set_option(parser, "of the recipe")
    add_out_option(parser, "dense.h5")
    parser.set_defaults(run=train)


def _add_prune(parser: ArgumentParser) -> None:
    parser.add_argument("dense", type=Path, help="weights of the dense network (.h5)")
    add_data_options(parser)
    parser.add_argument("--method", default="magnitude", choices=tuple(METHODS))
    parser.add_argument("--sparsity", type=float, required=True, help="share of zeros, as 0.9")
    parser.add_argument("--epochs", type=int, help="training epochs after the dense ones")
    add_set_option(parser, "of the plan or of the method")
    add_out_option(parser, "my_model_weights.h5")
    parser.set_defaults(run=prune)


def add_data_options(parser: ArgumentParser) -> None:
    """Add --data, --seed and --background."""
    parser.add_argument("--data", required=True, help="built-in name, file, or stored digest")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--background", action="store_true", help="submit and return at once")


def add_set_option(parser: ArgumentParser, whose: str) -> None:
    """Add the repeatable --set name=value."""
    parser.add_argument(
        "--set",
        dest="set",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=VALUE",
        help=f"settings {whose}",
    )


def add_out_option(parser: ArgumentParser, name: str) -> None:
    """Add --out."""
    parser.add_argument("--out", type=Path, default=Path(name), help=f"file to write ({name})")


def train(lab: Lab, options: Namespace) -> None:
    """Train a dense network and copy its weights to --out."""
    recipe = with_settings(PRESETS[options.recipe], pairs(options.set))
    if options.epochs is not None:
        recipe = replace(recipe, epochs=options.epochs)
    spec = TrainSpec(data=stored_digest(lab, options.data), recipe=recipe)
    if options.background:
        submitted(lab, options, spec)
        return
    job = lab.finish(spec, options.seed)
    answer(delivered(lab, job, options.out), options.json)


def prune(lab: Lab, options: Namespace) -> None:
    """Prune the network in a file and copy the pruned weights to --out."""
    plan = plan_of(options)
    data = stored_digest(lab, options.data)
    dense = imported(lab, options.dense, data)
    spec = PruneSpec(data=data, dense=dense.id, plan=plan)
    if options.background:
        submitted(lab, options, spec)
        return
    job = lab.finish(spec, options.seed)
    point = network_result(job).point
    made = {name: getattr(point, name) for name in ("method", "epochs", "seconds")}
    made["settings"] = plan.to_dict()
    answer(delivered(lab, job, options.out) | made, options.json)


def plan_of(options: Namespace) -> PrunePlan:
    """Return the plan of the options; --set names the plan's settings or else the method's."""
    given = pairs(options.set)
    own = by_name(describe(PrunePlan))
    method = METHODS[options.method]
    of_method: object = parse(method.settings, {k: v for k, v in given.items() if k not in own})
    plan = PrunePlan(method=options.method, sparsity=options.sparsity, settings=to_dict(of_method))
    plan = with_settings(plan, {k: v for k, v in given.items() if k in own})
    return plan if options.epochs is None else replace(plan, epochs=options.epochs)


def with_settings(settings: S, texts: dict[str, str]) -> S:
    """Return the settings with some fields replaced by what the texts say."""
    return replace(settings, **parse_values(type(settings), texts))  # type: ignore


def pairs(texts: list[str]) -> dict[str, str]:
    """Return name=value texts as a dictionary. Raises SettingsError."""
    odd = [text for text in texts if "=" not in text]
    if odd:
        raise SettingsError(f"--set takes name=value, but {odd[0]!r} arrived.")
    return dict(text.split("=", 1) for text in texts)


def stored_digest(lab: Lab, name: str) -> str:
    """Return the digest under which the data set is stored, reading and storing it if needed."""
    return dataset_store.save(lab.workspace, builtin_datasets.load_any(name, lab.workspace))


def imported(lab: Lab, path: Path, data: str) -> Job:
    """Return the finished job that measured an uploaded or local weights file.

    Raises NotFoundError if there is no such file.
    """
    if not path.is_file():
        raise NotFoundError(f"There is no file {path}. Train one with: python -m core train")
    weights, notes = keras_h5.read_upload(path.name, path, scratch=lab.workspace.scratch)
    for note in notes:
        say(note)
    digest = keras_h5.keep(lab.workspace.weights, weights)
    return lab.finish(ImportSpec(data=data, weights=digest, name=path.name), 0)


def submitted(lab: Lab, options: Namespace, spec: JobSpec) -> None:
    """Submit the job to the engine and answer with its id."""
    job_id = lab.submit(spec, options.seed)
    answer({"run": job_id, "state": lab.store.get(job_id).shown_state}, options.json)


def network_result(job: Job) -> NetworkResult:
    """Return what a finished run left of its network. Raises RecordError for another run."""
    result = result_of(job)
    if not isinstance(result, NetworkResult):
        raise RecordError(f"Run {job.id} made no network. Choose one that trains or prunes.")
    return result


def delivered(lab: Lab, job: Job, out: Path) -> dict[str, Any]:
    """Copy the job's weights to `out` and return what was measured of them."""
    result = network_result(job)
    with lab.output(out) as part:
        shutil.copyfile(lab.workspace.artifacts(job.id) / result.weights, part)
    graded = {name: getattr(result.point, name) for name in GRADED}
    return {"name": out.name, **graded, "error": None, "run": job.id, "out": str(out)}
