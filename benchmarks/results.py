"""Compute docs/results.md: every number of it is a run in the workspace, so it can be resumed.

The page is written again after every run, from the runs there are: what is asked about first comes
first, and a row says how many seeds it stands on.

python -m benchmarks.results --data FILE [--seeds 3] [--parts before,methods,best,…]
"""

import argparse
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.results_page import PARTS, page
from core.commands.following import Lab
from core.commands.networks import stored_digest
from core.errors import JobError
from core.jobs.job import DONE, Job
from core.jobs.store import Store, identity
from core.pruning.plan import PrunePlan
from core.settings import to_dict
from core.training.recipe import PRESETS
from core.workspace import open_workspace

PAGE = Path(__file__).parent.parent / "docs" / "results.md"
FAILED = ("failed", "abandoned")


@dataclass(frozen=True)
class Wanted:
    """A run that the page lacks; the lowest rank is computed first."""

    rank: tuple[int, int]
    kind: str
    settings: dict[str, Any]
    seed: int


@dataclass(frozen=True)
class Results:
    """The finished runs on one data set, each seed with its own dense network; and what lacks.

    given_up: ids of runs that failed.
    """

    lab: Lab
    data: str
    seeds: tuple[int, ...]
    given_up: set[str]
    wanted: list[Wanted] = field(default_factory=list)

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
            job = self.lab.store.get(id) if self.lab.store.exists(id) else None
            if job is not None and job.state == DONE:
                found[seed] = job
            elif id not in self.given_up:
                rank = (stages[seed > 0], len(self.wanted))
                self.wanted.append(Wanted(rank, kind, settings, seed))
        return found


def main() -> None:
    """Write the page, compute the most important run it lacks, and again until it lacks none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--parts", default=",".join(PARTS))
    options = parser.parse_args()
    workspace = open_workspace()
    lab = Lab(workspace, Store(workspace.store_url))
    data, given_up = stored_digest(lab, options.data), set[str]()
    while True:
        results = Results(lab, data, tuple(range(options.seeds)), given_up)
        text = page(results, options.parts.split(","))
        PAGE.write_text(text, encoding="utf-8")
        if not results.wanted:
            return
        _compute(results, min(results.wanted, key=lambda wanted: wanted.rank))


def _compute(results: Results, wanted: Wanted) -> None:
    plan = wanted.settings.get("plan") or wanted.settings["recipe"]
    what = [str(plan[name]) for name in ("method", "sparsity", "allocation") if name in plan]
    print(f"{len(results.wanted)} left: {wanted.kind} {' '.join(what)} seed {wanted.seed}")
    try:
        results.lab.finish(wanted.kind, wanted.settings, wanted.seed)
    except JobError as error:
        id = identity(wanted.kind, wanted.settings, wanted.seed)
        if results.lab.store.get(id).state not in FAILED:  # stopped by the user
            raise SystemExit(str(error)) from None
        print(f"Left out: {error}", file=sys.stderr)
        results.given_up.add(id)


if __name__ == "__main__":
    main()
