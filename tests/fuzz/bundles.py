"""A run's record and history out of a zip, as bytes: what the web server reads of a bundle."""

import json
import random

from core.errors import LabError, UploadError
from core.grading.grade import Grade
from core.grading.spec import GradeResult, GradeSpec
from core.jobs.store.spec import StoredSpec
from core.jobs.store.store import identity
from core.jobs.transfer.bundle_import import _read_run
from core.jobs.transfer.bundle_members import Members
from core.pruning.plan import PrunePlan
from core.pruning.spec import PruneSpec
from core.runs.import_checks import check_run
from tests.fuzz.json_changes import changed_json
from tests.odd_bundles import network, record

ID_CHARACTERS = 16
BETWEEN = b"\0"  # id, record, history: one file


class OneRun(Members):
    """The members of a bundle of one run, in memory."""

    def __init__(self, content: bytes) -> None:
        self.id, self._record, self._history = [*content.split(BETWEEN, 2), b"", b""][:3]
        self._text_bytes = self._values = 0

    def text(self, name: str) -> str:
        """Return the record or the history. Raises UploadError if it is no text."""
        try:
            return (self._history if name.endswith(".csv") else self._record).decode()
        except UnicodeDecodeError as error:
            raise UploadError(f"{name} is no text. Export the run again.") from error


def read_bundle(content: bytes) -> object:
    """Read one run as an import does; what a forger would sign is signed."""
    members = OneRun(signed(content))
    return _read_run(members, members.id[:ID_CHARACTERS].decode("latin-1"), check_run)


def signed(content: bytes) -> bytes:
    """Return the run under the id of its own settings, which anybody can compute.

    Without it changed settings would be refused before they are read. What has none is returned.
    """
    _, text, history = [*content.split(BETWEEN, 2), b"", b""][:3]
    try:
        run = json.loads(text)
        run["id"] = identity(StoredSpec(run["kind"], run["settings"], "numpy"), run["seed"])
    except (ValueError, TypeError, KeyError, LabError, RecursionError):
        return content
    return BETWEEN.join((run["id"].encode(), json.dumps(run).encode(), history))


def changed_bundle(content: bytes, chance: random.Random) -> bytes:
    """Return the run with other values in its record, which stays JSON."""
    id, text, history = [*content.split(BETWEEN, 2), b"", b""][:3]
    return BETWEEN.join((id, changed_json(text, chance), history))


def bundle_seeds() -> list[bytes]:
    """Return a network with its curve, and a grading."""
    grade = Grade("anna", 0.7, 0.9, 9, 10, 0.8, None, rank=1, file="anna/w.h5")
    pruned = PruneSpec(data="d" * 16, dense="e" * 16, plan=PrunePlan())
    graded = GradeSpec(data="d" * 16, files="f" * 16)
    runs = (
        record(pruned, network(0.7, 0.9, score=0.8)),
        record(graded, GradeResult(grades=(grade,), images=5)),
    )
    history = b"step,accuracy,loss\n1,0.5,1.25\n2,,nan\n"
    parts = ((run["id"].encode(), json.dumps(run).encode(), history) for run in runs)
    return [BETWEEN.join(each) for each in parts]
