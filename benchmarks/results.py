"""Compute docs/results.md: every number of it is a run in the workspace, so it can be resumed.

The page is written again after every run, from the runs there are: what is asked about first comes
first, and a row says how many seeds it stands on. docs/results.json has what was measured, so a
fresh workspace (another machine, other users) computes only what is not in it yet.

python -m benchmarks.results --data FILE [--seeds 3] [--parts before,methods,best,…]

The page always shows all parts; --seeds and --parts say what to compute.
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import results_ledger
from benchmarks.results_ledger import Ledger, Measured, Row, Summary, measured
from benchmarks.results_page import PARTS, page
from core.commands.networks import stored_digest
from core.commands.session import Session
from core.jobs.engine import control
from core.jobs.store.job import DONE, Job
from core.jobs.store.store import Store, identity
from core.pruning.plan import PrunePlan
from core.pruning.spec import PruneSpec
from core.training.recipe import PRESETS
from core.training.spec import TrainSpec
from core.workspace import open_workspace

DOCS = Path(__file__).parent.parent / "docs"
PAGE, LEDGER = DOCS / "results.md", DOCS / "results.json"
POLL_SECONDS = 0.2
SEEDS = 3  # that the page stands on


class Ordered:
    """A run that can be ordered from the store."""

    spec: TrainSpec | PruneSpec
    seed: int

    @property
    def id(self) -> str:
        """The id its job has in every workspace."""
        return identity(self.spec, self.seed)


@dataclass(frozen=True)
class Wanted(Ordered):
    """A run that the page asks for; of those that lack the lowest rank is computed first."""

    rank: tuple[int, int]
    spec: TrainSpec | PruneSpec
    seed: int

    @property
    def network(self) -> str:
        """The id of the dense network it begins from; its own if it trains one."""
        return self.spec.dense if isinstance(self.spec, PruneSpec) else self.id

    @property
    def what(self) -> str:
        """What is run, in words."""
        plan = self.spec.plan if isinstance(self.spec, PruneSpec) else self.spec.recipe
        names = ("method", "sparsity", "allocation", "epochs")
        said = (str(getattr(plan, name)) for name in names if hasattr(plan, name))
        return " ".join([self.spec.kind, *said])

    def __str__(self) -> str:
        return f"{self.what} {self.seed}"


@dataclass(frozen=True)
class Results:
    """The finished runs on one data set, each seed with its own dense network; and what lacks.

    done: what is on file. given_up: ids of runs that failed. asked: id -> run, of all that
    the page has asked for; several parts may ask for the same.
    """

    done: Ledger
    data: str
    seeds: tuple[int, ...]
    given_up: set[str]
    asked: dict[str, Wanted] = field(default_factory=dict)

    def train(self, recipe: str, stages: tuple[int, int] = (0, 0)) -> Row:
        """Return the finished trainings; stages: as of `prune`."""
        return self._finished(self._dense(recipe), stages)

    def prune(self, plan: PrunePlan, stages: tuple[int, int], recipe: str = "thorough") -> Row:
        """Return the finished prunings, each of its seed's dense network.

        stages: of the first seed's run, and of the others'; lower ones are computed sooner.
        """
        self.train(recipe, stages)
        each = {
            seed: PruneSpec(data=self.data, dense=identity(spec, seed), plan=plan)
            for seed, spec in self._dense(recipe).items()
        }
        return self._finished(each, stages)

    @property
    def wanted(self) -> list[Wanted]:
        """What lacks, the most important first."""
        kept = {id for summary in self.done.summaries.values() for id in summary.ids}
        there = {*self.done.runs, *kept, *self.given_up}
        absent = (wanted for id, wanted in self.asked.items() if id not in there)
        return sorted(absent, key=lambda wanted: wanted.rank)

    def _dense(self, recipe: str) -> dict[int, TrainSpec]:
        return dict.fromkeys(self.seeds, TrainSpec(data=self.data, recipe=PRESETS[recipe]))

    def _finished(self, each: Mapping[int, TrainSpec | PruneSpec], stages: tuple[int, int]) -> Row:
        asked = {
            seed: Wanted((stages[seed > 0], len(self.asked)), spec, seed)
            for seed, spec in each.items()
        }
        for wanted in asked.values():
            self.asked.setdefault(wanted.id, wanted)
        found = {s: self.done.runs[w.id] for s, w in asked.items() if w.id in self.done.runs}
        return Row(found, self._summary({wanted.id for wanted in asked.values()}))

    def _summary(self, ids: set[str]) -> Summary | None:
        kept = self.done.summaries.values()
        return next((summary for summary in kept if ids.issuperset(summary.ids)), None)


def main() -> None:
    """Write the page, compute the most important run it lacks, and again until it lacks none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--seeds", type=int, default=SEEDS, help="to compute")
    parser.add_argument("--at-once", type=int, default=1, help="as many as there are places")
    parser.add_argument("--parts", default=",".join(PARTS), help="to compute; all are shown")
    options = parser.parse_args()
    workspace = open_workspace()
    session = Session(workspace, Store(workspace.store_url))
    data, given_up = stored_digest(session, options.data), set[str]()
    records = results_ledger.read(LEDGER)
    while True:
        here = {job.id: job for job in session.store.jobs(states=[DONE])}
        shown, results = (
            Results(records, data, tuple(range(seeds)), given_up)
            for seeds in (max(SEEDS, options.seeds), options.seeds)
        )
        text = page(shown, PARTS)
        page(results, options.parts.split(","))
        if fresh := newly_measured(shown.asked, here, records):
            records = records.with_runs(fresh)
            results_ledger.write(LEDGER, records)
            continue
        PAGE.write_text(text, encoding="utf-8")
        chosen = next_runs(results, here, options.at_once)
        if not chosen:
            return
        print(f"{len(results.wanted)} left: {', '.join(map(str, chosen))}", flush=True)
        given_up |= compute(session, chosen)


def newly_measured(
    asked: Mapping[str, Wanted], here: Mapping[str, Job], records: Ledger
) -> dict[str, Measured]:
    """Return the records of this workspace's runs that the page asks for and the file lacks.

    here: id -> finished job. What a run lost is known only beside the network it began from.
    """
    return {
        id: measured(here[id], wanted.what, here[wanted.network])
        for id, wanted in asked.items()
        if id not in records.runs and {id, wanted.network} <= here.keys()
    }


def next_runs(results: Results, here: Mapping[str, Job], count: int) -> list[Wanted]:
    """Return up to `count` runs to compute now.

    A network that was measured elsewhere is trained again before it is pruned: in a stage the runs
    that have to wait for that come last.
    """
    chosen: dict[str, Wanted] = {}

    def waits(wanted: Wanted) -> bool:
        return wanted.network not in {*here, wanted.id}

    for wanted in sorted(results.wanted, key=lambda wanted: (wanted.rank[0], waits(wanted))):
        first = results.asked[wanted.network] if waits(wanted) else wanted
        if first.id not in results.given_up:
            chosen.setdefault(first.id, first)
        if len(chosen) == count:
            break
    return list(chosen.values())


def compute(session: Session, chosen: Sequence[Ordered]) -> set[str]:
    """Wait until one of the runs has ended; return the ids of those that failed."""
    ids = [session.submit(wanted.spec, wanted.seed) for wanted in chosen]
    try:
        while not (ended := [job for job in map(session.store.get, ids) if job.ended]):
            control.ensure(session.workspace)
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        for id in ids:
            session.store.stop(id)
        raise SystemExit("Stopped. The same command goes on from the last checkpoints.") from None
    for job in ended:
        print(f"{job.kind} {job.id} {job.state} {job.error or ''}", flush=True)
    return {job.id for job in ended if job.state != DONE}


if __name__ == "__main__":
    main()
