"""Computes docs/ablations.md: what each option of the recipe is worth, one changed at a time.

Every run is a job of the product's own engine, so the command resumes where it was stopped, and
benchmarks/ablations.json keeps a row for each, so that another machine computes only what is not in
it yet. The dense networks are those of `make results` where the workspace has them.

python -m benchmarks.ablations --data FILE           computes what lacks, most promising first
python -m benchmarks.ablations --data FILE --next    says which run is next and how long it takes
"""

import argparse
import statistics
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.ablations_page import PAGE, ROWS, Row, page, read, right_of, write
from benchmarks.results import compute
from core.commands.networks import network_result, stored_digest
from core.commands.session import Session
from core.data import store as datasets
from core.evaluation.accuracy import predict
from core.evaluation.cost import sparsity
from core.jobs.store.job import DONE, Job
from core.jobs.store.store import Store, identity
from core.networks.formats import keras_h5
from core.networks.prepare import prepare
from core.pruning.plan import PrunePlan
from core.pruning.search.sweep import run_seconds
from core.pruning.spec import PruneSpec
from core.text import duration, plural
from core.training.recipe import PRESETS
from core.training.spec import TrainSpec
from core.workspace import open_workspace

# LAMP is magnitude's default; the score's optimum lies near this sparsity.
BASE = PrunePlan(method="magnitude", sparsity=0.968, epochs=12)
BASELINE = "as it is"
TEACHERS = "the dense networks of all seeds teach together"
OPTIONS: dict[str, dict[str, Any]] = {  # the most promising first
    BASELINE: {},
    TEACHERS: {},
    "moving average .99": {"averaging": 0.99},
    "learning rate 4e-3": {"learning_rate": 4e-3},
    "distillation .7": {"distillation": 0.7},
    "SWA over the last quarter": {"swa": 0.25},
    "alternating (AC/DC)": {"schedule": "alternating"},
    "temperature 4": {"temperature": 4.0},
    "ramp .7": {"ramp": 0.7},
    "ramp .3": {"ramp": 0.3},
    "batch 32": {"batch_size": 32},
    "weight decay .01": {"weight_decay": 0.01},
    "label smoothing .05": {"label_smoothing": 0.05},
    "mixup .2": {"mixup": 0.2},
    "moving average .999": {"averaging": 0.999},
    "distillation .9": {"distillation": 0.9},
    "cutout 8": {"cutout": 8},
    "label smoothing .1": {"label_smoothing": 0.1},
    "temperature 1": {"temperature": 1.0},
    "SWA over the last quarter, cyclic": {"swa": 0.25, "swa_schedule": "cyclic"},
    "batch 128": {"batch_size": 128},
    "learning rate 1e-3": {"learning_rate": 1e-3},
    "without distillation": {"distillation": 0.0},
}


@dataclass(frozen=True)
class Wanted:
    """A run that the page needs. option: what it changes; "" for a dense network."""

    option: str
    spec: TrainSpec | PruneSpec
    seed: int

    @property
    def id(self) -> str:
        """The id its job has in every workspace."""
        return identity(self.spec, self.seed)

    @property
    def needs(self) -> frozenset[str]:
        """Ids of the networks that have to be there before it."""
        if isinstance(self.spec, TrainSpec):
            return frozenset()
        return frozenset((self.spec.dense, *self.spec.teachers))

    def __str__(self) -> str:
        return f"{self.option or 'dense network'}, seed {self.seed}"


def dense_networks(data: str, seeds: int) -> list[Wanted]:
    """Return the trainings of the dense networks, one a seed."""
    spec = TrainSpec(data=data, recipe=PRESETS["thorough"])
    return [Wanted("", spec, seed) for seed in range(seeds)]


def prunings(dense: list[Wanted], options: Iterable[str], base: PrunePlan = BASE) -> list[Wanted]:
    """Return the prunings of these options, the first option's seeds first."""
    everybody = tuple(network.id for network in dense)
    return [
        Wanted(
            option,
            PruneSpec(
                data=network.spec.data,
                dense=network.id,
                plan=replace(base, **OPTIONS[option]),
                teachers=everybody if option == TEACHERS else (),
            ),
            network.seed,
        )
        for option in options
        for network in dense
    ]


def next_run(
    runs: Iterable[Wanted],
    dense: Iterable[Wanted],
    rows: Collection[str],
    here: Collection[str],
    given_up: Collection[str],
) -> Wanted | None:
    """Return what to compute now: the first run without a row, or a network that it needs.

    rows: ids on file. here: ids of finished jobs. given_up: ids of those that failed.
    """
    networks = {network.id: network for network in dense}
    for run in runs:
        if run.id in rows or not run.needs.isdisjoint(given_up) or run.id in given_up:
            continue
        missing = [networks[id] for id in networks if id in run.needs and id not in here]
        return missing[0] if missing else run
    return None


def measured(session: Session, data: str, job: Job, option: str) -> Row:
    """Return the row of a finished run: its file is read again and judged by all images kept back.

    All of validation and holdout, in this order; training saw none of them.
    """
    result = network_result(job)
    prepared = prepare(datasets.load(session.workspace, data), result.reference_shape)
    path = session.workspace.artifacts(job.id) / result.weights
    weights = keras_h5.read(path, result.reference_shape)
    answers = [
        predict(weights, result.reference_shape, split.images).argmax(axis=1) == split.labels
        for split in (prepared.validation, prepared.holdout)
    ]
    right, images = right_of(answers)
    return Row(
        id=job.id,
        option=option,
        seed=job.seed,
        images=images,
        right=right,
        sparsity=round(sparsity(weights), 5),
        epochs=result.point.epochs,
        seconds=round(result.point.seconds, 1),
    )


def about_seconds(run: Wanted, rows: Mapping[str, Row], here: Mapping[str, Job]) -> float | None:
    """Return about how long a run takes: as the others did, or as its dense network's epochs."""
    if rows and isinstance(run.spec, PruneSpec):
        return statistics.median(row.seconds for row in rows.values())
    if isinstance(run.spec, PruneSpec) and run.spec.dense in here:
        network = network_result(here[run.spec.dense])
        epoch = network.point.seconds / network.point.epochs
        return run_seconds(run.spec.plan, network.shape, epoch)
    return None


def main() -> None:
    """Compute what lacks, run by run; or say what is next."""
    options = _options()
    workspace = open_workspace()
    session = Session(workspace, Store(workspace.store_url))
    data, given_up = stored_digest(session, options.data), set[str]()
    dense = dense_networks(data, options.seeds)
    every = {run.id for run in prunings(dense, OPTIONS)}
    runs = prunings(dense, options.options)
    left = options.runs
    while True:
        here = {job.id: job for job in session.store.jobs(states=[DONE])}
        rows = read(ROWS)
        fresh = [run for run in runs if run.id in here and run.id not in rows]
        for run in fresh:
            rows[run.id] = measured(session, data, here[run.id], run.option)
            write(ROWS, rows.values())
        shown = [row for row in rows.values() if row.id in every]  # not those of other data sets
        PAGE.write_text(page(shown, data, BASE, OPTIONS, BASELINE), encoding="utf-8")
        chosen = next_run(runs, dense, rows, here, given_up)
        if chosen is None or left == 0 or options.next:
            _say(chosen, runs, rows, here)
            return
        _say(chosen, runs, rows, here)
        given_up |= compute(session, [chosen])
        left -= 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--options", nargs="+", choices=tuple(OPTIONS), default=list(OPTIONS))
    parser.add_argument("--runs", type=int, default=-1, help="stop after so many; else when done")
    parser.add_argument("--next", action="store_true", help="only say what is next")
    return parser.parse_args()


def _say(
    chosen: Wanted | None, runs: list[Wanted], rows: Mapping[str, Row], here: Mapping[str, Job]
) -> None:
    lacking = sum(run.id not in rows for run in runs)
    if chosen is None:
        failed = f"{plural(lacking, 'run')} failed or lack a network that did."
        print(failed if lacking else "All done.")
        return
    seconds = about_seconds(chosen, rows, here)
    takes = f"about {duration(seconds)}" if seconds else "its time is not known here yet"
    print(f"{plural(lacking, 'run')} left. Next: {chosen} ({takes}).", flush=True)


if __name__ == "__main__":
    main()
