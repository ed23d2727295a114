"""What the demo's page draws, as plain data: arrays travel in base64, little-endian."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from core.federated.clients import Clients
from core.federated.demo import plane as planes
from core.federated.demo import two_parameters as two
from core.federated.demo.grid import Grid, table
from core.federated.demo.spec import DemoRun
from core.federated.federate import federate, load_clients, trainer_of
from core.federated.history import FederatedHistory
from core.records import Record

# The part of (slope, intercept) that is drawn: every path of the grid's runs lies in it.
TOY_BOX = (-2.7, 3.3, -1.6, 2.9)
TOY_CELLS, PLANE_CELLS = 33, 17
MARGIN = 0.12  # of the plane around what is drawn on it


@dataclass(frozen=True)
class Packed(Record):
    """An array. kind: float64, float32 or int32. data: its bytes in base64."""

    shape: tuple[int, ...]
    kind: str
    data: str


def pack(values: np.ndarray, kind: str = "float32") -> Packed:
    """Return an array for a browser."""
    plain = np.ascontiguousarray(values, np.dtype(kind).newbyteorder("<"))
    return Packed(values.shape, kind, base64.b64encode(plain.tobytes()).decode())


def unpack(packed: Packed) -> np.ndarray:
    """Return the array that `pack` was given, rounded to its kind."""
    kind = np.dtype(packed.kind).newbyteorder("<")
    return np.frombuffer(base64.b64decode(packed.data), kind).reshape(packed.shape)


@dataclass(frozen=True)
class CurvesPicture(Record):
    """One run's history. records: (rounds + 1, COLUMNS). labels: (clients, classes)."""

    records: Packed
    labels: Packed


@dataclass(frozen=True)
class ToyPicture(Record):
    """One run with two parameters, all in (slope, intercept).

    clients: (rounds, m) numbers, -1 for everybody's samples. paths: (rounds, m, points, 2).
    server: (rounds + 1, 2). corrections, pulls: (rounds, m, 2). losses: (clients, cells, cells).
    """

    box: tuple[float, ...]
    optimum: tuple[float, ...]
    clients: Packed
    paths: Packed
    server: Packed
    corrections: Packed
    pulls: Packed
    losses: Packed


@dataclass(frozen=True)
class PlanePicture(Record):
    """One run of the real network on its plane.

    shares: shown of the variance of the server's path, of the clients' spread, of all models.
    clients: (rounds, m). ends: (rounds, m, 2). server: (rounds + 1, 2). losses: (cells, cells).
    """

    box: tuple[float, ...]
    shares: tuple[float, ...]
    parameters: int
    clients: Packed
    ends: Packed
    server: Packed
    losses: Packed


@lru_cache(maxsize=12)
def _clients(heterogeneity: float | None, data_seed: int) -> Clients:
    # Many small products: several threads only wait for one another.
    with threadpool_limits(limits=1, user_api="blas"):
        return load_clients(DemoRun(heterogeneity, data_seed=data_seed).spec, 0)


def clients_of(run: DemoRun) -> Clients:
    """Return a run's clients; the last few federations stay in memory."""
    return _clients(run.heterogeneity, run.data_seed)


def curves_picture(run: DemoRun) -> CurvesPicture:
    """Return the history of a run that the grid has not got."""
    clients = clients_of(run)
    return _curves(federate(run.spec, 0, clients=clients), clients)


def _curves(history: FederatedHistory, clients: Clients) -> CurvesPicture:
    return CurvesPicture(pack(table(history), "float64"), labels_of(clients))


def labels_of(clients: Clients) -> Packed:
    """Return the training samples of each label at each client."""
    return pack(clients.label_counts(), "int32")


@lru_cache(maxsize=12)
def _landscape(heterogeneity: float | None, data_seed: int) -> tuple[tuple[float, ...], Packed]:
    """Return where the two-parameter clients' mean loss is lowest, and their losses."""
    clients = two.toy_clients(heterogeneity, data_seed)
    lowest = tuple(two.optimum(clients).tolist())
    return lowest, pack(two.losses(clients, TOY_BOX, TOY_CELLS))


def toy_picture(run: DemoRun) -> ToyPicture:
    """Return the run with two parameters."""
    played = two.play(run)
    rounds = played.rounds
    lowest, losses = _landscape(run.heterogeneity, run.data_seed)
    return ToyPicture(
        box=TOY_BOX,
        optimum=lowest,
        clients=pack(np.stack([each.clients for each in rounds]), "int32"),
        paths=pack(np.stack([each.paths for each in rounds])),
        server=pack(np.stack([played.start, *(each.server for each in rounds)])),
        corrections=pack(np.stack([each.corrections for each in rounds])),
        pulls=pack(np.stack([each.pulls for each in rounds])),
        losses=losses,
    )


@dataclass(frozen=True)
class Walked(Record):
    """A run of the real network on its plane, and its history, all in float64.

    plane: (3, P), its origin and two directions. shares: as in PlanePicture. clients: (rounds, m).
    ends: (rounds, m, 2). server: (rounds + 1, 2).
    """

    plane: Packed
    shares: tuple[float, ...]
    clients: Packed
    ends: Packed
    server: Packed
    curves: CurvesPicture


def walked(run: DemoRun) -> Walked:
    """Return a run's walk."""
    clients = clients_of(run)
    found = planes.walk(run, clients)
    return Walked(
        plane=pack(np.stack([found.plane.origin, *found.plane.axes]), "float64"),
        shares=found.plane.shares,
        clients=pack(np.stack(found.clients), "int32"),
        ends=pack(np.stack(found.ends), "float64"),
        server=pack(found.server, "float64"),
        curves=_curves(found.history, clients),
    )


def common_box(walks: Sequence[Walked]) -> tuple[float, ...]:
    """Return axis ranges that hold all that walks draw: left, right, bottom, top."""
    parts = [unpack(part).reshape(-1, 2) for each in walks for part in (each.server, each.ends)]
    points = np.concatenate(parts)
    low, high = points.min(axis=0), points.max(axis=0)
    away = MARGIN * np.maximum(high - low, 1e-6)
    (left, bottom), (right, top) = low - away, high + away
    return float(left), float(right), float(bottom), float(top)


def plane_picture(run: DemoRun, walk: Walked, box: Sequence[float]) -> PlanePicture:
    """Return a run's walk over contours of its loss."""
    origin, *axes = unpack(walk.plane)
    plane = planes.Plane(origin, np.array(axes), (walk.shares[0], walk.shares[1], walk.shares[2]))
    clients = clients_of(run)
    losses = planes.surface(trainer_of(run.spec, clients), clients, plane, box, PLANE_CELLS)
    return PlanePicture(
        box=tuple(box),
        shares=walk.shares,
        parameters=len(origin),
        clients=walk.clients,
        ends=pack(unpack(walk.ends)),
        server=pack(unpack(walk.server)),
        losses=pack(losses),
    )


@dataclass(frozen=True)
class GridPicture(Record):
    """The whole grid. runs: as JSON. records: (runs, rounds + 1, COLUMNS).

    data: heterogeneities, None for IID. labels: (data, clients, classes).
    """

    runs: tuple[tuple[float | str | None, ...], ...]
    records: Packed
    data: tuple[float | None, ...]
    labels: Packed


def grid_picture(grid: Grid) -> GridPicture:
    """Return the grid for a browser."""
    runs = tuple(
        (run.heterogeneity, run.local_steps, run.clients, run.algorithm, run.mu, run.data_seed)
        for run in grid.runs
    )
    labels = pack(np.stack(list(grid.label_counts.values())), "int32")
    return GridPicture(runs, pack(grid.records, "float64"), tuple(grid.label_counts), labels)
