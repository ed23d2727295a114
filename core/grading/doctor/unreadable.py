"""Files that do not fit the network, as far as more can be said than their refusal says."""

from core.grading.doctor.case import Finding


def of_refusal(error: str) -> Finding | None:
    """Return the finding that a refusal of the reader stands for."""
    if "BatchNormalization" not in error:
        return None
    return Finding(
        "batch-normalisation",
        "A BatchNormalization was left in the network.",
        error.partition(". ")[0] + ".",
        "Fold it into the convolution before it: kernel * gamma / sqrt(variance + epsilon), "
        "(bias - mean) * gamma / sqrt(variance + epsilon) + beta.",
    )
