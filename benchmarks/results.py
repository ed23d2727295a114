"""Compute docs/results.md: every number of it is a run in the workspace, so it can be resumed.

The page is written again after every run, from the runs there are: what is asked about first comes
first, and a row says how many seeds it stands on.

python -m benchmarks.results --data FILE [--seeds 3] [--parts before,methods,best,…]
"""

import argparse
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.results_page import PARTS, page
from core.commands.following import Lab
from core.commands.networks import stored_digest
from core.jobs import engine
from core.jobs.job import DONE, Job
from core.jobs.store import Store, identity
from core.pruning.plan import PrunePlan
from core.settings import to_dict
from core.training.recipe import PRESETS
from core.workspace import open_workspace

PAGE = Path(__file__).parent.parent / "docs" / "results.md"
POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Wanted:
    """A run that the page lacks; the lowest rank is computed first."""

    rank: tuple[int, int]
    kind: str
    settings: dict[str, Any]
    seed: int

    def __str__(self) -> str:
        plan = self.settings.get("plan") or self.settings["recipe"]
        names = ("method", "sparsity", "allocation", "epochs")
        return " ".join([self.kind, *(str(plan[n]) for n in names if n in plan), str(self.seed)])


@dataclass(frozen=True)
class Results:
    """The finished runs on one data set, each seed with its own dense network; and what lacks.

    done: id -> finished job. given_up: ids of runs that failed. wanted: id -> what lacks; several
    parts may ask for the same.
    """

    done: Mapping[str, Job]
    data: str
    seeds: tuple[int, ...]
    given_up: set[str]
    wanted: dict[str, Wanted] = field(default_factory=dict)

    def train(self, recipe: str, stages: tuple[int, int] = (0, 0)) -> dict[int, Job]:
        """Return seed -> finished training; stages: as of `prune`."""
        settings = {"recipe": to_dict(PRESETS[recipe])}
        return self._finished(dict.fromkeys(self.seeds, settings), "train", stages)

    def prune(
        self, plan: PrunePlan, dense: dict[int, Job], stages: tuple[int, int]
    ) -> dict[int, Job]:
        """Return seed -> finished pruning of this seed's dense network.

        stages: of the first seed's run, and of the others'; lower ones are computed sooner.
        """
        described = plan.to_dict()
        each = {seed: {"dense": job.id, "plan": described} for seed, job in dense.items()}
        return self._finished(each, "prune", stages)

    def _finished(
        self, each: dict[int, dict[str, Any]], kind: str, stages: tuple[int, int]
    ) -> dict[int, Job]:
        found = {}
        for seed, own in each.items():
            settings = {"data": self.data, **own}
            id = identity(kind, settings, seed)
            if id in self.done:
                found[seed] = self.done[id]
            elif id not in self.given_up:
                rank = (stages[seed > 0], len(self.wanted))
                self.wanted.setdefault(id, Wanted(rank, kind, settings, seed))
        return found


def main() -> None:
    """Write the page, compute the most important run it lacks, and again until it lacks none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--at-once", type=int, default=1, help="as many as a cluster has places")
    parser.add_argument("--parts", default=",".join(PARTS))
    options = parser.parse_args()
    workspace = open_workspace()
    lab = Lab(workspace, Store(workspace.store_url))
    data, given_up = stored_digest(lab, options.data), set[str]()
    while True:
        done = {job.id: job for job in lab.store.jobs(states=[DONE])}
        results = Results(done, data, tuple(range(options.seeds)), given_up)
        text = page(results, options.parts.split(","))
        PAGE.write_text(text, encoding="utf-8")
        if not results.wanted:
            return
        first = sorted(results.wanted.values(), key=lambda wanted: wanted.rank)[: options.at_once]
        print(f"{len(results.wanted)} left: {', '.join(map(str, first))}", flush=True)
        given_up |= _compute(lab, first)


def _compute(lab: Lab, chosen: list[Wanted]) -> set[str]:
    """Wait until one of the runs has ended; return the ids of those that failed."""
    ids = [lab.submit(wanted.kind, wanted.settings, wanted.seed) for wanted in chosen]
    try:
        while not (ended := [job for job in map(lab.store.get, ids) if job.ended]):
            engine.ensure(lab.workspace)
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        for id in ids:
            lab.store.stop(id)
        raise SystemExit("Stopped. The same command goes on from the last checkpoints.") from None
    for job in ended:
        print(f"{job.kind} {job.id} {job.state} {job.error or ''}", flush=True)
    return {job.id for job in ended if job.state != DONE}


if __name__ == "__main__":
    main()
