"""In which number format convolutions are computed while training.

bfloat16 halves the cost of a convolution on processors and graphics cards that multiply it natively
and is slower than float32 on all others, so "auto" asks what computes. Weights, gradients, sums and
every reported number stay float32.
"""

from functools import lru_cache
from pathlib import Path

from core.graphics_cards import has_card

PRECISIONS = ("auto", "float32", "bfloat16")
NATIVE = {"avx512_bf16", "amx_bf16"}
FIRST_CARDS = (8, 0)  # NVIDIA's Ampere


@lru_cache(maxsize=1)
def has_bfloat16() -> bool:
    """Return whether what trains here multiplies bfloat16 natively, as far as Linux tells."""
    if has_card() and (capability := _capability()):
        return capability >= FIRST_CARDS
    description = Path("/proc/cpuinfo")
    return description.exists() and bool(NATIVE & set(description.read_text().split()))


def _capability() -> tuple[int, ...]:
    """Return the compute capability of the graphics card that TensorFlow found, () for none."""
    import tensorflow as tf

    for card in tf.config.list_physical_devices("GPU"):
        details = tf.config.experimental.get_device_details(card)
        return tuple(details.get("compute_capability", ()))
    return ()


def convolution_policy(precision: str) -> str:
    """Return Keras's name of the number format for one of PRECISIONS."""
    native = precision == "bfloat16" or (precision == "auto" and has_bfloat16())
    return "mixed_bfloat16" if native else "float32"
