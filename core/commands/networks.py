"""train and prune: each ends in the file of one network."""

import shutil
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.commands.field_options import (
    add_field_options,
    add_set_option,
    pairs,
    said,
    suggestion,
    with_settings,
)
from core.commands.named_runs import network_run
from core.commands.other_networks import (
    add_pixels_option,
    check_other_out,
    check_reach,
    dense_run,
    with_network,
    write_other,
)
from core.commands.output import answer
from core.commands.session import Session
from core.commands.settings_texts import parse_values
from core.data import builtin_datasets
from core.data import store as dataset_store
from core.errors import RecordError, SettingsError
from core.evaluation.results import NetworkResult
from core.jobs.store.job import Job
from core.jobs.store.spec import JobSpec
from core.networks.formats import keras_h5, torch_writer
from core.pruning.methods import METHODS
from core.pruning.plan import PrunePlan
from core.pruning.spec import PruneSpec, check_teacher
from core.runs.specs import result_of
from core.settings import by_name, describe, from_dict, to_dict
from core.text import listed
from core.training.recipe import PRESETS, Recipe
from core.training.spec import TrainSpec

FOUND_OUT = ("data", "network", "name")  # of the settings of a training
DENSE = "dense network: its weights (.h5), a whole network (.keras, .h5), or a run's id"
TEACHERS = "networks it learns from instead of the dense one: weights, whole networks, or runs' ids"
PLANNED = ("method", "sparsity")  # options of their own
# What files of other formats end in: weights under such a name could not be read.
FOREIGN = (".keras", ".onnx", ".tflite", ".npz", ".pth", ".pkl")
# What --out may end in instead of .h5; the weights are the same.
TORCH_FILES = {".pt": torch_writer.to_pt, ".safetensors": torch_writer.to_safetensors}
GRADED = ("accuracy", "sparsity", "zeros", "parameters", "score")


def add_commands(commands: Any) -> None:
    """Add this module's commands to the parser's sub-commands."""
    _add_train(commands.add_parser("train", help="train the dense network"))
    _add_prune(commands.add_parser("prune", help="prune a trained network"))


def _add_train(parser: ArgumentParser) -> None:
    add_data_options(parser)
    parser.add_argument("--recipe", default="course", choices=tuple(PRESETS))
    add_out_option(parser, "dense.h5")
    add_field_options(parser, Recipe, "settings of the recipe")
    parser.add_argument(
        "--network",
        metavar="NETWORK",
        help="another network than the reference: a catalogue name, applications:NAME, or a file",
    )
    add_field_options(parser, TrainSpec, "the network", without=FOUND_OUT)
    add_set_option(parser, "of the recipe, the same as its options")
    parser.set_defaults(run=train)


def _add_prune(parser: ArgumentParser) -> None:
    parser.add_argument("dense", type=Path, help=DENSE)
    add_data_options(parser)
    add_pixels_option(parser)
    parser.add_argument("--method", default="magnitude", choices=tuple(METHODS))
    parser.add_argument("--sparsity", required=True, metavar="X", help="share of zeros, as 0.9")
    add_out_option(parser, "my_model_weights.h5")
    add_field_options(parser, PrunePlan, "the plan", without=PLANNED)
    parser.add_argument(
        "--teachers", action="append", default=[], metavar="A,B,…", help=f"{TEACHERS} (repeatable)"
    )
    add_set_option(parser, "of the plan, or of the method as `methods --json` lists them")
    parser.set_defaults(run=prune)


def add_data_options(parser: ArgumentParser) -> None:
    """Add --data, --seed and --background."""
    parser.add_argument("--data", required=True, help="built-in name, file, or stored digest")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--background", action="store_true", help="submit and return at once")


def add_out_option(parser: ArgumentParser, name: str) -> None:
    """Add --out."""
    parser.add_argument("--out", type=Path, default=Path(name), help=f"file to write ({name})")


def train(session: Session, options: Namespace) -> None:
    """Train a dense network and copy its weights to --out."""
    texts = pairs(options.set, said(options, Recipe))
    recipe = with_settings(PRESETS[options.recipe], texts)
    of_network = parse_values(TrainSpec, said(options, TrainSpec, without=FOUND_OUT))
    spec = TrainSpec(data=stored_digest(session, options.data), recipe=recipe)
    spec = replace(spec, **of_network)  # type: ignore[arg-type]
    is_reference = not options.network
    if spec.start is not None:
        is_reference &= network_result(network_run(session, spec.start)).summary is None
    if not options.background:
        check_out(options.out, is_reference)
    if options.network:
        spec = with_network(session, spec, options.network, options.pixels)
    if options.background:
        submitted(session, options, spec)
        return
    job = session.finish(spec, options.seed)
    answer(delivered(session, job, options.out), options.json)


def prune(session: Session, options: Namespace) -> None:
    """Prune the network in a file and copy the pruned weights to --out."""
    plan = plan_of(options)
    data = stored_digest(session, options.data)
    dense = dense_run(session, options.dense, data, options.pixels)
    check_reach(session, dense, [plan])
    if not options.background:
        check_out(options.out, network_result(dense).summary is None)
    teachers = teacher_runs(session, options.teachers, data)
    spec = PruneSpec(data=data, dense=dense.id, plan=plan, teachers=teachers)
    if options.background:
        submitted(session, options, spec)
        return
    job = session.finish(spec, options.seed)
    point = network_result(job).point
    made = {name: getattr(point, name) for name in ("method", "epochs", "seconds")}
    made["settings"] = plan.to_dict()
    answer(delivered(session, job, options.out) | made, options.json)


def teacher_runs(session: Session, given: Sequence[str], data: str) -> tuple[str, ...]:
    """Return the runs of the networks whose files or ids are given; raises as `dense_run`.

    A text is the name of a file, commas included, or else several names between commas.
    """
    named = [[each] if Path(each).is_file() else each.split(",") for each in given]
    texts = [text.strip() for each in named for text in each]
    return tuple(_teacher(session, text, data) for text in texts if text)


def _teacher(session: Session, text: str, data: str) -> str:
    job = dense_run(session, Path(text), data)
    check_teacher(job.id, job.settings.get("data"), data)
    return job.id


def plan_of(options: Namespace) -> PrunePlan:
    """Return the plan of the options; --set names the plan's settings or else the method's.

    Raises SettingsError for a setting of neither.
    """
    given = pairs(options.set, said(options, PrunePlan))
    own = by_name(describe(PrunePlan))
    method = METHODS[options.method]
    known = (*own, *by_name(describe(method.settings)))
    if unknown := [name for name in given if name not in known]:
        raise SettingsError(
            f"Neither the plan nor {method.label} has a setting {unknown[0]!r}."
            f"{suggestion(unknown[0], known)} Known: {', '.join(dict.fromkeys(known))}."
        )
    begin: object = from_dict(method.settings, method.new_settings)
    of_method = with_settings(begin, {k: v for k, v in given.items() if k not in own})
    plan = PrunePlan(method=options.method, settings=to_dict(of_method))
    return with_settings(plan, {k: v for k, v in given.items() if k in own})


def stored_digest(session: Session, name: str) -> str:
    """Return the digest under which the data set is stored, reading and storing it if needed."""
    return dataset_store.save(session.workspace, builtin_datasets.load_any(name, session.workspace))


def submitted(session: Session, options: Namespace, spec: JobSpec) -> None:
    """Submit the job to the engine and answer with its id."""
    job_id = session.submit(spec, options.seed)
    answer({"run": job_id, "state": session.store.get(job_id).shown_state}, options.json)


def network_result(job: Job) -> NetworkResult:
    """Return what a finished run left of its network. Raises RecordError for another run."""
    result = result_of(job)
    if not isinstance(result, NetworkResult):
        raise RecordError(f"Run {job.id} made no network. Choose one that trains or prunes.")
    return result


def check_out(out: Path, is_reference: bool) -> None:
    """Look before the work whether an --out ends as a file of another format does.

    Raises SettingsError for the reference network, and as `check_other_out` for others.
    """
    if is_reference and out.suffix.lower() in FOREIGN:
        raise SettingsError(
            f"{out.name} ends in {out.suffix!r}. The weights of the course's network are written "
            f"as {listed(['.h5', *TORCH_FILES], 'or')}. Choose one of these endings for --out."
        )
    if not is_reference:
        check_other_out(out)


def delivered(session: Session, job: Job, out: Path) -> dict[str, object]:
    """Copy the job's weights to `out` and return what was measured of them."""
    result = network_result(job)
    made = session.workspace.artifacts(job.id) / result.weights
    graded = {name: getattr(result.point, name) for name in GRADED}
    answered = {"name": out.name, **graded, "error": None, "run": job.id, "out": str(out)}
    if result.summary:
        write_other(session, made, result, out)
        return answered
    with session.output(out) as part:
        if (ending := out.suffix.lower()) in TORCH_FILES:
            part.write_bytes(
                TORCH_FILES[ending](keras_h5.read(made), result.reference_shape.final_map)
            )
        else:
            shutil.copyfile(made, part)
    return answered
