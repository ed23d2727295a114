"""The author's own words in a report, kept between sessions."""

import json
from collections.abc import Mapping
from pathlib import Path

from core.errors import StoreError
from core.files import atomic_write, remedy_for


def load(folder: Path, digest: str) -> dict[str, str]:
    """Return the notes to the report with this digest: question number -> text."""
    path = folder / f"{digest}.json"
    if not path.is_file():
        return {}
    return {str(key): str(text) for key, text in json.loads(path.read_text()).items()}


def save(folder: Path, digest: str, notes: Mapping[str, str]) -> None:
    """Keep the notes, atomically. Raises StoreError when there is no room for them."""
    try:
        with atomic_write(folder / f"{digest}.json") as part:
            said = {key: text for key, text in notes.items() if text.strip()}
            part.write_text(json.dumps(said), encoding="utf-8")
    except OSError as error:
        remedy = remedy_for(error, folder, "Free some disk space and try again.")
        raise StoreError(f"The notes could not be kept ({error.strerror}). {remedy}") from error
