"""Federated histories made by hand: a line from one loss to another, as a test names it."""

from typing import Any

from core.federated.spec import FederatedSpec
from core.runs.finished.histories import History


def history(label: str, accuracies: list[float], **settings: Any) -> History:
    """Round r has validation accuracy accuracies[r]; losses fall as accuracy rises."""
    drift = settings.pop("drift", 1.0)
    losses = settings.pop("losses", [1 - a for a in accuracies])
    evaluations = settings.pop("evaluations", 10)
    spec = FederatedSpec.from_json(settings)
    rows = tuple(
        {
            "round": float(number),
            "epoch": number * evaluations / 100,
            "gradient_evaluations": float(number * evaluations),
            "bytes": number * 1000.0,
            "train_loss": loss,
            "train_accuracy": accuracy + 0.02,
            "validation_loss": loss,
            "validation_accuracy": accuracy,
            **({"drift": drift} if number else {}),
        }
        for number, (accuracy, loss) in enumerate(zip(accuracies, losses, strict=True))
    )
    return History(label, label, spec, 0, rows)
