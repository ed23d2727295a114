"""The grid: the histories of all runs between which the demo's sliders move without waiting."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files

import numpy as np

from core.errors import RecordError
from core.federated.clients import Clients
from core.federated.demo.spec import DemoRun, FederatedGridSpec
from core.federated.federate import federate, load_clients
from core.federated.history import FederatedHistory
from core.progress import Progress, Silent
from core.settings import from_dict, to_dict

# What is kept of a history, in this order.
COLUMNS = (
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
    "drift",
    "dissimilarity",
    "bytes",
    "gradient_evaluations",
    "epoch",
    "client_validation_accuracy",
)


@dataclass(frozen=True)
class Grid:
    """Finished runs of the demo.

    records: (runs, rounds + 1, COLUMNS) float64, row 0 before training. label_counts: heterogeneity
    (None: IID) -> training samples of each label at each client, (clients, classes).
    """

    runs: tuple[DemoRun, ...]
    records: np.ndarray
    label_counts: Mapping[float | None, np.ndarray]


def grid_runs(spec: FederatedGridSpec) -> tuple[DemoRun, ...]:
    """Return the runs of a grid, those on the same clients side by side."""
    every = (
        DemoRun(h, k, c, algorithm, data_seed=spec.data_seed)
        for h in (None, *spec.heterogeneities)
        for algorithm in spec.algorithms
        for c in spec.clients
        for k in spec.local_steps
    )
    return tuple(dict.fromkeys(map(same_as, every)))


def same_as(run: DemoRun) -> DemoRun:
    """Return the run that stands for all with its numbers: K and mu count for some only."""
    k = 1 if run.takes_one_step else run.local_steps
    uses_mu = "mu" in run.spec.algorithm_settings
    return replace(run, local_steps=k, mu=run.mu if uses_mu else DemoRun().mu)


def compute_grid(spec: FederatedGridSpec, progress: Progress | None = None) -> Grid:
    """Return the finished grid; goes on with the runs that the progress has saved.

    Raises Stopped when the progress does.
    """
    told = progress or Silent()
    runs = grid_runs(spec)
    done = list((told.load() or {}).get("records", ()))
    clients: dict[str, Clients] = {}
    for number, run in enumerate(runs):
        wanted = replace(run.spec, rounds=spec.rounds)
        if wanted.data not in clients:
            clients[wanted.data] = load_clients(wanted, 0)
        if number < len(done):
            continue
        told.report(number, len(runs), f"Run {number + 1} of {len(runs)}")
        done.append(table(federate(wanted, 0, clients=clients[wanted.data])))
        told.save({"records": np.array(done)})
    told.report(len(runs), len(runs), f"{len(runs)} runs")
    counts = {run.heterogeneity: clients[run.spec.data].label_counts() for run in runs}
    return Grid(runs, np.array(done), counts)


def table(history: FederatedHistory) -> np.ndarray:
    """Return what the demo draws of a history, (rounds + 1, COLUMNS) float64."""
    return np.stack([history.column(name).astype(np.float64) for name in COLUMNS], axis=1)


def write(grid: Grid) -> bytes:
    """Return a grid as an .npz."""
    said = {"runs": [to_dict(run) for run in grid.runs], "data": list(grid.label_counts)}
    into = io.BytesIO()
    np.savez_compressed(
        into,
        records=grid.records,
        said=np.frombuffer(json.dumps(said).encode(), np.uint8),
        label_counts=np.stack(list(grid.label_counts.values())).astype(np.int32),
    )
    return into.getvalue()


def read(content: bytes) -> Grid:
    """Return the grid that `write` wrote. Raises RecordError for anything else."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as found:
            said = json.loads(found["said"].tobytes())
            runs = tuple(from_dict(DemoRun, each) for each in said["runs"])
            counts = dict(zip(said["data"], found["label_counts"], strict=True))
            return Grid(runs, found["records"], counts)
    except (ValueError, KeyError, OSError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise RecordError(
            "The demo's grid is damaged, or of another version of this program. Compute it again."
        ) from error


def find(grid: Grid, run: DemoRun) -> np.ndarray | None:
    """Return the records of a run, (rounds + 1, COLUMNS), None if the grid has it not."""
    numbers: Sequence[DemoRun] = grid.runs
    wanted = same_as(run)
    return grid.records[numbers.index(wanted)] if wanted in numbers else None


@lru_cache(maxsize=1)
def bundled_grid() -> Grid:
    """Return the grid that ships with the product: the default `FederatedGridSpec`'s."""
    return read((files("assets") / "federated_grid.npz").read_bytes())
