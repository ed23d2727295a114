"""What an imported run must be: records this program knows, weights that parse, plain files."""

import zipfile
from dataclasses import replace
from pathlib import Path

from core.archives.limits import MIB
from core.archives.zip_limits import check_count
from core.errors import RecordError, UploadError, WeightsError
from core.evaluation import cost
from core.evaluation.network_point import of_network_file
from core.evaluation.point import Counted, Point, layers_of, measured_again
from core.evaluation.results import NetworkResult
from core.evaluation.score import score
from core.federated.demo.spec import FederatedGridSpec
from core.federated.spec import FederatedComparisonSpec, FederatedSpec
from core.files import storage_errors
from core.grading.spec import GradeResult
from core.jobs.store.job import DONE
from core.jobs.store.store import SavedRun
from core.networks.formats import keras_h5
from core.networks.keras_files.reader import read_network
from core.networks.network import NetworkShape
from core.networks.network_store import NetworkSummary
from core.pruning.search.spec import CompeteResult
from core.records import FORMAT, Record
from core.runs.import_numbers import (
    check_competition,
    check_numbers,
    check_point,
    check_share,
)
from core.runs.specs import RECORDS
from core.text import binary_size

WEIGHTS = (".h5", ".keras")
MOST_ARRAYS = 1000
LARGEST_ARRAYS = 512 * MIB  # unpacked, of one .npz
PLAIN = (".csv", ".json", ".npz", ".tflite", ".onnx")
# A federated run may diverge: its losses are no numbers then, and it says so.
MAY_DIVERGE = (*FederatedSpec.kinds, FederatedComparisonSpec.kind, FederatedGridSpec.kind)


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
        check_point(result.point)
        _check_name(result.weights)
    if isinstance(result, GradeResult):
        for value in (v for g in result.grades for v in (g.accuracy, g.sparsity, g.score)):
            check_share("a number of a grade", 0.0 if value is None else value)
    if isinstance(result, CompeteResult):
        check_competition(result)
    if result is not None and run.kind not in MAY_DIVERGE:
        check_numbers(result.to_json(), "its result")


def _check_name(weights: str) -> None:
    """Refuse a weights file of another name than those that were parsed here."""
    path = Path(weights)
    if weights and (path.name != weights or path.suffix.lower() not in WEIGHTS):
        raise RecordError(f"{weights[:60]!r} is no name of a weights file")


def _result(run: SavedRun) -> Record | None:
    known = RECORDS[run.kind][1]
    return None if run.result is None else known.from_stored(run.result, run.result_format)


def measured_from_file(run: SavedRun, folder: Path, scratch: Path | None = None) -> SavedRun:
    """Return a network's run with what its weights file says in the place of what its zip says.

    The accuracy needs the images: it stays as claimed, see `core.runs.imported`. Without its file
    a network keeps its numbers, and has the score that they give. A file of the reference network
    is written anew from what the child read, as other processes read it without one.
    Raises WeightsError when the file is of another shape, StoreError where there is no room.
    """
    result = _result(run)
    if not isinstance(result, NetworkResult):
        return run
    path = folder / Path(result.weights).name
    shape = result.shape
    if not result.weights or not path.is_file():
        claimed = result.point
        point = replace(claimed, score=score(claimed.accuracy, claimed.sparsity))
    elif isinstance(shape, NetworkSummary):
        point = of_network_file(result.point, path, scratch)
    else:
        point = _of_file(result.point, path, shape, scratch)
    return replace(run, result=replace(result, point=point).to_json(), result_format=FORMAT)


def _of_file(point: Point, path: Path, shape: NetworkShape, scratch: Path | None) -> Point:
    weights, _ = keras_h5.read_upload(path.name, path, shape, scratch=scratch)
    with storage_errors("The weights", path.parent):
        keras_h5.write(path, weights)
    counted = Counted(layers_of(weights, shape), cost.useful_multiply_adds(weights, shape))
    return measured_again(point, path, weights, counted)


def check_file(path: Path) -> None:
    """Refuse a file that no run makes; weights are parsed in a limited child.

    Raises UploadError or WeightsError with the reason.
    """
    ending = path.suffix.lower()
    if ending in WEIGHTS:
        _check_weights(path)
    elif ending == ".npz":
        _check_arrays(path)
    elif ending not in PLAIN:
        raise UploadError(
            f"The bundle holds {path.name}, which no run makes. Import a zip exported by this "
            "program."
        )


def _check_arrays(path: Path) -> None:
    """Refuse arrays that grow beyond what a run leaves; they are read without a child later."""
    try:
        with path.open("rb") as file:
            check_count(file, MOST_ARRAYS)
            with zipfile.ZipFile(file) as archive:
                unpacked = sum(member.file_size for member in archive.infolist())
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile) as error:
        raise UploadError(f"{path.name} holds no arrays. Export the run again.") from error
    if unpacked > LARGEST_ARRAYS:
        raise UploadError(
            f"{path.name} unpacks to more than {binary_size(LARGEST_ARRAYS)}, which no run leaves. "
            "Import a zip exported by this program."
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
