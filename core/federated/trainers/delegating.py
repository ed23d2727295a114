"""What a trainer that hands another one its work leaves to that one: all but the training."""

import numpy as np

from core.federated.network.vector import Shapes
from core.federated.trainers.trainer import Evaluation, Trainer


class DelegatingTrainer:
    """Answers as `trainer` does; `train` is the subclass's own."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer

    @property
    def shapes(self) -> Shapes:
        """The parameters' names and shapes."""
        return self._trainer.shapes

    def initial(self, seed: int) -> np.ndarray:
        """Return the parameters before the first round, (P,)."""
        return self._trainer.initial(seed)

    def evaluate(self, vector: np.ndarray) -> Evaluation:
        """Return losses and hits on every client's samples."""
        return self._trainer.evaluate(vector)

    def gradients(self, vector: np.ndarray, clients: np.ndarray) -> np.ndarray:
        """Return the gradient of every client's mean training loss, (n, P)."""
        return self._trainer.gradients(vector, clients)
