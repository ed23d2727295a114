"""Computes docs/competitions.md: what `compete` reaches in a time, on images it never chose by.

    python -m benchmarks.competitions --data FILE --minutes 30 --seed 0 [--busy]

By the clock: nothing else may run on the machine. --busy has another program take one core for the
first half of the time. Every competition is held in a fresh workspace and stored at once in
benchmarks/competitions.json; docs/competitions.md is made of that file alone.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.competitions_page import PAGE, ROWS, Row, page, read, write
from core.commands.networks import network_result, stored_digest
from core.commands.session import Session
from core.data import store as datasets
from core.jobs.engine import control
from core.jobs.store.job import Job
from core.jobs.store.store import Store
from core.networks.prepare import prepare
from core.pruning.search.spec import CompeteResult, CompeteSpec
from core.workspace import Workspace

SPIN = "while True: pass"


@contextmanager
def one_core_taken(seconds: float) -> Iterator[None]:
    """Have another program compute on the last core for so long, or until the block ends."""
    core = max(os.sched_getaffinity(0))
    program = subprocess.Popen(
        [sys.executable, "-c", SPIN], preexec_fn=lambda: os.sched_setaffinity(0, {core})
    )
    timer = threading.Timer(seconds, program.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        program.kill()
        program.wait()


def held(session: Session, spec: CompeteSpec, seed: int, is_busy: bool) -> Row:
    """Hold a competition and return its row."""
    if is_busy:
        with one_core_taken(30 * spec.minutes):
            job = session.finish(spec, seed)
    else:
        job = session.finish(spec, seed)
    return row_of(session, job, spec, is_busy)


def row_of(session: Session, job: Job, spec: CompeteSpec, is_busy: bool) -> Row:
    """Return the row of a finished competition."""
    found = CompeteResult.from_stored(job.result, job.result_format)
    dense = network_result(session.store.get(found.dense)).point
    images = datasets.load(session.workspace, spec.data)
    best = found.point_of_best
    return Row(
        minutes=spec.minutes,
        seed=job.seed,
        is_busy=is_busy,
        data=spec.data,
        images=len(prepare(images).holdout),
        accuracy=best.accuracy,
        sparsity=round(best.sparsity, 5),
        score=best.score,
        dense_accuracy=dense.accuracy,
        dense_epochs=dense.epochs,
        epochs=best.epochs,
        tries=len(found.tried) - 1,
        seconds=round((job.finished or 0.0) - (job.started or 0.0), 1),
        cores=len(os.sched_getaffinity(0)),
    )


def main() -> None:
    """Hold one competition, store its row and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--busy", action="store_true", help="one core taken for half of the time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        workspace = Workspace(Path(home))
        session = Session(workspace, Store(workspace.store_url))
        try:
            spec = CompeteSpec(data=stored_digest(session, options.data), minutes=options.minutes)
            row = held(session, spec, options.seed, options.busy)
        finally:
            control.stop(workspace)
    rows = {each.key: each for each in [*read(ROWS), row]}
    write(ROWS, rows.values())
    PAGE.write_text(page(rows.values()), encoding="utf-8")
    print(row)


if __name__ == "__main__":
    main()
