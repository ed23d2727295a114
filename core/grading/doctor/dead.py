"""A layer that says the same of every image, so that everything behind it is blind."""

import numpy as np

from core.grading.doctor.case import Case, Finding
from core.networks import numpy_forward
from core.networks.network import LAYERS

LOOKED_AT = 64  # images


def dead_layer(case: Case) -> Finding | None:
    """Find the first layer whose units answer every image alike."""
    images = case.tried.images[:LOOKED_AT]
    for layer in LAYERS:
        kernel = case.weights[f"{layer}/kernel"]
        if kernel.any() and not _is_silent(numpy_forward.after(case.weights, images, layer)):
            continue
        return Finding(
            "dead-layer",
            f"The layer {layer} is dead: every image leads to the same class.",
            f"{np.count_nonzero(kernel):,} of its {kernel.size:,} kernel weights are not zero, and "
            f"its {kernel.shape[-1]} units answer each of {len(images)} images alike.",
            "Keep at least some units of every layer: prune with a limit for each layer, or "
            "fine-tune with a smaller learning rate, and look at each layer before saving.",
        )
    return None


def _is_silent(outputs: np.ndarray) -> bool:
    """Tell whether the outputs are those of the first image for all images."""
    return len(outputs) > 1 and bool((outputs == outputs[:1]).all())
