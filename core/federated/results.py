"""What federated jobs leave behind."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.evaluation.results import NetworkResult
from core.federated.clients import Clients
from core.federated.history import FederatedHistory
from core.records import Record

HISTORY_FILE = "history.csv"
MODEL_FILE = "model.npz"


@dataclass(frozen=True, kw_only=True)
class FederatedResult(Record):
    """A finished federated run.

    history: name of the CSV file. rows: a record a round, None where nothing was measured.
    label_counts: training samples of each label at each client. client_accuracy: of the final
    model on each client's validation samples, None for a client without any. model: name of the
    file with the parameters.
    """

    history: str
    label: str = ""
    federation: str = ""
    rows: tuple[Mapping[str, float | None], ...] = ()
    label_counts: tuple[tuple[int, ...], ...] = ()
    client_accuracy: tuple[float | None, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FederatedMlpResult(FederatedResult):
    """A finished federated run of the MLP. model: name of the file with the parameters."""

    model: str = MODEL_FILE


@dataclass(frozen=True, kw_only=True)
class FederatedNetworkResult(NetworkResult, FederatedResult):
    """A finished federated run of the convolutional network, measured like a trained one."""


@dataclass(frozen=True)
class FederatedComparisonResult(Record):
    """A finished comparison. runs: ids of its jobs. failed: why some of them have no result."""

    runs: tuple[str, ...]
    failed: tuple[str, ...] = ()


def federated_result(history: FederatedHistory, clients: Clients) -> FederatedResult:
    """Return what is kept of a run's history and of its clients."""
    accuracies = np.asarray(history.client_accuracy, float)
    return FederatedResult(
        history=HISTORY_FILE,
        label=history.label,
        federation=clients.name,
        rows=tuple(history.rows()),
        label_counts=tuple(tuple(row) for row in clients.label_counts().tolist()),
        client_accuracy=tuple(None if np.isnan(a) else float(a) for a in accuracies),
    )
