"""What a kind of job needs of a machine, and the lane it waits in; the store reads only names."""

import os
from dataclasses import dataclass

GIGABYTE = 1024**3
CORES_VARIABLE = "PARETO_LAB_RUN_CORES"


@dataclass(frozen=True)
class Resources:
    """Cores and memory that one runner takes while it works.

    lane: "background" waits for free cores; "interactive" has one warm runner of its own;
    "light" only submits other jobs and takes no core. warm_seconds: how long a runner waits for
    the next job of its kind before it ends. imports: the library whose import takes seconds.
    has_card: whether a graphics card, where there is one, is taken too. kept_share: of the
    machine's memory, what its runner may hold between two jobs where that is more.
    """

    name: str
    lane: str
    cores: int
    memory_bytes: int
    warm_seconds: float = 0.0
    imports: str = ""
    has_card: bool = False
    kept_share: float = 0.0

    def most_between_jobs(self, machine_bytes: int) -> int:
        """Return the bytes above which a runner does not wait for another job."""
        return max(self.memory_bytes, int(self.kept_share * machine_bytes))


def run_cores(text: str | None) -> int:
    """Return the cores of one training or pruning, 2 unless `text` is a whole number from 1."""
    return int(text) if text and text.isdecimal() and int(text) else 2


RUN_CORES = run_cores(os.environ.get(CORES_VARIABLE))
# What a run needs that has others beside it: two runs of one core each get 1.3 (whole networks) to
# 1.7 times (small ones) as much done as one run of two cores, though each takes longer.
ONE_OF_MANY = "tensorflow-one-core"

RESOURCES = {
    each.name: each
    for each in (
        Resources("tensorflow", "background", RUN_CORES, 2 * GIGABYTE, 300.0, "tensorflow", True),
        Resources(ONE_OF_MANY, "background", 1, 2 * GIGABYTE, 300.0, "tensorflow", True),
        Resources("numpy", "background", cores=1, memory_bytes=GIGABYTE // 2),
        # Of a large network the scores that are kept are what makes the next answer instant.
        Resources(
            "interactive",
            "interactive",
            RUN_CORES,
            2 * GIGABYTE,
            600.0,
            "tensorflow",
            kept_share=0.25,
        ),
        Resources("light", "light", cores=0, memory_bytes=GIGABYTE // 8),
    )
}


def threads_of(needed: Resources) -> int:
    """Return the threads a runner computes with, the same on every machine with enough cores."""
    return max(1, min(needed.cores, os.cpu_count() or 1))


def lane_resources(lane: str) -> tuple[str, ...]:
    """Return the names of the resources that jobs of `lane` need."""
    return tuple(name for name, each in RESOURCES.items() if each.lane == lane)
