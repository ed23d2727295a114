"""Prepared runs beyond the sliders: images, one dominating client, stragglers.

They ship with the product: a network on images takes minutes where a slider has 2 seconds.
"""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from core.data.partition import Dirichlet
from core.federated.clients import Clients
from core.federated.demo.grid import table
from core.federated.demo.pictures import Packed, labels_of, pack
from core.federated.demo.presets import (
    ALPHAS,
    CNN_ALPHAS,
    DOMINATED,
    STRAGGLING,
)
from core.federated.demo.spec import LOCAL_RATE, ROUNDS, SAMPLE_WEIGHTING
from core.federated.history import FederatedHistory
from core.federated.spec import CNN, FederatedSpec
from core.records import Record

# A draw in which one client holds 60% of all samples.
DOMINATED_SEED = 302
IMAGE_CLIENTS = 10
CNN_ROUNDS = 10
IMAGES = "garments"


@dataclass(frozen=True)
class Extra(Record):
    """One prepared run. records: (rounds + 1, COLUMNS). labels: (clients, classes)."""

    id: str
    label: str
    records: Packed
    labels: Packed


def extra_runs(images: str = IMAGES) -> dict[str, FederatedSpec]:
    """Return id -> the run, which anybody may start on the Federated page with seed 0.

    images: what names the bundled images, a digest in a workspace.
    """
    mlp = {f"mlp:{alpha:g}": _images(images, alpha) for alpha in ALPHAS}
    cnn = {
        f"cnn:{alpha:g}": _images(images, alpha, network=CNN, rounds=CNN_ROUNDS)
        for alpha in CNN_ALPHAS
    }
    return {**mlp, **cnn, **_dominated(), **_straggling()}


def tasks(images: str = IMAGES) -> dict[str, str]:
    """Return id -> the data set that the run learns: heights compare within one."""
    return {
        id: spec.data if spec.synthetic is None else f"{spec.data}, {spec.data_seed}"
        for id, spec in extra_runs(images).items()
    }


def _images(data: str, alpha: float, **more: str | int) -> FederatedSpec:
    told = {"rounds": ROUNDS, **more}
    return FederatedSpec(
        data=data,
        data_seed=0,
        partition=Dirichlet(clients=IMAGE_CLIENTS, alpha=alpha),
        local_steps=20,
        learning_rate=0.05,
        dissimilarity_every=1 if told.get("network") != CNN else 0,
        label=f"α = {alpha:g}",
        **told,  # type: ignore[arg-type]
    )


def _synthetic(label: str, algorithm: str, **more: object) -> FederatedSpec:
    told = {"data_seed": 1, "local_steps": 100, **more}
    return FederatedSpec(
        data="synthetic:1,1",
        algorithm=algorithm,
        rounds=ROUNDS,
        learning_rate=LOCAL_RATE,
        hidden=(),
        label=label,
        **told,  # type: ignore[arg-type]
    )


def _dominated() -> dict[str, FederatedSpec]:
    seed = {"data_seed": DOMINATED_SEED}
    samples = {**seed, "algorithm_settings": SAMPLE_WEIGHTING}
    by_samples, equal, fedavg = DOMINATED
    return {
        by_samples: _synthetic("SCAFFOLD, weighted by samples", "scaffold", **samples),
        equal: _synthetic("SCAFFOLD, equal clients", "scaffold", **seed),
        fedavg: _synthetic("FedAvg", "fedavg", **seed),
    }


def _straggling() -> dict[str, FederatedSpec]:
    late = {"stragglers": 0.9, "clients_per_round": 10}
    nobody, dropped, kept, prox = STRAGGLING
    return {
        nobody: _synthetic("FedAvg, no stragglers", "fedavg", clients_per_round=10),
        dropped: _synthetic("FedAvg, dropped", "fedavg", partial_work="dropped", **late),
        kept: _synthetic("FedAvg, kept", "fedavg", **late),
        prox: _synthetic("FedProx, kept", "fedprox", algorithm_settings={"mu": 1.0}, **late),
    }


def extra(id: str, label: str, history: FederatedHistory, clients: Clients) -> Extra:
    """Return a finished run as it is kept."""
    return Extra(id, label, pack(table(history), "float64"), labels_of(clients))


def write_extras(found: Sequence[Extra]) -> bytes:
    """Return the runs as JSON, gzipped."""
    text = json.dumps([each.to_json() for each in found], separators=(",", ":"))
    return gzip.compress(text.encode(), mtime=0)


def read_extras(content: bytes) -> tuple[Extra, ...]:
    """Return the runs that `write_extras` wrote."""
    return tuple(Extra.from_json(each) for each in json.loads(gzip.decompress(content)))


@lru_cache(maxsize=1)
def bundled_extras() -> tuple[Extra, ...]:
    """Return the runs that ship with the product."""
    return read_extras((files("assets") / "federated_demo.json.gz").read_bytes())
