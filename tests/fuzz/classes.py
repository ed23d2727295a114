"""A class's zip as bytes: everything grading does with it before a file is graded."""

import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

from core.archives import extract
from core.archives.child import Source
from core.archives.limits import LIMITS, MIB
from core.grading import found_files, submissions
from core.grading.people import ZIP_ENDINGS, Found
from tests.grading import class_exports

SMALL = replace(LIMITS, unpacked_bytes=8 * MIB, members=500)
FEW = 5


def read_class(content: bytes) -> object:
    """Unpack a class's zip as the child does, find out who is in it as the server does."""
    with tempfile.TemporaryDirectory(prefix="fuzz-class-") as folder:
        place = Path(folder)
        return submissions._of_people("class.zip", unpacked(content, place), place, FEWER)


FEWER = found_files.Limits(files=100)


def unpacked(content: bytes, place: Path) -> list[Found]:
    """Return what the child's entry point finds, written by the parent's half."""
    (place / "given").write_bytes(content)
    spool_path = place / "spool"
    with (place / "given").open("rb", buffering=0) as file, spool_path.open("w+b") as spool:
        source = Source(file, spool, lambda share, what: None, SMALL)
        nested = [f"*{ending}" for ending in ZIP_ENDINGS]
        answer, arrays = extract.unpack_kept(source, list(found_files.KEPT), nested, strict=False)
    members = [extract.Extracted(**fields) for fields in answer["members"]]
    starts = [int(start) for start in arrays["starts"]]
    return found_files._as_found(extract._written(members, starts, spool_path, place))


def class_seeds() -> list[bytes]:
    """Return a small class of every platform, stored, so that changes reach the texts in it."""
    return [stored(make(class_exports.PEOPLE[:FEW], b"h" * 60)) for make in PLATFORMS]


PLATFORMS = (
    *(class_exports.gradescope, class_exports.canvas, class_exports.moodle),
    *(class_exports.blackboard, class_exports.brightspace, class_exports.github_classroom),
)


def stored(export: class_exports.Class) -> bytes:
    """Return the export as a zip without compression."""
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in export.files.items():
                archive.writestr(name, content)
        file.seek(0)
        return file.read()
