"""The best cut that a sweep made of its own network before any fine-tuning, with its file."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import RecordError
from core.jobs.store.store import Store
from core.pruning.preview.first_cuts import FOLDER, RESULT_FILE, FirstCut
from core.pruning.preview.spec import PreviewResult
from core.runs.activity import Family
from core.workspace import Workspace


@dataclass(frozen=True)
class KeptCut:
    """A cut without retraining. folder: has its weights file and the pictures of its images."""

    result: PreviewResult
    folder: Path

    @property
    def weights(self) -> Path:
        """The file of the network as the cut left it."""
        return self.folder / Path(self.result.weights).name


def kept_cut(store: Store, workspace: Workspace, sweep: str) -> KeptCut | None:
    """Return the cut that a sweep's own training left, None where there is none (yet)."""
    training = next((job for job in store.jobs(parent=sweep) if job.kind == "train"), None)
    folder = workspace.artifacts(training.id) / FOLDER if training else None
    if training is None or folder is None or not (folder / RESULT_FILE).is_file():
        return None
    if training.imported or training.attempt == 0:  # a folder that came with an imported run
        return None
    try:
        text = (folder / RESULT_FILE).read_text("utf-8")
        found = KeptCut(PreviewResult.from_json(json.loads(text)), folder)
    except (OSError, ValueError, RecordError):
        return None
    return found if found.weights.is_file() else None


def with_kept(found: Family, kept: KeptCut | None) -> Family:
    """Return the family with the kept cut in the place of the same cut during the training.

    It was measured on more images: one network has one number, on a chart and in a sentence.
    """
    if kept is None:
        return found
    plan = kept.result.plan
    own = FirstCut(plan.method, plan.sparsity, kept.result.accuracy, 0)
    same = (own.method, own.sparsity)
    cuts = tuple(own if (cut.method, cut.sparsity) == same else cut for cut in found.cuts)
    return replace(found, cuts=cuts)
