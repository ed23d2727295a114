"""What a training run recorded, epoch by epoch."""

from dataclasses import dataclass

import numpy as np

KEYS = ("loss", "accuracy", "validation_loss", "validation_accuracy")


@dataclass(frozen=True)
class TrainingHistory:
    """values: (epochs, 4), one column for each of KEYS."""

    values: np.ndarray

    @classmethod
    def empty(cls) -> "TrainingHistory":
        """Return the history of a run that has not begun."""
        return cls(np.zeros((0, len(KEYS))))

    def __len__(self) -> int:
        return len(self.values)

    def with_epoch(self, **values: float) -> "TrainingHistory":
        """Return the history with one more epoch."""
        row = np.array([[values[key] for key in KEYS]])
        return TrainingHistory(np.concatenate([self.values, row]))

    def column(self, key: str) -> np.ndarray:
        """Return one quantity over the epochs."""
        return np.asarray(self.values[:, KEYS.index(key)])

    def to_dict(self) -> dict[str, list[float]]:
        """Return a JSON-ready table."""
        return {key: [float(value) for value in self.column(key)] for key in KEYS}
