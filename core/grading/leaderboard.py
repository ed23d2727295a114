"""Leaderboard: every person's best grade, and how it came about."""

from collections.abc import Sequence
from dataclasses import dataclass

from core import tables
from core.grading.grade import Grade, ranked
from core.grading.spec import GradeResult, GradeSpec
from core.jobs.store.job import DONE, Job
from core.jobs.store.store import Store

COLUMNS = (
    "rank",
    "name",
    "score",
    "accuracy",
    "sparsity",
    "zeros",
    "parameters",
    "error",
    "notes",
    "file",
)


@dataclass(frozen=True)
class Entry:
    """One person on the board: the best grade, and all scores in the order they were handed in."""

    best: Grade
    history: tuple[float, ...]


def gradings(store: Store, data: str) -> list[Job]:
    """Return the grading runs on one data set, newest first, whatever their state."""
    return [job for job in store.jobs(kind=GradeSpec.kind) if job.settings.get("data") == data]


def grades_of(job: Job) -> list[Grade]:
    """Return the grades of a grading run, none before it has finished.

    Raises RecordError if they are damaged, or of another version of this program.
    """
    if job.result is None:
        return []
    return list(GradeResult.from_stored(job.result, job.result_format).grades)


def board_of(jobs: Sequence[Job], like: Job) -> list[Entry]:
    """Return the leaderboard over the finished gradings done as one was, jobs newest first.

    Grades compare only on the same images, of the same architecture and with the same threshold;
    imported ones, which were
    not computed here, not at all.
    """
    counted = [
        grades_of(job)
        for job in reversed(jobs)
        if job.state == DONE and not job.imported and _measure(job) == _measure(like)
    ]
    return leaderboard(counted)


def _measure(job: Job) -> tuple[float, str, str]:
    spec = GradeSpec.from_stored(job.settings, job.spec_format)
    return spec.threshold, spec.hidden or "", f"{spec.network} {spec.pixels}"


def leaderboard(rounds: Sequence[Sequence[Grade]]) -> list[Entry]:
    """Return one entry per name, best first, over several gradings given oldest first."""
    attempts: dict[str, list[Grade]] = {}
    for grades in rounds:
        for each in grades:
            attempts.setdefault(each.name, []).append(each)
    best = ranked([max(tries, key=_rank_key) for tries in attempts.values()])
    return [Entry(each, tuple(g.score for g in attempts[each.name])) for each in best]


def _rank_key(each: Grade) -> tuple[bool, float]:
    return each.error is None, each.score


def to_csv(grades: Sequence[Grade]) -> str:
    """Return the grades as CSV, safe to open in a spreadsheet."""
    texts = ({"notes": " ".join(each.notes)} for each in grades)
    rows = (each.to_dict() | text for each, text in zip(grades, texts, strict=True))
    return tables.to_csv(COLUMNS, rows)
