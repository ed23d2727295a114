"""What an imported run must be: records this program knows, weights that parse, plain files."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from core.errors import RecordError, UploadError, WeightsError
from core.evaluation import cost
from core.evaluation.network_point import of_network_file
from core.evaluation.point import Counted, Point, layers_of, measured_again
from core.evaluation.results import NetworkResult
from core.grading.spec import GradeResult
from core.jobs.store.job import DONE
from core.jobs.store.store import SavedRun
from core.networks.formats import keras_h5
from core.networks.keras_files.reader import read_network
from core.networks.network import NetworkShape
from core.networks.network_store import NetworkSummary
from core.records import FORMAT, Record
from core.runs.specs import RECORDS

WEIGHTS = (".h5", ".keras")
PLAIN = (".csv", ".json", ".npz", ".tflite", ".onnx")
LARGEST = 2**63 - 1  # what a database counts to
LONGEST_LABEL, LONGEST_NOTE, MOST_NOTES = 300, 2000, 100


def check_run(run: SavedRun) -> None:
    """Refuse settings or a result that are not of the run's kind.

    Raises RecordError or SettingsError with what is wrong.
    """
    if run.kind not in RECORDS:
        raise RecordError(f"{run.kind[:40]!r} is no kind of run that this program knows")
    RECORDS[run.kind][0].from_stored(run.settings, run.spec_format)
    if run.state == DONE and run.result is None:
        raise RecordError("it is done and has no result")
    result = _result(run)
    if isinstance(result, NetworkResult):
        _check_point(result.point)
    if isinstance(result, GradeResult):
        for grade in result.grades:
            _check_share("a score", grade.score)


def _result(run: SavedRun) -> Record | None:
    known = RECORDS[run.kind][1]
    return None if run.result is None else known.from_stored(run.result, run.result_format)


def _check_point(point: Point) -> None:
    for name in ("accuracy", "validation_accuracy", "sparsity", "score"):
        _check_share(f"the {name}", getattr(point, name))
    for number in (point.epochs, point.seconds, point.latency_seconds or 0.0):
        if not math.isfinite(number) or number < 0:
            raise RecordError(f"a number of the network is {number}")
    _check_numbers(point.to_json())
    classes = len(point.per_class_accuracy)
    if [len(row) for row in point.confusion] != [classes] * classes:
        raise RecordError("its confusion matrix does not have a row and a column for each class")
    if len(point.label) > LONGEST_LABEL or len(point.notes) > MOST_NOTES:
        raise RecordError("its label or its notes are endless")
    if any(len(note) > LONGEST_NOTE for note in point.notes):
        raise RecordError("one of its notes is endless")


def _check_numbers(value: object, place: str = "its network") -> None:
    """Refuse numbers that no chart, no page's JSON and no sum can take, wherever they stand."""
    if isinstance(value, float) and not math.isfinite(value):
        raise RecordError(f"{place} is {value}")
    if isinstance(value, int) and abs(value) > LARGEST:
        raise RecordError(f"{place} is beyond counting")
    for name, part in _parts(value):
        _check_numbers(part, f"{place}, {str(name)[:40]}")


def _parts(value: object) -> Iterable[tuple[object, object]]:
    """Return what stands in a JSON value, by name or place."""
    if isinstance(value, Mapping):
        return value.items()
    return enumerate(value) if isinstance(value, list | tuple) else ()


def _check_share(name: str, value: float) -> None:
    if not 0.0 <= value <= 1.0:  # not a number fails too
        raise RecordError(f"{name} is {value}, not between 0 and 1")


def measured_from_file(run: SavedRun, folder: Path, scratch: Path | None = None) -> SavedRun:
    """Return a network's run with what its weights file says in the place of what its zip says.

    The accuracy needs the images: it stays as claimed, see `core.runs.imported`. Without its file
    a network is returned as it is. Raises WeightsError when the file is of another shape.
    """
    result = _result(run)
    if not isinstance(result, NetworkResult):
        return run
    path = folder / Path(result.weights).name
    if not result.weights or not path.is_file():
        return run
    shape = result.shape
    if isinstance(shape, NetworkSummary):
        point = of_network_file(result.point, path, scratch)
    else:
        point = _of_file(result.point, path, shape, scratch)
    return replace(run, result=replace(result, point=point).to_json(), result_format=FORMAT)


def _of_file(point: Point, path: Path, shape: NetworkShape, scratch: Path | None) -> Point:
    weights, _ = keras_h5.read_upload(path.name, path, shape, scratch=scratch)
    counted = Counted(layers_of(weights, shape), cost.useful_multiply_adds(weights, shape))
    return measured_again(point, path, weights, counted)


def check_file(path: Path) -> None:
    """Refuse a file that no run makes; weights are parsed in a limited child.

    Raises UploadError or WeightsError with the reason.
    """
    ending = path.suffix.lower()
    if ending in WEIGHTS:
        _check_weights(path)
    elif ending not in PLAIN:
        raise UploadError(
            f"The bundle holds {path.name}, which no run makes. Import a zip exported by this "
            "program."
        )


def _check_weights(path: Path) -> None:
    """Refuse a file that holds neither the reference network's weights nor a whole network."""
    try:
        keras_h5.read_upload(path.name, path)
    except WeightsError as error:
        try:
            read_network(path)
        except (WeightsError, UploadError):
            raise error from None
