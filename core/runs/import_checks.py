"""What the files inside an imported run must be: weights that parse, text that is text."""

from pathlib import Path

from core.errors import UploadError
from core.networks.formats import keras_h5

WEIGHTS = (".h5", ".keras")
PLAIN = (".csv", ".json", ".npz", ".tflite")


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
