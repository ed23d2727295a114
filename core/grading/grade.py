"""Grading: many weights files, one labelled set of images, one rule, a ranking.

An uploaded file is parsed in a limited child process only; here its arrays are counted and asked.
"""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.data.dataset import Dataset, Split
from core.digests import digest_of
from core.errors import LabError
from core.evaluation.accuracy import accuracy, class_accuracies, predict
from core.evaluation.score import score
from core.grading.doctor.case import Case, Finding
from core.grading.doctor.examine import examine, refused
from core.grading.submissions import Submission
from core.names import one_line
from core.networks.graph import Network
from core.networks.network import REFERENCE, NetworkShape, Weights
from core.networks.pixels import without_pixels
from core.progress import Progress
from core.text import percent

PARSERS = 2  # children that parse while the network answers; more only compete for the cores
AHEAD = 6  # parsed files waiting: 2.4 MB each
SAVE_EVERY = 10
Ask = Callable[[Weights, Any, np.ndarray], np.ndarray]  # of a NetworkShape or a Network
SHARED = "The same weights as"
NOT_NUMBERS = "The weights hold NaN or infinity, so no image can be judged."


@dataclass(frozen=True)
class Grade:
    """What one submission gets; numbers are None where the file could not be asked.

    error: the reason for a score of 0, None when all is well. rank: 1 is best, ties share it.
    findings: what the doctor says is wrong, each with its evidence and what to do.
    """

    name: str
    accuracy: float | None
    sparsity: float | None
    zeros: int | None
    parameters: int | None
    score: float
    error: str | None
    rank: int = 0
    file: str = ""
    digest: str = ""
    per_class_accuracy: tuple[float | None, ...] = ()
    notes: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()

    @property
    def told(self) -> tuple[str, ...]:
        """What is said beside a number or an error: the doctor's findings, then the notes."""
        return (*self.findings, *self.notes)

    def to_dict(self) -> dict[str, Any]:
        """Return the grade as JSON-ready values."""
        return asdict(self) | {
            "per_class_accuracy": list(self.per_class_accuracy),
            "notes": list(self.notes),
            "findings": list(self.findings),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Grade":
        """Build the grade that `to_dict` wrote."""
        several = ("per_class_accuracy", "notes", "findings")  # the last since version 0.2
        lists = {key: tuple(values.get(key, ())) for key in several}
        return cls(**(values | lists))


def cause(grade: Grade, threshold: float) -> tuple[str, str]:
    """Return a grade's state in two words, and in a sentence why it is not simply graded."""
    if grade.error is not None:
        return "Not graded", _first_sentence(grade.error)
    if grade.accuracy is not None and grade.accuracy <= threshold:
        low = f"Accuracy {percent(grade.accuracy)} is not above {threshold:g}."
        return "Scores 0", " ".join((low, *map(_first_sentence, grade.findings[:1])))
    if not grade.zeros:
        none = "No weight is exactly zero."
        return "Scores 0", " ".join((none, *map(_first_sentence, grade.findings[:1])))
    return "Graded", _first_sentence(" ".join(grade.told))


def _first_sentence(text: str) -> str:
    """Return a text up to the first full stop that ends a sentence."""
    first, stop, _ = text.partition(". ")
    return first + "." if stop else first


def graded_images(dataset: Dataset) -> tuple[Split, NetworkShape]:
    """Return the images to grade on, as the network reads them, and the network's shape.

    All of the test set, or of the validation set where there is no test set: grading chooses
    nothing, so nothing has to be held back.
    """
    return as_read(dataset.test or dataset.validation, len(dataset.class_names))


def as_read(split: Split, classes: int) -> tuple[Split, NetworkShape]:
    """Return images resized to the reference network's input, and the network's shape."""
    from core.data.images import fit  # its Pillow is not in an autograder

    shape = NetworkShape(REFERENCE.input_shape, classes)
    images, _ = fit(split.images, shape.input_shape)
    resized = Split(images, np.asarray(split.labels, np.int64))
    return Split(resized.as_float(), resized.labels), shape


def grade(
    submissions: Sequence[Submission],
    images: Split,
    shape: NetworkShape | Network,
    progress: Progress,
    threshold: float = 0.6,
    *,
    ask: Ask = predict,
    scratch: Path | None = None,
) -> list[Grade]:
    """Return one grade per submission, ranked, best first; a broken file never stops the others.

    shape: of the reference network, or another network of whose architecture the hand-ins are. ask:
    returns the probabilities of a network's images. scratch: where files are worked on while they
    are read, the workspace's own if None.
    """
    done = _resumed(progress)
    waiting = submissions[len(done) :]
    for submission, parsed in _parsed(waiting, shape, scratch):
        done.append(_graded(submission, parsed, images, shape, threshold, ask))
        progress.report(len(done), len(submissions), f"Graded {submission.name}")
        if len(done) % SAVE_EVERY == 0:
            progress.save({"grades": np.frombuffer(_to_json(done), np.uint8)})
    return ranked(_copies_noted(done))


def _to_json(grades: Sequence[Grade]) -> bytes:
    return json.dumps([each.to_dict() for each in grades]).encode()


def _resumed(progress: Progress) -> list[Grade]:
    saved = progress.load()
    if saved is None:
        return []
    return [Grade.from_dict(values) for values in json.loads(saved["grades"].tobytes())]


Parsed = tuple[Weights, tuple[str, ...]] | LabError


def _parsed(
    submissions: Iterable[Submission], shape: NetworkShape | Network, scratch: Path | None
) -> Iterator[tuple[Submission, Parsed]]:
    """Yield each submission with its weights, or the error; a few files are parsed ahead."""
    queue: deque[tuple[Submission, Future[Parsed]]] = deque()
    with ThreadPoolExecutor(PARSERS) as parsers:
        for submission in submissions:
            queue.append((submission, parsers.submit(_parse, submission, shape, scratch)))
            if len(queue) > AHEAD:
                first, future = queue.popleft()
                yield first, future.result()
        for first, future in queue:
            yield first, future.result()


def _parse(submission: Submission, shape: NetworkShape | Network, scratch: Path | None) -> Parsed:
    from core.networks.formats.keras_h5 import read_upload

    if submission.error:
        return LabError(submission.error)
    try:
        if isinstance(shape, Network):
            from core.networks.keras_files.handed_in import read_handed_in

            return read_handed_in(submission.path, without_pixels(shape), scratch=scratch)
        return read_upload(submission.file, submission.path, shape, scratch=scratch)
    except LabError as error:
        return error


def _graded(
    submission: Submission,
    parsed: Parsed,
    images: Split,
    shape: NetworkShape | Network,
    threshold: float,
    ask: Ask,
) -> Grade:
    if isinstance(parsed, LabError):
        return _failed(submission, str(parsed), shape)
    weights, notes = parsed[0], (*parsed[1], *submission.notes)
    zeros = sum(int((array == 0).sum()) for array in weights.values())
    counted = Grade(
        submission.name,
        accuracy=None,
        sparsity=zeros / shape.parameters,
        zeros=zeros,
        parameters=shape.parameters,
        score=0.0,
        error=NOT_NUMBERS,
        file=one_line(submission.file),
        digest=content_digest(weights),
        notes=notes,
    )
    if not all(np.isfinite(array).all() for array in weights.values()):
        return counted
    answers = ask(weights, shape, images.images)
    findings: tuple[Finding, ...] = ()
    if isinstance(shape, NetworkShape):  # the doctor knows what goes wrong with the reference
        findings = examine(Case(weights, shape, images, notes, given=answers))
    counted = replace(counted, findings=tuple(finding.sentence for finding in findings))
    return _asked(counted, answers, images, threshold)


def _asked(counted: Grade, answers: np.ndarray, images: Split, threshold: float) -> Grade:
    reached = accuracy(answers, images.labels)
    sparsity = counted.sparsity or 0.0
    return replace(
        counted,
        accuracy=reached,
        score=score(reached, sparsity, threshold),
        error=None,
        per_class_accuracy=class_accuracies(answers, images.labels),
    )


def _failed(submission: Submission, reason: str, shape: NetworkShape | Network) -> Grade:
    # The doctor knows what goes wrong with the reference; others have layers that it lacks.
    told = refused(reason) if isinstance(shape, NetworkShape) else ()
    findings = tuple(finding.sentence for finding in told)
    return Grade(
        submission.name,
        accuracy=None,
        sparsity=None,
        zeros=None,
        parameters=None,
        score=0.0,
        error=reason,
        file=one_line(submission.file),
        notes=submission.notes,
        findings=findings,
    )


def content_digest(weights: Weights) -> str:
    """Return the identity of the weights' values, whatever file they came in."""
    pairs = ((n, np.asarray(weights[n], np.float32).tobytes()) for n in sorted(weights))
    return digest_of(*(part for pair in pairs for part in pair))


def _copies_noted(grades: Sequence[Grade]) -> list[Grade]:
    """Say on every file with the same weights as another person's, whose they are as well."""
    owners: dict[str, list[str]] = {}
    for each in grades:
        if each.digest and each.name not in owners.setdefault(each.digest, []):
            owners[each.digest].append(each.name)
    return [_copy_noted(each, owners.get(each.digest, [])) for each in grades]


def _copy_noted(each: Grade, owners: Sequence[str]) -> Grade:
    others = [name for name in owners if name != each.name]
    if not others:
        return each
    return replace(each, notes=(*each.notes, f"{SHARED} {', '.join(others)}."))


def without_others(each: Grade) -> Grade:
    """Return a grade that names nobody else: what its own person may read."""
    return replace(each, notes=tuple(n for n in each.notes if not n.startswith(SHARED)))


def ranked(grades: Sequence[Grade]) -> list[Grade]:
    """Return the grades best first; equal scores share a rank and the next rank is skipped.

    Files with an error come last, in the order they arrived, all with the last rank.
    """
    order = sorted(grades, key=lambda g: (g.error is not None, -g.score))
    ranks: list[Grade] = []
    for position, each in enumerate(order, start=1):
        tied = ranks and _place(ranks[-1]) == _place(each)
        ranks.append(replace(each, rank=ranks[-1].rank if tied else position))
    return ranks


def _place(each: Grade) -> tuple[bool, float]:
    return each.error is not None, each.score
