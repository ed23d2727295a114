"""Networks other than the reference on the command line: into the store, and into files again."""

import shutil
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from core.commands.named_runs import network_run
from core.commands.output import say
from core.commands.session import Session
from core.data import store as dataset_store
from core.errors import NotFoundError, UploadError, WeightsError
from core.evaluation.results import NetworkResult
from core.jobs.store.job import Job
from core.networks.find_network import find_network
from core.networks.formats import keras_h5
from core.networks.keras_files.reader import read_network
from core.networks.network_store import keep_network
from core.networks.pixels import PIXELS, guess_pixels
from core.pruning.plan import PrunePlan
from core.runs.finished.contents import reach_of
from core.runs.finished.networks import network_of
from core.training.spec import ImportSpec, TrainSpec

SMALL = {".tflite": "tflite", ".onnx": "onnx"}  # what the small network's files end in
WHOLE = (".keras", ".h5", ".hdf5", ".json")  # files that may hold a network and not only weights

WRITTEN = (".keras", ".h5", *SMALL)
NO_SUCH_ENDING = (
    "{} ends in {!r}. This network is written as .keras or .h5, and as .tflite or .onnx where "
    "whole units were removed."
)


def add_pixels_option(parser: ArgumentParser) -> None:
    """Add --pixels, of a network that a file holds."""
    parser.add_argument(
        "--pixels", choices=tuple(PIXELS), help="values in which a network of your own reads images"
    )


def with_network(
    session: Session, spec: TrainSpec, name: str, pixels: str | None = None
) -> TrainSpec:
    """Return the spec of training the network that a person names.

    pixels: the values that it reads, None where nobody said so and its first layers may tell.
    Networks that are made for any images and classes are made for those of the data.
    """
    data = dataset_store.load(session.workspace, spec.data)
    classes = len(data.class_names)
    is_file = Path(name).is_file()
    shape = spec.input_shape or (None if is_file or ":" in name else data.image_shape)
    found = find_network(
        name, input_shape=shape, classes=classes, scratch=session.workspace.scratch
    )
    for note in found.notes:
        say(note)
    reads = pixels or guess_pixels(found.network, found.weights)
    digest = keep_network(session.workspace.networks, found.network, found.weights)
    named = Path(name).name if is_file else name
    return replace(spec, network=digest, name=named, pixels=reads, input_shape=None)


def dense_run(session: Session, given: Path, data: str, pixels: str | None = None) -> Job:
    """Return the finished job of a dense network: a run's id, or a file that is measured first.

    Raises NotFoundError if there is neither, and what the readers raise.
    """
    if not given.is_file():
        return _run(session, str(given))
    scratch = session.workspace.scratch
    try:
        weights, notes = keras_h5.read_upload(given.name, given, scratch=scratch)
    except (WeightsError, UploadError) as error:
        spec = _whole(session, given, data, pixels)
        if spec is None:
            raise error
        return session.finish(spec, 0)
    for note in notes:
        say(note)
    digest = keras_h5.keep(session.workspace.weights, weights)
    return session.finish(ImportSpec(data=data, weights=digest, name=given.name), 0)


def check_reach(session: Session, dense: Job, plans: Sequence[PrunePlan]) -> None:
    """Raise SettingsError for a plan that cuts more single weights than the network can lose."""
    network = network_of(dense)
    if network is not None and (reach := reach_of(network, session.workspace)):
        reach.check_plans(plans)


def _run(session: Session, given: str) -> Job:
    if not session.store.exists(given):
        raise NotFoundError(
            f"There is no file {given}, and no run has that id. Train a network with: "
            "python -m core train"
        )
    return network_run(session, given)


def _whole(session: Session, path: Path, data: str, pixels: str | None) -> ImportSpec | None:
    """Return the spec that measures the whole network in a file, None if the file holds none."""
    if path.suffix.lower() not in WHOLE:
        return None
    try:
        found = read_network(path, scratch=session.workspace.scratch)
    except (WeightsError, UploadError):
        # The first reader's reason is about weights; that of whole networks is said for .keras.
        if path.suffix.lower() == ".keras":
            raise
        return None
    for note in found.notes:
        say(note)
    digest = keep_network(session.workspace.networks, found.network, found.weights)
    reads = pixels or guess_pixels(found.network, found.weights)
    return ImportSpec(data=data, network=digest, name=path.name, pixels=reads)


def check_other_out(out: Path) -> None:
    """Raise WeightsError for an ending of --out in which no other network is written."""
    if out.suffix not in WRITTEN:
        raise WeightsError(NO_SUCH_ENDING.format(out.name, out.suffix))


def write_other(session: Session, made: Path, result: NetworkResult, out: Path) -> None:
    """Write the finished network in `made` to `out`, in the format of out's ending.

    .keras and .h5 are of the same architecture, .tflite and .onnx of the small network. Raises
    WeightsError for another ending.
    """
    if out.suffix == made.suffix:
        source = made
    elif out.suffix in SMALL and (small := _small(result, SMALL[out.suffix])):
        source = made.with_name(small)
    elif out.suffix == ".h5":
        return _converted(session, made, out)
    else:
        raise WeightsError(NO_SUCH_ENDING.format(out.name, out.suffix))
    with session.output(out) as part:
        shutil.copyfile(source, part)


def _small(result: NetworkResult, kind: str) -> str:
    """Return the small network's file, "" if there is none. Raises WeightsError with why."""
    compact = getattr(result, "compact", None) or {}
    if refused := compact.get(f"{kind}_refused"):
        raise WeightsError(str(refused))
    return str(compact.get(kind, ""))


def _converted(session: Session, made: Path, out: Path) -> None:
    from core.networks.keras_files.writer import write_network

    scratch = session.workspace.scratch
    found = read_network(made, scratch=scratch)
    with TemporaryDirectory(dir=scratch) as folder:
        path = Path(folder) / out.name
        write_network(path, found.network, found.weights or {}, scratch=scratch)
        with session.output(out) as part:
            shutil.copyfile(path, part)
