"""What a run left behind: one record a round, the final model, and tables made from them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from core import tables

# The columns of history.csv, which scripts rely on; diagnostics follow only where asked for.
COLUMNS = (
    "round",
    "epoch",
    "gradient_evaluations",
    "bytes",
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
    "drift",
)


@dataclass(frozen=True)
class RoundRecord:
    """One round: what it cost since the start, how good the model is now, and why.

    epoch: samples visited over all training samples. gradient_evaluations: mini-batch gradients
    computed on all clients together. bytes: sent and received. Losses and accuracies: over all
    clients' samples; client_…: the mean over clients, each counting alike. drift: root mean square
    |w_k - w_mean| over the round's clients. cosine: mean cosine between a client's step and the
    mean step. dissimilarity: B of the FedProx paper, sqrt(E|grad F_k|^2) / |grad f|. accuracy_low,
    _high: 10th and 90th percentile of the clients' own validation accuracies; accuracy_spread:
    their standard deviation.
    NaN where nothing was measured, as drift before the first round.
    """

    round: int
    epoch: float
    gradient_evaluations: int
    bytes: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    drift: float = math.nan
    dissimilarity: float = math.nan
    cosine: float = math.nan
    accuracy_spread: float = math.nan
    accuracy_low: float = math.nan
    accuracy_high: float = math.nan
    learning_rate: float = math.nan
    clients: int = 0
    client_train_loss: float = math.nan
    client_train_accuracy: float = math.nan
    client_validation_loss: float = math.nan
    client_validation_accuracy: float = math.nan

    def values(self) -> dict[str, float]:
        """Return everything that was measured and is finite, by name, except the round."""
        measured = {key: value for key, value in vars(self).items() if math.isfinite(value)}
        return {key: value for key, value in measured.items() if key != "round"}


RECORD_FIELDS = tuple(field.name for field in fields(RoundRecord))
_WHOLE = ("round", "gradient_evaluations", "bytes", "clients")


@dataclass(frozen=True)
class FederatedHistory:
    """A finished run.

    records: round 0 is the model before training. parameters: the final model by name.
    client_accuracy: (clients,) validation accuracy of the final model, NaN where a client has no
    validation samples.
    """

    label: str
    records: tuple[RoundRecord, ...]
    parameters: Mapping[str, np.ndarray]
    client_accuracy: np.ndarray

    def column(self, name: str) -> np.ndarray:
        """Return one column over the rounds."""
        return np.array([getattr(record, name) for record in self.records])

    def rows(self) -> list[dict[str, float | None]]:
        """Return JSON-ready records; what was not measured, or is infinite, is None."""
        return [
            {name: _finite(value) for name, value in vars(record).items()}
            for record in self.records
        ]

    def csv(self, diagnostics: bool = False) -> str:
        """Return the history as CSV with the fixed columns, and all others if asked for."""
        return tables.to_csv(RECORD_FIELDS if diagnostics else COLUMNS, self.rows())


def to_array(records: Sequence[RoundRecord]) -> np.ndarray:
    """Return records as (rounds, fields) float64, for a checkpoint."""
    table = [[getattr(record, name) for name in RECORD_FIELDS] for record in records]
    return np.array(table, np.float64).reshape(len(records), len(RECORD_FIELDS))


def from_array(table: np.ndarray) -> tuple[RoundRecord, ...]:
    """Return the records of a checkpoint; one of an older version lacks the last fields."""
    return tuple(_record(dict(zip(RECORD_FIELDS, map(float, row), strict=False))) for row in table)


def _record(values: Mapping[str, float]) -> RoundRecord:
    typed: dict[str, Any] = {k: int(v) if k in _WHOLE else v for k, v in values.items()}
    return RoundRecord(**typed)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
