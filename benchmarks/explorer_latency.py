"""How long a move of the explorer's slider takes, from the question to the answer in the store.

    python -m benchmarks.explorer_latency RUN [--methods magnitude …]

RUN: a finished dense network of this workspace. Prints a table in Markdown.
"""

import argparse
import statistics
import time
from dataclasses import dataclass

from core.commands.session import Session
from core.jobs.store.job import Job
from core.jobs.store.store import Store
from core.pruning.methods import METHODS
from core.pruning.preview.spec import PreviewSpec
from core.runs.specs import data_of
from core.workspace import open_workspace

SPARSITIES = (0.5, 0.8, 0.9, 0.95, 0.98, 0.7, 0.3)
TIMEOUT_SECONDS = 120
INSTANT = tuple(name for name, method in METHODS.items() if not method.trains)


@dataclass(frozen=True)
class Slider:
    """The explorer's slider for one network.

    seed: of all its questions, as on the page, so that what a method scores once is kept; new in
    every measurement, as a question asked in an earlier one would be answered at once.
    """

    session: Session
    dense: Job
    seed: int

    def move(self, method: str, sparsity: float, recovery: bool) -> float:
        """Return the seconds of one question that has not been asked before."""
        spec = PreviewSpec(
            data=data_of(self.dense),
            dense=self.dense.id,
            method=method,
            sparsity=sparsity,
            reconstruction=recovery,
            with_images=True,  # as the page asks
        )
        started = time.perf_counter()
        store = self.session.store
        job = store.wait(self.session.submit(spec, self.seed), TIMEOUT_SECONDS)
        if not job.result:
            raise SystemExit(f"{method} at {sparsity:.0%}: {job.error or job.state}")
        return time.perf_counter() - started


def _repaired(slider: Slider, method: str) -> str:
    moves = [slider.move(method, sparsity, True) for sparsity in SPARSITIES]
    return f"{statistics.median(moves):.2f}"


def main() -> None:
    """Move the slider for every method that answers at once, with and without repair."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run")
    parser.add_argument("--methods", nargs="+", choices=INSTANT, default=INSTANT)
    options = parser.parse_args()
    workspace = open_workspace()
    session = Session(workspace, Store(workspace.store_url))
    dense = session.store.get(options.run)
    is_reference = not dense.settings.get("network")  # repair is made for it alone
    slider = Slider(session, dense, time.time_ns() // 1000)
    slider.move("magnitude", 0.1, False)  # starts the runner
    print("| method | first move, s | median, s | longest, s | with repair: median, s |")
    print("|---|---|---|---|---|")
    every: list[float] = []
    for name in options.methods:
        first, *moves = [slider.move(name, sparsity, False) for sparsity in SPARSITIES]
        every += [first, *moves]
        cells = [f"{n:.2f}" for n in (first, statistics.median(moves), max(moves))]
        cells.append(_repaired(slider, name) if is_reference else "–")
        print(f"| {METHODS[name].label} | {' | '.join(cells)} |", flush=True)
    print(f"\nAll moves: median {statistics.median(every):.2f} s, longest {max(every):.2f} s.")


if __name__ == "__main__":
    main()
