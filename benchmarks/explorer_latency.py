"""How long a move of the explorer's slider takes, from the question to the answer in the store.

    python -m benchmarks.explorer_latency RUN

RUN: a finished dense network of this workspace. Prints a table in Markdown.
"""

import argparse
import statistics
import time

from core.commands.session import Session
from core.jobs.store.job import Job
from core.jobs.store.store import Store
from core.pruning.methods import METHODS
from core.pruning.preview.spec import PreviewSpec
from core.runs.specs import data_of
from core.workspace import open_workspace

SPARSITIES = (0.5, 0.8, 0.9, 0.95, 0.98, 0.7, 0.3)
TIMEOUT_SECONDS = 120


def move(session: Session, dense: Job, method: str, sparsity: float, recovery: bool) -> float:
    """Return the seconds of one question that has not been asked before."""
    spec = PreviewSpec(
        data=data_of(dense),
        dense=dense.id,
        method=method,
        sparsity=sparsity,
        reconstruction=recovery,
        with_images=True,  # as the page asks
    )
    started = time.perf_counter()
    # The time is the seed: a question asked in an earlier measurement would be answered at once.
    job = session.store.wait(session.submit(spec, time.time_ns() // 1000), TIMEOUT_SECONDS)
    if not job.result:
        raise SystemExit(f"{method} at {sparsity:.0%}: {job.error or job.state}")
    return time.perf_counter() - started


def main() -> None:
    """Move the slider for every method that answers at once, with and without repair."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run")
    workspace = open_workspace()
    session = Session(workspace, Store(workspace.store_url))
    dense = session.store.get(parser.parse_args().run)
    move(session, dense, "magnitude", 0.1, False)  # starts the runner
    print("| method | first move, s | median, s | longest, s | with repair: median, s |")
    print("|---|---|---|---|---|")
    every: list[float] = []
    for name in (name for name, method in METHODS.items() if not method.trains):
        first, *moves = [move(session, dense, name, sparsity, False) for sparsity in SPARSITIES]
        repaired = [move(session, dense, name, sparsity, True) for sparsity in SPARSITIES]
        every += [first, *moves]
        numbers = (first, statistics.median(moves), max(moves), statistics.median(repaired))
        print(f"| {METHODS[name].label} | " + " | ".join(f"{n:.2f}" for n in numbers) + " |")
    print(f"\nAll moves: median {statistics.median(every):.2f} s, longest {max(every):.2f} s.")


if __name__ == "__main__":
    main()
