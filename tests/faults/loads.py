"""What is worked on while processes are killed: jobs in stages, and how their results compare."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.jobs.store.job import Job
from core.jobs.store.store import Child, Store
from core.workspace import Workspace
from tests.jobs.told import told

# Wall-clock facts inside results, which no two runs share; Keras writes the time into its file,
# which may change the length of it by a byte.
TIMED = {"seconds", "latency", "latency_seconds", "created", "keras_bytes"}

Stage = Callable[[Workspace, Mapping[str, Job]], dict[str, Child]]


@dataclass(frozen=True)
class Load:
    """Stages of named jobs; a stage is built from the finished jobs of those before it.

    tasks: the table the runners use. pause_seconds: between two kills, at most.
    """

    tasks: str
    pause_seconds: float
    stages: tuple[Stage, ...]


def numpy_load(count: int) -> Load:
    """Return `count` gradient descents of about six seconds each, then a sweep over two more."""

    def descents(workspace: Workspace, done: Mapping[str, Job]) -> dict[str, Child]:
        settings = {"steps": 150, "pause": 0.03, "save_every": 5}
        return {f"descend {seed}": Child(told("descend", settings), seed) for seed in range(count)}

    def sweep(workspace: Workspace, done: Mapping[str, Job]) -> dict[str, Child]:
        settings = {"points": 2, "steps": 100, "pause": 0.03, "save_every": 5}
        return {"sweep": Child(told("sweep", settings), 0)}

    return Load("tests.jobs.work:TASKS", 2.5, (descents, sweep))


def real_load(count: int) -> Load:
    """Return training, FedAvg and, from each trained network, pruning by two methods."""

    def trainings(workspace: Workspace, done: Mapping[str, Job]) -> dict[str, Child]:
        from core.training.spec import TrainSpec

        recipe, digest = _recipe(), _garments(workspace)
        trained = {
            f"train {seed}": Child(TrainSpec(data=digest, recipe=recipe), seed)
            for seed in range(count)
        }
        averaged = {f"fedavg {seed}": Child(_fedavg(), seed) for seed in range(count)}
        return trained | averaged

    def prunings(workspace: Workspace, done: Mapping[str, Job]) -> dict[str, Child]:
        digest = _garments(workspace)
        return {
            f"{method} {seed}": Child(_pruning(digest, done, method, seed), seed)
            for seed in range(count)
            for method in ("magnitude", "thinet")
        }

    return Load("core.tasks.table:TASKS", 10.0, (trainings, prunings))


def _recipe() -> Any:
    import dataclasses

    from core.training.recipe import PRESETS

    return dataclasses.replace(PRESETS["course"], epochs=4)


def _garments(workspace: Workspace) -> str:
    from core.data import builtin_datasets
    from core.data import store as datasets

    return str(datasets.save(workspace, builtin_datasets.load_any("garments", workspace)))


def _fedavg() -> Any:
    from core.federated.spec import FederatedSpec

    return FederatedSpec(
        data="synthetic:0.5,0.5", rounds=60, local_epochs=5, batch_size=10, learning_rate=0.05
    )


def _pruning(digest: str, done: Mapping[str, Job], method: str, seed: int) -> Any:
    from core.pruning.plan import PrunePlan
    from core.pruning.spec import PruneSpec

    plan = PrunePlan(method=method, sparsity=0.8, epochs=3)
    return PruneSpec(data=digest, dense=done[f"train {seed}"].id, plan=plan)


def comparable(store: Store, workspace: Workspace, job: Job) -> dict[str, Any]:
    """Return everything of a finished job that must not depend on what happened on the way.

    Its result without times, every metric value, and the digest of every file it made.
    """
    folder = workspace.artifacts(job.id)
    return {
        "state": job.state,
        "result": _timeless(job.result),
        "metrics": store.metrics(job.id),
        "files": {
            path.name: _digest(path)
            for path in sorted(folder.glob("*.*"))
            if path.suffix != ".keras"  # Keras writes the time into it
        },
    }


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(v) for key, v in value.items() if key not in TIMED}
    return [_timeless(v) for v in value] if isinstance(value, list) else value


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
