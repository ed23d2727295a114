"""What a cut network forgot: the same few images, seen by the dense network and by the cut one.

The images are validation images, which choices may see; the holdout stays for what is reported.
Source: Hooker et al. 2019, "What do compressed deep neural networks forget?", arXiv:1911.05248.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from core.evaluation.behaviour import Change, change_of, pictures_of
from core.evaluation.strip import strip_rows, surest_first
from core.records import Record, Spec
from core.settings import setting

EXEMPLARS = 12
SIDE = 96  # pixels: a page shows them at most this large
ANSWERS_FILE = "answers.npz"
BOTH_RIGHT, NEWLY_WRONG = "both right", "newly wrong"
NEWLY_RIGHT, BOTH_WRONG = "newly right", "both wrong"
KINDS = (BOTH_RIGHT, NEWLY_WRONG, NEWLY_RIGHT, BOTH_WRONG)


@dataclass(frozen=True)
class Answers:
    """What two networks answer. labels (n,); before, after (n, classes): probabilities."""

    labels: np.ndarray
    before: np.ndarray
    after: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Forgotten(Record):
    """What changed on `looked_at` validation images; `Change.row` counts within them.

    images: of the strip, the same for every cut of one dense network. exemplars: images newly
    wrong, those first of which the dense network was surest. counts: of each of KINDS.
    """

    class_names: tuple[str, ...]
    looked_at: int
    counts: tuple[int, ...]
    images: tuple[Change, ...]
    exemplars: tuple[Change, ...]


@dataclass(frozen=True, kw_only=True)
class ForgottenSpec(Spec):
    """The strip of a finished network, beside the dense network that it came from."""

    kind: ClassVar[str] = "forgotten"
    resources: ClassVar[str] = "interactive"

    data: str = setting(help="Digest of the data set")
    dense: str = setting(help="Run of the dense network")
    network: str = setting(help="Run of the network that was cut")


@dataclass(frozen=True, kw_only=True)
class ForgottenResult(Record):
    """The strip of a finished network. pictures: name of the file that has the images."""

    forgotten: Forgotten
    pictures: str = ANSWERS_FILE


def kind_of(change: Change) -> str:
    """Return which of KINDS an image is."""
    right = change.before == change.label, change.after == change.label
    return {
        (True, True): BOTH_RIGHT,
        (True, False): NEWLY_WRONG,
        (False, True): NEWLY_RIGHT,
        (False, False): BOTH_WRONG,
    }[right]


def kinds(labels: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return each image's place in KINDS. labels, before, after: (n,) classes."""
    was, now = before == labels, after == labels
    return np.select([was & now, was & ~now, ~was & now], [0, 1, 2], 3)


def forgotten(
    answers: Answers, class_names: tuple[str, ...], falls: np.ndarray | None = None
) -> Forgotten:
    """Return the strip, the pruned exemplars and the counts of what two networks answer.

    falls: as `core.evaluation.strip.strip_rows` takes it, the same for every cut of a network.
    """
    before, after = answers.before.argmax(axis=1), answers.after.argmax(axis=1)
    places = kinds(answers.labels, before, after)
    lost = np.flatnonzero(places == KINDS.index(NEWLY_WRONG))
    first = surest_first(lost, answers.before.max(axis=1))[:EXEMPLARS]
    strip = strip_rows(answers.before, answers.labels, falls)
    return Forgotten(
        class_names=class_names,
        looked_at=len(answers.labels),
        counts=tuple(int(n) for n in np.bincount(places, minlength=len(KINDS))),
        images=_changes(strip, answers),
        exemplars=_changes(first, answers),
    )


def _changes(rows: np.ndarray, answers: Answers) -> tuple[Change, ...]:
    told = answers.labels, answers.before, answers.after
    return tuple(change_of(int(row), *told) for row in rows)


def write_answers(folder: Path, found: Forgotten, answers: Answers, images: np.ndarray) -> str:
    """Write what both networks answer to every image, and the shown images; return the file's name.

    images: (n, ...) as the network reads them. The file: labels, before, after (n,) classes,
    before_confidence, after_confidence (n,), rows (k,), pictures (k, h, w, c) uint8.
    """
    rows = np.unique([each.row for each in (*found.images, *found.exemplars)]).astype(np.int64)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(
        folder / ANSWERS_FILE,
        labels=answers.labels,
        before=answers.before.argmax(axis=1),
        after=answers.after.argmax(axis=1),
        before_confidence=answers.before.max(axis=1),
        after_confidence=answers.after.max(axis=1),
        rows=rows,
        pictures=thumbnails(images[rows]),
    )
    return ANSWERS_FILE


def thumbnails(images: np.ndarray) -> np.ndarray:
    """Return images as a network reads them as (k, h, w, c) uint8, no side longer than SIDE."""
    pictures = pictures_of(images)
    step = -(-max(pictures.shape[1:3], default=1) // SIDE)
    return pictures[:, ::step, ::step]


def read_pictures(path: Path) -> Mapping[int, np.ndarray]:
    """Return row -> picture (h, w, c) uint8 of a file that `write_answers` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        return dict(zip(stored["rows"].tolist(), stored["pictures"], strict=True))
