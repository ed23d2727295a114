"""What a report rests on: points, federated histories, the runs behind them, versions."""

import platform
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TypeVar

from core.errors import RecordError
from core.evaluation.point import Point
from core.jobs.store.job import DONE, Job
from core.jobs.store.store import Store
from core.report.answers.federated_evidence import diverged
from core.runs.federated_names import distinct, named
from core.runs.finished.dataset_names import class_names_of, data_names
from core.runs.finished.histories import History, history_of
from core.runs.finished.networks import network_of
from core.runs.finished.reportable import with_children
from core.runs.finished.samples import sample_class_names, sample_histories, sample_points
from core.runs.selection import told_apart
from core.runs.setting_rows import run_settings
from core.runs.specs import data_of
from core.settings import digest
from core.text import plural
from core.workspace import Workspace

T = TypeVar("T")
SAMPLE_NAME = "the bundled garments"
PACKAGES = ("numpy", "tensorflow", "keras", "streamlit", "plotly")


@dataclass(frozen=True)
class RunRow:
    """A job in the report's table of runs; the state of one that was imported says so.

    seconds: None where its times are not known.
    """

    id: str
    kind: str
    state: str
    seed: int
    data: str
    seconds: float | None
    settings: str


@dataclass(frozen=True)
class Evidence:
    """Everything that sentences are computed from.

    runs: one row per job. versions: name -> version. class_names, data_name: of the points' data
    set. remark: what was left out, or "".
    """

    title: str
    points: tuple[Point, ...] = ()
    histories: tuple[History, ...] = ()
    runs: tuple[RunRow, ...] = ()
    versions: tuple[tuple[str, str], ...] = ()
    class_names: tuple[str, ...] = ()
    remark: str = ""
    data_name: str = ""

    @property
    def digest(self) -> str:
        """Identity of the runs reported on."""
        return digest({"runs": [run.id for run in self.runs]})


def gather(store: Store, workspace: Workspace, ids: Sequence[str], title: str) -> Evidence:
    """Return the evidence of these runs, their children, and the networks they came from.

    Raises NotFoundError for a run that does not exist.
    """
    jobs = sorted(with_children(store, ids), key=lambda job: job.sequence)
    done = [job for job in jobs if job.state == DONE]
    finished = [job for job in done if not job.imported]  # the others are somebody's word
    found = [network for job in finished if (network := network_of(job)) is not None]
    comparable = _of_most(found, lambda network: network.data)
    ran = [h for job in finished if (h := _history(job, workspace)) is not None]
    alike = _of_most(ran, lambda history: history.spec.task)
    histories = named(distinct(alike))
    digests = [data_of(job) for job in jobs]
    names = data_names(workspace, [d for d in dict.fromkeys(digests) if d])
    return Evidence(
        title,
        tuple(told_apart([network.point for network in comparable])),
        tuple(histories),
        tuple(_run_row(job, names) for job in jobs),
        versions(),
        class_names_of(workspace, comparable[0]) if comparable else (),
        " ".join(
            (
                *_imported(len(done) - len(finished)),
                *_left_out("Networks", len(found) - len(comparable)),
                *_left_out("Federated runs", len(ran) - len(alike)),
                *diverged(histories),
            )
        ),
        data_names(workspace, [comparable[0].data])[comparable[0].data] if comparable else "",
    )


def _history(job: Job, workspace: Workspace) -> History | None:
    """Return a federated run's history; one that cannot be read does not stop the report."""
    try:
        return history_of(job, workspace)
    except RecordError:
        return None


def _of_most(found: Sequence[T], data: Callable[[T], str]) -> list[T]:
    """Return those on the data that most of them are on, of equals the newest."""
    most = [name for name, _ in Counter(map(data, reversed(found))).most_common(1)]
    return [each for each in found if data(each) in most]


def _imported(count: int) -> list[str]:
    if count == 0:
        return []
    return [
        f"{plural(count, 'imported run')} of others' machines: listed among the runs and marked, "
        "in no chart and no sentence."
    ]


def _left_out(what: str, count: int) -> list[str]:
    if count == 0:
        return []
    return [
        f"{what} on other data sets are left out ({count}): "
        "accuracies on different images do not compare."
    ]


def _run_row(job: Job, names: dict[str, str]) -> RunRow:
    data = data_of(job)
    name = names.get(data, "")
    settings = [f"{key} {value}" for key, value in run_settings(job, names) if key != "data set"]
    return RunRow(
        id=job.id,
        kind=job.kind,
        state=f"{job.shown_state}, imported" if job.imported else job.shown_state,
        seed=job.seed,
        data=f"{name} ({data})" if name and not name.startswith("deleted") else data,
        seconds=_seconds(job),
        settings="; ".join(settings),
    )


def _seconds(job: Job) -> float | None:
    if job.started is None or job.finished is None:
        return None
    return round(job.finished - job.started, 1)


def sample_evidence() -> Evidence:
    """Return the evidence of the bundled sample run."""
    return Evidence(
        "Sample report",
        tuple(sample_points()),
        tuple(named(sample_histories())),
        versions=versions(),
        class_names=sample_class_names(),
        data_name=SAMPLE_NAME,
    )


def versions() -> tuple[tuple[str, str], ...]:
    """Return the versions of what computed: Python and the packages, without loading them."""
    found = [("Python", platform.python_version()), ("system", platform.platform(terse=True))]
    return (*found, *((name, _version(name)) for name in PACKAGES))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def today() -> str:
    """Return the date in UTC."""
    return datetime.now(UTC).date().isoformat()
