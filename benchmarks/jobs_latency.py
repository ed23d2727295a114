"""What the job engine costs: latencies, an idle engine, reading while the store is locked.

    python -m benchmarks.jobs_latency

Prints a table in Markdown. Uses the small NumPy tasks of the tests, no TensorFlow.
"""

import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from core.jobs.engine import control
from core.jobs.store.spec import StoredSpec
from core.jobs.store.store import Store
from core.workspace import Workspace
from tests.jobs.watching import engines, runners, until

IDLE_SECONDS = 20.0


def seconds(work: Callable[[], object]) -> float:
    """Return how long `work` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def submit_to_progress(store: Store, seed: int) -> float:
    """Return the seconds from submitting a NumPy job to its first progress."""
    started = time.perf_counter()
    job = store.submit(StoredSpec("descend", {"steps": 40, "pause": 0.05}), seed)
    until(lambda: store.get(job).done, every=0.005)
    found = time.perf_counter() - started
    store.wait(job, 60)
    return found


def preview(store: Store, value: int) -> float:
    """Return the seconds of one question to the warm runner, all overhead."""
    return seconds(
        lambda: store.wait(
            store.submit(StoredSpec("preview", {"value": value}, "interactive"), 0), 60
        )
    )


def value_to_reader(store: Store, workspace: Workspace) -> float:
    """Return how long a metric value takes to reach another process, at the median."""
    job = store.submit(StoredSpec("clock", {"steps": 60}), 77)
    delays: list[float] = []
    reader = Store(workspace.store_url)
    while not reader.get(job).ended:
        values = reader.metrics(job).get("at", [])[len(delays) :]
        delays += [time.monotonic() - value for _, value in values]
        time.sleep(0.005)
    reader.close()
    return statistics.median(delays)


def reading_while_locked(store: Store, workspace: Workspace) -> float:
    """Return the longest of a hundred page reads while somebody else holds the write lock."""
    job = store.jobs(kind="descend")[0].id
    foreign = sqlite3.connect(workspace.root / "jobs.db", isolation_level=None)
    foreign.execute("BEGIN IMMEDIATE")

    def page() -> None:
        store.jobs(limit=50)
        store.metrics(job)
        store.revision()

    times = [seconds(page) for _ in range(100)]
    foreign.execute("ROLLBACK")
    foreign.close()
    return max(times)


def idle_share(process: psutil.Process) -> float:
    """Return the share of a core an engine without work uses."""
    before = sum(process.cpu_times()[:2])
    time.sleep(IDLE_SECONDS)
    return (sum(process.cpu_times()[:2]) - before) / IDLE_SECONDS


def main() -> None:
    """Measure and print."""
    os.environ["PARETO_LAB_TASKS"] = "tests.jobs.work:TASKS"
    workspace = Workspace(Path(tempfile.mkdtemp(prefix="pareto-benchmark-")))
    store = Store(workspace.store_url)
    rows: list[tuple[str, str]] = []

    def cold() -> None:
        job = store.submit(StoredSpec("descend", {"steps": 3}), 1)
        control.ensure(workspace)
        until(lambda: store.get(job).done, every=0.005)

    rows.append(("submit to first progress, engine not running", f"{seconds(cold):.2f} s"))
    warm = statistics.median(submit_to_progress(store, seed) for seed in range(10, 15))
    rows.append(("submit to first progress, engine running", f"{warm:.2f} s"))
    preview(store, -1)
    questions = [preview(store, value) * 1000 for value in range(50)]
    rows.append(("question to the warm runner, median", f"{statistics.median(questions):.0f} ms"))
    rows.append(("question to the warm runner, longest of 50", f"{max(questions):.0f} ms"))
    rows.append(("metric value to another process", f"{value_to_reader(store, workspace):.2f} s"))
    locked = reading_while_locked(store, workspace) * 1000
    rows.append(("page read while write-locked, longest of 100", f"{locked:.1f} ms"))
    [process] = engines(workspace.root)
    idle = idle_share(process)
    rows.append(("idle engine with a warm runner, share of a core", f"{idle:.1%}"))
    memory = process.memory_info().rss / 2**20
    rows.append(("engine memory", f"{memory:.0f} MiB"))
    [warm_runner] = runners(workspace.root)
    rows.append(("waiting warm runner, share of a core", f"{idle_share(warm_runner):.1%}"))
    control.stop(workspace)
    store.close()
    print("| what | measured |\n|---|---|")
    for what, value in rows:
        print(f"| {what} | {value} |")


if __name__ == "__main__":
    main()
