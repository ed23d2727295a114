"""Kill processes at random instants and check that no work is lost, doubled or changed.

    python -m tests.faults --kills 100 --seed 1 [--tasks numpy|real] [--table docs/faults.md]

Exit status 0 when every job finished bit-equal to an undisturbed run, with every metric step
exactly once, no orphan process and a sound store; 1 otherwise.
"""

import argparse
import contextlib
import dataclasses
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import psutil

from core.jobs.store.job import ENDED, Job
from core.jobs.store.store import Child
from core.randomness import generator
from tests.faults.loads import Load, comparable, numpy_load, real_load
from tests.faults.stage import Theatre

LONGEST_RECOVERY_SECONDS = 120.0
VICTIMS = {"runner": 0.4, "worker": 0.2, "engine": 0.2, "scheduler": 0.1, "web server": 0.1}


@dataclasses.dataclass
class Blow:
    """One kill: when (seconds since 1970), and the job attempts it interrupted."""

    kind: str
    at: float
    hit: dict[str, int]


@dataclasses.dataclass
class Findings:
    """What one run of kills found. recoveries: kind -> seconds until a job hit ran again."""

    kills: Counter
    recoveries: dict[str, list[float]]
    blows: list[Blow] = dataclasses.field(default_factory=list)
    jobs: int = 0
    attempts: int = 0
    wrong: list[str] = dataclasses.field(default_factory=list)
    orphans: int = 0
    integrity: str = ""
    seconds: float = 0.0

    def note_start(self, job_id: str, attempt: int, at: float) -> None:
        """Take a job's new attempt as the answer to the blow that ended the one before."""
        blows = [b for b in self.blows if b.hit.get(job_id) == attempt - 1 and b.at < at]
        if blows:
            self.recoveries[blows[0].kind].append(at - blows[0].at)

    @property
    def good(self) -> bool:
        """Whether nothing was lost."""
        return not self.wrong and self.orphans == 0 and self.integrity == "ok"


def run(
    load: Load, kills: int, seed: int, folder: Path, with_web: bool, with_dask: bool
) -> Findings:
    """Disturb the load's jobs by so many kills, run them again undisturbed, and compare."""
    started = time.monotonic()
    findings = Findings(Counter(), {kind: [] for kind in VICTIMS})
    theatre = Theatre(folder / "disturbed", load.tasks, with_web, with_dask)
    disturbed = _perform(load, theatre, kills, seed, findings)
    findings.seconds = time.monotonic() - started
    calm = Findings(Counter(), {})
    expected = _perform(load, Theatre(folder / "calm", load.tasks, False, with_dask), 0, seed, calm)
    for name, result in expected.items():
        if disturbed.get(name) != result:
            findings.wrong.append(name)
    findings.jobs = len(expected)
    return findings


def _perform(
    load: Load, theatre: Theatre, kills: int, seed: int, findings: Findings
) -> dict[str, object]:
    dice = generator(seed, "kills")
    done: dict[str, Job] = {}
    for number, stage in enumerate(load.stages):
        share = kills * (number + 1) // len(load.stages)
        wanted = stage(theatre.workspace, done)
        done |= _work_through(theatre, wanted, load, dice, share, findings)
    for event in theatre.store.events():
        if event.kind == "running":
            findings.note_start(event.job, event.attempt, event.at)
    results = {
        name: comparable(theatre.store, theatre.workspace, job) for name, job in done.items()
    }
    findings.attempts = sum(job.attempt for job in theatre.store.jobs())
    findings.orphans = len(theatre.close())
    with sqlite3.connect(theatre.workspace.root / "jobs.db") as connection:
        findings.integrity = connection.execute("PRAGMA integrity_check").fetchone()[0]
    connection.close()
    return results


def _work_through(
    theatre: Theatre,
    wanted: Mapping[str, Child],
    load: Load,
    dice: np.random.Generator,
    kills: int,
    findings: Findings,
) -> dict[str, Job]:
    """Submit the jobs, kill until the count is reached or all is done, and wait for the end."""
    store = theatre.store
    ids = {name: store.submit(one.spec, one.seed) for name, one in wanted.items()}
    while not set(store.counts()) <= set(ENDED):
        if sum(findings.kills.values()) < kills:
            _let_work_begin(theatre, dice)
            time.sleep(dice.uniform(0.0, load.pause_seconds))
            _kill(theatre, dice, findings)
        time.sleep(0.2)
        theatre.repair()
    return {name: store.get(id) for name, id in ids.items()}


def _let_work_begin(theatre: Theatre, dice: np.random.Generator) -> None:
    """Wait for a job to be at work again, but one time in five strike during the recovery."""
    if dice.uniform() < 0.2:
        return
    end = time.monotonic() + LONGEST_RECOVERY_SECONDS
    while not theatre.at_work() and not set(theatre.store.counts()) <= set(ENDED):
        if time.monotonic() > end:
            return
        time.sleep(0.1)
        theatre.repair()


def _kill(theatre: Theatre, dice: np.random.Generator, findings: Findings) -> None:
    kind = str(dice.choice(list(VICTIMS), p=list(VICTIMS.values())))
    victims = theatre.victims(kind)
    if not victims:
        return
    victim = victims[dice.integers(len(victims))]
    hit = theatre.at_work(victim if kind == "runner" else None) if kind != "web server" else {}
    findings.blows.append(Blow(kind, time.time(), hit))
    with contextlib.suppress(psutil.NoSuchProcess):
        victim.kill()
    findings.kills[kind] += 1
    print(f"{sum(findings.kills.values())}: {kind}", file=sys.stderr, flush=True)


def table(findings: Findings) -> str:
    """Return the findings as a table in Markdown."""
    rows = [
        "| killed (kill -9) | times | work goes on after: median | longest |",
        "|---|---|---|---|",
    ]
    for kind, count in findings.kills.most_common():
        seconds = findings.recoveries[kind]
        times = [f"{np.median(seconds):.1f} s", f"{max(seconds):.1f} s"] if seconds else ["–", "–"]
        rows.append(f"| {kind} | {count} | {times[0]} | {times[1]} |")
    rows += [
        "",
        f"{findings.jobs} jobs in {findings.attempts} attempts, {findings.seconds:.0f} s: "
        f"{findings.jobs - len(findings.wrong)} bit-equal to an undisturbed run in result, files "
        f"and every metric step; {findings.orphans} orphan processes; "
        f"store integrity {findings.integrity}.",
    ]
    return "\n".join(rows)


def main() -> int:
    """Read the command line, run, print the table."""
    parser = argparse.ArgumentParser(prog="tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tasks", choices=("numpy", "real"), default="numpy")
    parser.add_argument("--jobs", type=int, help="jobs of each kind (numpy: in all)")
    parser.add_argument("--no-web", action="store_true", help="leave the page server out")
    parser.add_argument("--no-dask", action="store_true", help="the engine starts the runners")
    parser.add_argument("--table", type=Path, help="also write the table to this file")
    options = parser.parse_args()
    if options.tasks == "numpy":
        load = numpy_load(options.jobs or max(2, 3 * options.kills // 2))
    else:
        load = real_load(options.jobs or max(1, options.kills // 10))
    folder = Path(tempfile.mkdtemp(prefix="pareto-faults-"))
    web, dask = not options.no_web, not options.no_dask
    findings = run(load, options.kills, options.seed, folder, web, dask)
    text = table(findings)
    print(text)
    if options.table:
        options.table.write_text(text + "\n")
    if findings.good:
        shutil.rmtree(folder)
        return 0
    print(f"Not as undisturbed: {findings.wrong}. Everything is kept in {folder}.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
