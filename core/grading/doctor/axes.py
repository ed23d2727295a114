"""Kernels that came from another layout by hand: turned, mirrored, or only given another shape."""

from collections.abc import Callable

import numpy as np

from core.grading.doctor.case import Case
from core.grading.doctor.repair import Repair
from core.networks.network import PADDING, Weights

Turned = Callable[[np.ndarray], np.ndarray]


def kernels(case: Case) -> Repair:
    """Try the kernels in the layouts that conversions by hand leave them in."""
    tried = {what: case.accuracy_of(weights) for what, weights in _layouts(case).items()}
    best = max(tried, key=lambda what: tried[what])
    return Repair(
        "kernel-axes",
        tried[best],
        "The kernels were likely converted from another layout, and some axes are in another "
        "order.",
        f"when {best}",
        "Convert PyTorch's convolutions with weight.transpose(2, 3, 1, 0) and dense layers with "
        "weight.T, never with reshape, or hand in the state_dict itself, which is converted here.",
    )


def _layouts(case: Case) -> dict[str, Weights]:
    weights = case.weights
    reshaped = _each(_each(weights, _from_reshaped), lambda a: a.reshape(a.shape[::-1]).T, axes=2)
    found = {
        "rows and columns of the convolutions' windows are swapped": _each(
            weights, lambda a: a.transpose(1, 0, 2, 3)
        ),
        "the convolutions' windows are turned by 180 degrees": _each(
            weights, lambda a: a[::-1, ::-1]
        ),
        "the kernels of the convolutions are read as (out, in, row, column)": _each(
            weights, _from_reshaped
        ),
        "all kernels are read as (out, in, …)": reshaped,
    }
    square = [name for name in PADDING if _is_square(case.kernels[name])]
    if square:
        found[f"inputs and outputs of {' and '.join(square)} are swapped"] = _each(
            weights, lambda a: a.transpose(0, 1, 3, 2) if _is_square(a) else a
        )
    return found


def _is_square(kernel: np.ndarray) -> bool:
    return bool(kernel.shape[-2] == kernel.shape[-1])


def _each(weights: Weights, turned: Turned, axes: int = 4) -> Weights:
    """Return the weights with the kernels of the convolutions, or of dense layers (2), turned."""
    return {
        name: np.ascontiguousarray(turned(array)) if array.ndim == axes else array
        for name, array in weights.items()
    }


def _from_reshaped(kernel: np.ndarray) -> np.ndarray:
    """Return a kernel that was given its shape by `reshape` from PyTorch's (out, in, …)."""
    height, width, inputs, outputs = kernel.shape
    return kernel.reshape(outputs, inputs, height, width).transpose(2, 3, 1, 0)
