"""In which number format convolutions are computed while training.

bfloat16 halves the cost of a convolution on processors that multiply it natively and is slower than
float32 on all others, so "auto" asks the processor. Weights, gradients, sums and every reported
number stay float32.
"""

from functools import lru_cache
from pathlib import Path

PRECISIONS = ("auto", "float32", "bfloat16")
NATIVE = {"avx512_bf16", "amx_bf16"}


@lru_cache(maxsize=1)
def has_bfloat16() -> bool:
    """Return whether this processor multiplies bfloat16 natively, as far as Linux tells."""
    description = Path("/proc/cpuinfo")
    return description.exists() and bool(NATIVE & set(description.read_text().split()))


def convolution_policy(precision: str) -> str:
    """Return Keras's name of the number format for one of PRECISIONS."""
    native = precision == "bfloat16" or (precision == "auto" and has_bfloat16())
    return "mixed_bfloat16" if native else "float32"
