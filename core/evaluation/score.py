"""The course's score: half accuracy, half sparsity, nothing below the threshold."""


def score(accuracy: float, sparsity: float, threshold: float = 0.6) -> float:
    """Return (accuracy + sparsity) / 2 if accuracy > threshold and sparsity > 0, else 0."""
    if accuracy > threshold and sparsity > 0:
        return (accuracy + sparsity) / 2
    return 0.0
