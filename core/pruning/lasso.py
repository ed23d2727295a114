"""LASSO on Gram matrices, and the search for the penalty that leaves a wanted number of variables.

min over β of  ½ βᵀGβ − hᵀβ + penalty·‖β‖₁,  with G = ZᵀZ/N and h = Zᵀy/N: the usual
1/2N ‖y − Zβ‖² + penalty·‖β‖₁ without its constant, so that a million rows cost no more than ten.
Coordinate descent: Friedman et al. 2010, "Regularization Paths for Generalized Linear Models".
"""

import math

import numpy as np

# Which variables are zero is settled long before their values are.
CHOICE = 1e-4


def solve(
    gram: np.ndarray,
    correlation: np.ndarray,
    penalty: float,
    start: np.ndarray | None = None,
    *,
    tolerance: float = 1e-7,
    sweeps: int = 10_000,
) -> np.ndarray:
    """Return the minimising β by cyclic coordinate descent over an active set.

    gram: (C, C) ZᵀZ/N. correlation: (C,) Zᵀy/N. start: (C,) warm start. A sweep that moves no
    coordinate by more than tolerance × the largest |β| ends the descent. A variable that is zero
    in every row stays at 0.
    """
    beta = np.zeros(len(gram)) if start is None else start.astype(float)
    residual = correlation - gram @ beta
    everything = np.flatnonzero(np.diag(gram) > 0)
    indices = everything
    for _ in range(sweeps):
        step = _sweep(gram, residual, beta, penalty, indices)
        if step > tolerance * _scale(beta):
            indices = np.flatnonzero(beta)  # many cheap sweeps over what is not zero
        elif len(indices) == len(everything):
            break
        else:
            indices = everything  # converged there: does anything else want to enter?
    return beta


def _sweep(
    gram: np.ndarray, residual: np.ndarray, beta: np.ndarray, penalty: float, indices: np.ndarray
) -> float:
    """Minimise over each coordinate in turn, in place; return the largest step."""
    largest = 0.0
    for c in indices.tolist():
        old, curvature = float(beta[c]), float(gram[c, c])
        pull = float(residual[c]) + curvature * old
        new = math.copysign(max(abs(pull) - penalty, 0.0), pull) / curvature
        if new != old:
            residual -= gram[:, c] * (new - old)
            beta[c] = new
            largest = max(largest, abs(new - old))
    return largest


def _scale(beta: np.ndarray) -> float:
    return max(float(np.abs(beta).max(initial=0.0)), 1e-12)


def choose(gram: np.ndarray, correlation: np.ndarray, count: int, *, steps: int = 40) -> np.ndarray:
    """Return the sorted indices of the `count` variables that LASSO keeps longest.

    The penalty is doubled until at most `count` variables are left, then bisected until exactly
    that many are. Where no penalty leaves exactly `count` (two variables vanish together), the
    smallest |β| of the nearest larger set go.
    """
    low, high, larger, beta = _bracket(gram, correlation, count)
    for _ in range(steps):
        if np.count_nonzero(beta) == count:
            return np.flatnonzero(beta)
        middle = (low + high) / 2
        candidate = solve(gram, correlation, middle, start=larger, tolerance=CHOICE)
        if np.count_nonzero(candidate) > count:
            larger, low = candidate, middle
        else:
            beta, high = candidate, middle
    return _largest(larger, count)


def _bracket(
    gram: np.ndarray, correlation: np.ndarray, count: int
) -> tuple[float, float, np.ndarray, np.ndarray]:
    """Double the penalty from 1/4096 of the one that removes all, until `count` or fewer are left.

    Return (penalty with more left, penalty with at most `count` left, their two solutions).
    """
    low, high = 0.0, max(float(np.abs(correlation).max()), 1e-12) / 4096
    larger = beta = solve(gram, correlation, high, tolerance=CHOICE)
    while np.count_nonzero(beta) > count:
        larger, low, high = beta, high, 2 * high
        beta = solve(gram, correlation, high, start=beta, tolerance=CHOICE)
    return low, high, larger, beta


def _largest(beta: np.ndarray, count: int) -> np.ndarray:
    """Return the sorted indices of the `count` largest |β|, ties by index."""
    return np.sort(np.argsort(-np.abs(beta), kind="stable")[:count])
