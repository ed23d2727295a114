"""Turns a round into its record: costs so far, losses, accuracies and diagnostics."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.federated.clients import Clients
from core.federated.diagnostics import DriftMeter, client_accuracy, dissimilarity, spread
from core.federated.history import RoundRecord
from core.federated.sampling import Cohort
from core.federated.spec import Run
from core.federated.trainers.trainer import Trainer, Work


@dataclass(frozen=True)
class RoundMetrics:
    """Measures models on all clients' samples, training and validation."""

    clients: Clients
    trainer: Trainer

    def before_training(self, run: Run, vector: np.ndarray) -> RoundRecord:
        """Return the record of round 0."""
        return RoundRecord(
            round=0,
            epoch=0.0,
            gradient_evaluations=0,
            bytes=0,
            learning_rate=run.settings.rate_in(1),
            **self._quality(run, 0, vector),
        )

    def after_round(
        self,
        run: Run,
        before: RoundRecord,
        cohort: Cohort,
        work: Work,
        vector: np.ndarray,
        meter: DriftMeter,
    ) -> RoundRecord:
        """Return the record of the round after `before`."""
        number = before.round + 1
        # Asking for the gradient at w costs one more pass and one more gradient per client.
        extra = len(cohort.clients) if work.instruction.gradients else 0
        extra_samples = int(self.clients.train.sizes[cohort.clients].sum()) if extra else 0
        return RoundRecord(
            round=number,
            epoch=before.epoch + (cohort.visited + extra_samples) / len(self.clients.train),
            gradient_evaluations=before.gradient_evaluations + cohort.gradient_evaluations + extra,
            bytes=before.bytes + self._bytes(run, cohort, work, vector),
            drift=meter.drift(),
            cosine=meter.cosine(),
            learning_rate=work.learning_rate,
            clients=cohort.asked,
            **self._quality(run, number, vector),
        )

    def _bytes(self, run: Run, cohort: Cohort, work: Work, vector: np.ndarray) -> int:
        answering = cohort.asked if work.instruction.pooled else len(cohort.clients)
        return (cohort.asked + answering) * run.algorithm.vectors * vector.nbytes

    def _quality(self, run: Run, number: int, vector: np.ndarray) -> dict[str, Any]:
        evaluation = self.trainer.evaluate(vector)
        train, validation = self.clients.train.sizes, self.clients.validation.sizes
        quality = {
            **_means("train", evaluation.train_loss, evaluation.train_correct, train),
            **_means(
                "validation", evaluation.validation_loss, evaluation.validation_correct, validation
            ),
        }
        every = run.settings.dissimilarity_every
        if every and number % every == 0:
            quality["dissimilarity"] = dissimilarity(self.trainer, self.clients, vector)
        return quality | spread(client_accuracy(self.clients, evaluation))


def _means(
    name: str, losses: np.ndarray, correct: np.ndarray, sizes: np.ndarray
) -> dict[str, float]:
    """Return loss and accuracy over all samples, and the means of the clients' own.

    The largest of answers that are no numbers is no answer.
    """
    count, some = int(sizes.sum()), sizes > 0
    loss = float(losses.sum()) / count
    own_loss, own_right = (float(np.mean(sums[some] / sizes[some])) for sums in (losses, correct))
    is_number = math.isfinite(loss)
    return {
        f"{name}_loss": loss,
        f"{name}_accuracy": float(correct.sum()) / count if is_number else math.nan,
        f"client_{name}_loss": own_loss,
        f"client_{name}_accuracy": own_right if is_number else math.nan,
    }
