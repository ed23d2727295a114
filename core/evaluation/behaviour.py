"""What pruning changed: which images, which classes, how sure the network is.

Accuracy alone hides that some classes and some images pay first. Source: Hooker et al. 2019,
"What do compressed deep neural networks forget?", arXiv:1911.05248.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from core.evaluation.accuracy import agreement, class_accuracies, confusion, predict
from core.evaluation.counts import STORED, Counts
from core.evaluation.point import as_rows
from core.networks.network import Weights
from core.progress import Progress
from core.records import JsonObject, Record, Spec
from core.settings import setting

if TYPE_CHECKING:
    from core.networks.graph import Network
    from core.networks.network import NetworkShape
    from core.networks.prepare import Splits

LISTED = 24  # images per list: more than fits a page is noise, and thumbnails cost bytes
PICTURES_FILE = "behaviour.npz"


@dataclass(frozen=True)
class ComparedNetwork:
    """One network to compare: the id and label of its point, and its weights."""

    id: str
    label: str
    weights: Weights


@dataclass(frozen=True)
class Change:
    """One image that two networks see differently; row counts within the holdout.

    label, before, after: class indices. confidences: the probability of the predicted class.
    """

    row: int
    label: int
    before: int
    after: int
    before_confidence: float
    after_confidence: float


@dataclass(frozen=True)
class Behaviour:
    """How one network differs from the reference on the same labelled images.

    new_errors: right before, wrong now. fixed: wrong before, right now. changed_errors: wrong both
    times, differently. Lists hold at most LISTED changes, those with the surest answer first;
    *_count says how many there are. per_class_delta: accuracy now minus before.
    """

    id: str
    label: str
    accuracy: float
    agreement: float
    per_class_accuracy: tuple[float | None, ...]
    per_class_delta: tuple[float | None, ...]
    confusion: Counts = field(metadata=STORED)
    confusion_delta: Counts = field(metadata=STORED)
    confidence: float
    confidence_delta: float
    new_errors_count: int
    fixed_count: int
    changed_errors_count: int
    new_errors: tuple[Change, ...]
    fixed: tuple[Change, ...]


@dataclass(frozen=True)
class PrunedExemplar:
    """An image that the reference gets right and `lost` of the compared networks get wrong."""

    row: int
    label: int
    lost: int


@dataclass(frozen=True)
class ClassChange:
    """How many images a class has, and how many of them most networks re-label."""

    images: int
    relabelled: int


@dataclass(frozen=True, kw_only=True)
class BehaviourSpec(Spec):
    """A comparison of predictions. points: ids of the networks' runs, the reference first."""

    kind: ClassVar[str] = "behaviour"
    resources: ClassVar[str] = "tensorflow"

    data: str = setting(help="Digest of the data set")
    points: tuple[str, ...] = setting((), help="Runs of the networks, the reference first")


def _second_form(old: JsonObject) -> JsonObject:
    """Return the JSON of version 0.1 under the names of today."""
    new = {
        "mended": "fixed",
        "mended_count": "fixed_count",
        "reworded_count": "changed_errors_count",
    }
    networks = [
        {new.get(key, key): value for key, value in network.items()} for network in old["networks"]
    ]
    return {**old, "networks": networks, "pruned_exemplars": old["paid_first"]}


@dataclass(frozen=True, kw_only=True)
class BehaviourResult(Record):
    """What changed. networks: of each, the reference included. pictures: name of the file."""

    earlier: ClassVar = {1: _second_form}

    reference: str
    class_names: tuple[str, ...]
    images: int
    networks: tuple[Behaviour, ...]
    pruned_exemplars: tuple[PrunedExemplar, ...]
    classes: tuple[ClassChange, ...]
    pictures: str = PICTURES_FILE


def compare(
    network: tuple[str, str], labels: np.ndarray, before: np.ndarray, after: np.ndarray
) -> Behaviour:
    """Return what differs between two networks' probabilities on the same images.

    network: id and label of the second one. labels (n,); before, after (n, classes).
    """
    old, new = before.argmax(axis=1), after.argmax(axis=1)
    was, now = old == labels, new == labels
    counts = [confusion(answers, labels) for answers in (before, after)]
    accuracies = [class_accuracies(answers, labels) for answers in (before, after)]
    new_errors, fixed = np.flatnonzero(was & ~now), np.flatnonzero(~was & now)
    return Behaviour(
        id=network[0],
        label=network[1],
        accuracy=float(now.mean()),
        agreement=agreement(before, after),
        per_class_accuracy=accuracies[1],
        per_class_delta=_deltas(*accuracies),
        confusion=as_rows(counts[1]),
        confusion_delta=as_rows(counts[1] - counts[0]),
        confidence=float(after.max(axis=1).mean()),
        confidence_delta=float(after.max(axis=1).mean() - before.max(axis=1).mean()),
        new_errors_count=len(new_errors),
        fixed_count=len(fixed),
        changed_errors_count=int((~was & ~now & (old != new)).sum()),
        new_errors=_listed(new_errors, labels, before, after),
        fixed=_listed(fixed, labels, before, after),
    )


def _deltas(
    before: Sequence[float | None], after: Sequence[float | None]
) -> tuple[float | None, ...]:
    pairs = zip(before, after, strict=True)
    return tuple(None if old is None or new is None else new - old for old, new in pairs)


def _listed(
    rows: np.ndarray, labels: np.ndarray, before: np.ndarray, after: np.ndarray
) -> tuple[Change, ...]:
    sureness = after[rows].max(axis=1) if len(rows) else np.zeros(0)
    surest_first = rows[np.argsort(-sureness, kind="stable")][:LISTED]
    return tuple(change_of(int(row), labels, before, after) for row in surest_first)


def change_of(row: int, labels: np.ndarray, before: np.ndarray, after: np.ndarray) -> Change:
    """Return what two networks answer to one image; arrays as those of `compare`."""
    return Change(
        row=row,
        label=int(labels[row]),
        before=int(before[row].argmax()),
        after=int(after[row].argmax()),
        before_confidence=float(before[row].max()),
        after_confidence=float(after[row].max()),
    )


def pruned_exemplars(
    labels: np.ndarray, before: np.ndarray, after: np.ndarray
) -> tuple[PrunedExemplar, ...]:
    """Return the images that compression takes away, those lost by most networks first.

    labels (n,); before (n,) and after (networks, n): predicted classes.
    """
    right = before == labels
    lost = ((after != labels) & right).sum(axis=0)
    order = np.argsort(-lost, kind="stable")[:LISTED]
    return tuple(PrunedExemplar(int(r), int(labels[r]), int(lost[r])) for r in order if lost[r])


def disagreeing_classes(
    labels: np.ndarray, before: np.ndarray, after: np.ndarray, classes: int
) -> tuple[ClassChange, ...]:
    """Return per class how many images it has, and how many the majority of networks re-labels.

    These are the "pruning identified exemplars": the networks' most frequent answer (ties go to
    the lower class) differs from the reference's.
    """
    votes = np.stack([(after == c).sum(axis=0) for c in range(classes)])
    moved = votes.argmax(axis=0) != before
    return tuple(
        ClassChange(int((labels == c).sum()), int((moved & (labels == c)).sum()))
        for c in range(classes)
    )


def behaviour(
    networks: Sequence[ComparedNetwork],
    shape: "NetworkShape | Network",
    prepared: "Splits",
    folder: Path,
    progress: Progress,
) -> BehaviourResult:
    """Compare every network with the first on the holdout.

    Writes `folder`/behaviour.npz: rows (k,), pictures (k, h, w, c) uint8 of every listed image.
    """
    probabilities = _predict_all(networks, shape, prepared, progress)
    labels, reference = np.asarray(prepared.holdout.labels), probabilities[0]
    compared = [
        compare((network.id, network.label), labels, reference, after)
        for network, after in zip(networks, probabilities, strict=True)
    ]
    answers = np.stack([p.argmax(axis=1) for p in probabilities[1:]] or [reference.argmax(axis=1)])
    before = reference.argmax(axis=1)
    exemplars = pruned_exemplars(labels, before, answers)
    _write_pictures(folder, prepared.holdout.images, compared, exemplars)
    return BehaviourResult(
        reference=networks[0].id,
        class_names=tuple(prepared.class_names),
        images=len(labels),
        networks=tuple(compared),
        pruned_exemplars=exemplars,
        classes=disagreeing_classes(labels, before, answers, shape.classes),
        pictures=PICTURES_FILE,
    )


def _predict_all(
    networks: Sequence[ComparedNetwork],
    shape: "NetworkShape | Network",
    prepared: "Splits",
    progress: Progress,
) -> list[np.ndarray]:
    answers = []
    for index, network in enumerate(networks):
        progress.report(index, len(networks), f"Asking {network.label}")
        answers.append(predict(network.weights, shape, prepared.holdout.images))
    progress.report(len(networks), len(networks), "Compared")
    return answers


def _write_pictures(
    folder: Path,
    images: np.ndarray,
    compared: Sequence[Behaviour],
    exemplars: Sequence[PrunedExemplar],
) -> None:
    listed = {c.row for each in compared for c in (*each.new_errors, *each.fixed)}
    rows = np.array(sorted(listed | {each.row for each in exemplars}), dtype=np.int64)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / PICTURES_FILE, rows=rows, pictures=pictures_of(images[rows]))


def pictures_of(images: np.ndarray) -> np.ndarray:
    """Return images as a network reads them, (k, ...) in [0, 1], as (k, h, w, c) uint8."""
    if images.ndim != 4:  # rows of values, as one line of grey
        images = images.reshape(len(images), 1, -1, 1)
    return np.asarray((np.clip(images, 0.0, 1.0) * 255).round(), np.uint8)
