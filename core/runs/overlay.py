"""Any runs laid over one another: their curves under common names, and the settings that differ."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.figures.convergence import Y_AXES
from core.jobs.store.job import Job
from core.jobs.store.live_metrics import Series
from core.jobs.store.store import Store
from core.runs.finished.histories import History
from core.runs.setting_rows import run_settings
from core.runs.table.row import OVERLAID, SEVERAL
from core.runs.titles import kind_title
from core.text import listed, plural

ABSENT = "–"
TELLING = 3  # settings or runs that are named at most
ACROSS: Mapping[str, str] = {
    "epoch": "Epoch",
    "round": "Round",
    "seconds": "Seconds since start",
    "gradient_evaluations": "Gradient evaluations",
    "bytes": "Bytes sent and received",
}
# What trainings call it -> what federated runs call it.
SAME = {"accuracy": "train_accuracy", "loss": "train_loss"}
FIRST = ("validation_accuracy", "validation_loss", "train_accuracy", "train_loss")
NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class OverlaidRun:
    """A run's numbers: one row an epoch or round, with what its point in time was."""

    id: str
    label: str
    rows: tuple[Mapping[str, float], ...]

    @property
    def columns(self) -> set[str]:
        """Everything that any row has."""
        return {name for row in self.rows for name in row}


def with_curves(store: Store, ids: Sequence[str], most: int) -> list[Job]:
    """Return the runs that have curves: the chosen ones, and the parts of sweeps among them."""
    found: dict[str, Job] = {}
    for job in sorted(store.jobs(ids=ids), key=lambda job: ids.index(job.id)):
        parts = list(reversed(store.jobs(parent=job.id))) if job.kind in SEVERAL else [job]
        found |= {part.id: part for part in parts if part.kind in OVERLAID}
    return list(found.values())[:most]


def of_training(job: Job, label: str, series: Series, times: Mapping[int, float]) -> OverlaidRun:
    """Return a training or pruning; its phases follow one another, epoch after epoch.

    times: step -> seconds since 1970; they are told where a run has a single phase.
    """
    phases = _phases(series)
    rows: list[Mapping[str, float]] = []
    for names in phases:
        steps = sorted({step for _, key in names for step, _ in series[key]})
        before = rows[-1]["epoch"] if rows else 0.0
        seconds = _seconds(job, times) if len(phases) == 1 else {}
        for step in steps:
            values = {
                name: dict(series[key])[step] for name, key in names if _has(series, key, step)
            }
            rows.append({"epoch": before + step, **_at(seconds, step), **values})
    return OverlaidRun(job.id, label, tuple(rows))


def of_federation(
    job: Job, label: str, history: History, times: Mapping[int, float]
) -> OverlaidRun:
    """Return a federated run; its epoch is what all clients together have seen."""
    seconds = _seconds(job, times)
    rows = ({**row, **_at(seconds, int(row.get("round", 0)))} for row in history.rows)
    return OverlaidRun(job.id, label, tuple(rows))


def without_curves(jobs: Sequence[Job], runs: Sequence[OverlaidRun]) -> list[str]:
    """Return why runs have no curve: some will have one, others have ended without.

    runs: of the jobs, in their order.
    """
    bare = [(job, run.label) for job, run in zip(jobs, runs, strict=True) if not run.rows]
    said = []
    if never := [label for job, label in bare if job.ended]:
        ended = "has ended without a curve" if len(never) == 1 else "have ended without curves"
        said.append(f"{_some(never)} {ended}: no epoch or round was measured.")
    if to_come := [label for job, label in bare if not job.ended]:
        has = "has its curve" if len(to_come) == 1 else "have their curves"
        said.append(f"{_some(to_come)} {has} after the first epoch or round.")
    return said


def _some(labels: Sequence[str]) -> str:
    return listed(labels) if len(labels) <= TELLING else plural(len(labels), "run")


def axes_of(runs: Sequence[OverlaidRun]) -> list[str]:
    """Return what the runs can be drawn against, what fits most of them first.

    Federated runs alone are drawn against rounds, as everywhere.
    """
    counts = {name: sum(name in run.columns for run in runs) for name in ACROSS}
    federated = counts["round"] == len(runs)
    order = sorted(ACROSS, key=lambda name: name != "round") if federated else list(ACROSS)
    return sorted((n for n in order if counts[n]), key=lambda n: (-counts[n], order.index(n)))


def metrics_of(runs: Sequence[OverlaidRun]) -> list[str]:
    """Return what can be drawn of the runs, what is asked for most first."""
    found = {name for run in runs for name in run.columns} - set(ACROSS) - {"clients"}
    return sorted(found, key=lambda name: (name not in FIRST, _place(name), name))


def metric_title(name: str) -> str:
    """Return what a metric is called on an axis."""
    return Y_AXES.get(name, name.replace("_", " ").capitalize())


def settings_that_differ(
    jobs: Sequence[Job], labels: Mapping[str, str], names: Mapping[str, str]
) -> list[dict[str, str]]:
    """Return a row a run with only those settings that are not the same in all of them.

    What only one kind of run has at all is told by the kind. labels: id -> what a run is called.
    names: what data sets and networks are called, by id.
    """
    told = {job.id: _settings(job, names) for job in jobs}
    differ = _differing(told)
    return [
        {"run": labels[id], **{name: settings.get(name, ABSENT) for name in differ}}
        for id, settings in told.items()
    ]


def told_apart(
    jobs: Sequence[Job], labels: Mapping[str, str], names: Mapping[str, str]
) -> dict[str, str]:
    """Return the labels; runs of one label also say the settings in which they differ."""
    groups: dict[str, list[Job]] = {}
    for job in jobs:
        groups.setdefault(labels[job.id], []).append(job)
    apart = dict(labels)
    for label, group in groups.items():
        told = {job.id: _settings(job, names) for job in group}
        differ = _differing(told)[:TELLING] if len(group) > 1 else []
        for id, settings in told.items():
            said = (f"{n.rpartition(', ')[2]} {settings.get(n, ABSENT)}" for n in differ)
            apart[id] = ", ".join([label, *said])
    return apart


def _differing(told: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return the settings that differ among runs of one kind, or in value between kinds."""
    every = dict.fromkeys(name for settings in told.values() for name in settings)
    return [name for name in every if _differs(name, list(told.values()))]


def _differs(name: str, told: Sequence[Mapping[str, str]]) -> bool:
    if len({settings[name] for settings in told if name in settings}) > 1:
        return True
    kinds_with = {settings["kind"] for settings in told if name in settings}
    return any(name not in settings and settings["kind"] in kinds_with for settings in told)


def _settings(job: Job, names: Mapping[str, str]) -> dict[str, str]:
    own = {"kind": kind_title(job), "seed": str(job.seed)}
    return own | {name: value for name, value in run_settings(job, names) if name != "label"}


def _phases(series: Series) -> list[list[tuple[str, str]]]:
    """Return, for each phase in its order, (name of a metric, its key)."""
    found: dict[str, list[tuple[str, str]]] = {}
    for key in series:
        phase, _, name = key.rpartition("/")
        found.setdefault(phase, []).append((SAME.get(name, name), key))
    return [found[phase] for phase in sorted(found, key=_order)]


def _order(phase: str) -> tuple[int, bool, str]:
    """Return when a phase comes: by its number, and what selects before what trains."""
    number = NUMBER.search(phase.partition("/")[0])
    return int(number[0]) if number else 0, phase.startswith("training"), phase


def _has(series: Series, key: str, step: int) -> bool:
    return any(own == step for own, _ in series[key])


def _seconds(job: Job, times: Mapping[int, float]) -> dict[int, float]:
    if job.started is None:
        return {}
    return {step: at - job.started for step, at in times.items() if at >= job.started}


def _at(seconds: Mapping[int, float], step: int) -> dict[str, float]:
    return {"seconds": seconds[step]} if step in seconds else {}


def _place(name: str) -> int:
    return (
        FIRST.index(name) if name in FIRST else list(Y_AXES).index(name) if name in Y_AXES else 99
    )
