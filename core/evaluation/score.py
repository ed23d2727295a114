"""The course's score: half accuracy, half sparsity, nothing below the threshold."""

THRESHOLD = 0.6  # accuracy that a network must exceed


def score(accuracy: float, sparsity: float, threshold: float = THRESHOLD) -> float:
    """Return (accuracy + sparsity) / 2 if accuracy > threshold and sparsity > 0, else 0."""
    if accuracy > threshold and sparsity > 0:
        return (accuracy + sparsity) / 2
    return 0.0
