"""What an imported run must be: records this program knows, weights that parse, plain files."""

from pathlib import Path

from core.errors import RecordError, UploadError
from core.jobs.store.store import SavedRun
from core.networks.formats import keras_h5
from core.runs.specs import RECORDS

WEIGHTS = (".h5", ".keras")
PLAIN = (".csv", ".json", ".npz", ".tflite")


def check_run(run: SavedRun) -> None:
    """Refuse settings or a result that are not of the run's kind.

    Raises RecordError or SettingsError with what is wrong.
    """
    if run.kind not in RECORDS:
        raise RecordError(f"{run.kind[:40]!r} is no kind of run that this program knows")
    spec, result = RECORDS[run.kind]
    spec.from_stored(run.settings, run.spec_format)
    if run.result is not None:
        result.from_stored(run.result, run.result_format)


def check_file(path: Path) -> None:
    """Refuse a file that no run makes; weights are parsed in a limited child.

    Raises UploadError or WeightsError with the reason.
    """
    ending = path.suffix.lower()
    if ending in WEIGHTS:
        keras_h5.read_upload(path.name, path)
    elif ending not in PLAIN:
        raise UploadError(
            f"The bundle holds {path.name}, which no run makes. Import a zip exported by this "
            "program."
        )
