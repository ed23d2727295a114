"""What the demo's page draws, as plain data: arrays travel in base64, little-endian."""

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from core.federated.clients import Clients
from core.federated.demo import plane as planes
from core.federated.demo import two_parameters as two
from core.federated.demo.grid import Grid, same_as, table
from core.federated.demo.spec import DemoRun
from core.federated.federate import federate, load_clients, trainer_of
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


@lru_cache(maxsize=256)
def _curves(run: DemoRun) -> CurvesPicture:
    clients = clients_of(run)
    history = federate(run.spec, 0, clients=clients)
    return CurvesPicture(pack(table(history), "float64"), labels_of(clients))


def labels_of(clients: Clients) -> Packed:
    """Return the training samples of each label at each client."""
    return pack(clients.label_counts(), "int32")


def curves_picture(run: DemoRun) -> CurvesPicture:
    """Return the history of a run that the grid has not got."""
    return _curves(same_as(run))


@lru_cache(maxsize=128)
def _toy(run: DemoRun) -> ToyPicture:
    played = two.play(run)
    clients = two.toy_clients(run.heterogeneity, run.data_seed)
    rounds = played.rounds
    return ToyPicture(
        box=TOY_BOX,
        optimum=tuple(played.optimum.tolist()),
        clients=pack(np.stack([each.clients for each in rounds]), "int32"),
        paths=pack(np.stack([each.paths for each in rounds])),
        server=pack(np.stack([played.start, *(each.server for each in rounds)])),
        corrections=pack(np.stack([each.corrections for each in rounds])),
        pulls=pack(np.stack([each.pulls for each in rounds])),
        losses=pack(two.losses(clients, TOY_BOX, TOY_CELLS)),
    )


def toy_picture(run: DemoRun) -> ToyPicture:
    """Return the run with two parameters."""
    return _toy(same_as(run))


@lru_cache(maxsize=24)
def _walk(run: DemoRun) -> planes.Walk:
    return planes.walk(run, clients_of(run))


def plane_pictures(runs: Sequence[DemoRun]) -> list[PlanePicture]:
    """Return runs on planes of their own, all with the same axis ranges."""
    walks = [_walk(same_as(run)) for run in runs]
    drawn = [np.concatenate([each.server, *each.ends]) for each in walks]
    box = _box(np.concatenate(drawn))
    return [_plane(same_as(run), box) for run in runs]


def _box(points: np.ndarray) -> tuple[float, float, float, float]:
    low, high = points.min(axis=0), points.max(axis=0)
    away = MARGIN * np.maximum(high - low, 1e-6)
    (left, bottom), (right, top) = low - away, high + away
    return float(left), float(right), float(bottom), float(top)


@lru_cache(maxsize=48)
def _plane(run: DemoRun, box: tuple[float, float, float, float]) -> PlanePicture:
    found, clients = _walk(run), clients_of(run)
    losses = planes.surface(trainer_of(run.spec, clients), clients, found.plane, box, PLANE_CELLS)
    return PlanePicture(
        box=box,
        shares=found.plane.shares,
        parameters=math.prod(found.plane.origin.shape),
        clients=pack(np.stack(found.clients), "int32"),
        ends=pack(np.stack(found.ends)),
        server=pack(found.server),
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
