"""Computes docs/ablations.md: what each option of the recipe is worth, one changed at a time.

Every run is a job of the product's own engine, so the command resumes where it was stopped, and
benchmarks/ablations.json keeps a row for each, so that another machine computes only what is not in
it yet. The dense networks are those of `make results` where the workspace has them.

python -m benchmarks.ablations --data FILE           computes what lacks, most promising first
python -m benchmarks.ablations --data FILE --next    says which run is next and how long it takes
"""

import argparse
import statistics
from collections.abc import Mapping
from pathlib import Path

from benchmarks.ablation_runs import (
    BASE,
    BASELINE,
    OPTIONS,
    Soup,
    Wanted,
    dense_networks,
    everything,
    next_runs,
)
from benchmarks.ablations_page import PAGE, ROWS, Row, page, read, right_of, write
from benchmarks.results import compute
from core.commands.networks import network_result, stored_digest
from core.commands.session import Session
from core.data import store as datasets
from core.evaluation.accuracy import predict
from core.evaluation.cost import sparsity
from core.jobs.store.job import DONE, Job
from core.jobs.store.store import Store
from core.networks.formats import keras_h5
from core.networks.prepare import prepare
from core.pruning.search.sweep import run_seconds
from core.pruning.soup import soup
from core.pruning.spec import PruneSpec
from core.text import duration, plural
from core.workspace import open_workspace


def measured(session: Session, data: str, here: Mapping[str, Job], run: Wanted | Soup) -> Row:
    """Return the row of a finished run: its file is read again and judged by all images kept back.

    All of validation and holdout, in this order; training saw none of them. here: id -> finished
    job.
    """
    mixed = run.parts if isinstance(run, Soup) else (run,)
    shape = network_result(here[mixed[0].id]).reference_shape
    prepared = prepare(datasets.load(session.workspace, data), shape)
    files = [_file(session, here[each.id]) for each in mixed]
    weights = soup([keras_h5.read(file, shape) for file in files])  # of one: that one
    answers = [
        predict(weights, shape, split.images).argmax(axis=1) == split.labels
        for split in (prepared.validation, prepared.holdout)
    ]
    right, images = right_of(answers)
    computed = [run.shared, *run.parts] if isinstance(run, Soup) else [run]
    points = [network_result(here[each.id]).point for each in computed]
    return Row(
        id=run.id,
        option=run.option,
        seed=run.seed,
        images=images,
        right=right,
        sparsity=round(sparsity(weights), 5),
        epochs=sum(point.epochs for point in points),
        seconds=round(sum(point.seconds for point in points), 1),
    )


def _file(session: Session, job: Job) -> Path:
    return session.workspace.artifacts(job.id) / network_result(job).weights


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
    every = {run.id for run in everything(dense, OPTIONS)}
    runs = everything(dense, options.options)
    left = options.runs
    while True:
        here = {job.id: job for job in session.store.jobs(states=[DONE])}
        rows = read(ROWS)
        for run in runs:
            if run.id not in rows and _is_there(run, here):
                rows[run.id] = measured(session, data, here, run)
                write(ROWS, rows.values())
        shown = [row for row in rows.values() if row.id in every]  # not those of other data sets
        PAGE.write_text(page(shown, data, BASE, OPTIONS, BASELINE), encoding="utf-8")
        chosen = next_runs(runs, dense, rows, here, given_up, options.at_once)
        _say(chosen, runs, rows, here)
        if not chosen or left == 0 or options.next:
            return
        given_up |= compute(session, chosen)
        left -= 1


def _is_there(run: Wanted | Soup, here: Mapping[str, Job]) -> bool:
    return (here.keys() >= set(run.needs)) if isinstance(run, Soup) else run.id in here


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--options", nargs="+", choices=tuple(OPTIONS), default=list(OPTIONS))
    parser.add_argument("--runs", type=int, default=-1, help="stop after so many; else when done")
    parser.add_argument("--at-once", type=int, default=1, help="as many as there are places")
    parser.add_argument("--next", action="store_true", help="only say what is next")
    return parser.parse_args()


def _say(
    chosen: list[Wanted],
    runs: list[Wanted | Soup],
    rows: Mapping[str, Row],
    here: Mapping[str, Job],
) -> None:
    lacking = sum(run.id not in rows for run in runs)
    if not chosen:
        failed = f"{plural(lacking, 'run')} failed or lack a network that did."
        print(failed if lacking else "All done.")
        return
    seconds = about_seconds(chosen[0], rows, here)
    takes = f"about {duration(seconds)}" if seconds else "its time is not known here yet"
    named = "; ".join(map(str, chosen))
    print(f"{plural(lacking, 'run')} left. Next: {named} ({takes}).", flush=True)


if __name__ == "__main__":
    main()
