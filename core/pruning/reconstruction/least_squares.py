"""Least squares on second moments: re-fit a layer's weights to the outputs it should have."""

from dataclasses import dataclass

import numpy as np

LEAST_STRENGTH = 1e-12


@dataclass(frozen=True)
class Moments:
    """Means over sampled rows x (a layer's inputs and a constant 1) and their wanted outputs y.

    gram: (inputs + 1, inputs + 1) mean of x xᵀ. target: (inputs + 1, units) mean of x yᵀ.
    """

    gram: np.ndarray
    target: np.ndarray


def with_constant(rows: np.ndarray) -> np.ndarray:
    """Return the rows with a column of ones at the end, which the bias multiplies."""
    return np.concatenate([rows, np.ones((len(rows), 1), rows.dtype)], axis=1)


def moments(rows: np.ndarray, outputs: np.ndarray) -> Moments:
    """Return the moments of rows (n, inputs) and wanted pre-activations (n, units)."""
    x = with_constant(rows)
    return Moments(
        (x.T @ x).astype(np.float64) / len(x), (x.T @ outputs).astype(np.float64) / len(x)
    )


def stack(kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Return kernel and bias as one (inputs + 1, units) float64 matrix, the bias last."""
    return np.concatenate([kernel.reshape(-1, len(bias)), bias[None]]).astype(np.float64)


def unstack(matrix: np.ndarray, kernel_shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the float32 (kernel, bias) that `stack` made into a matrix."""
    kernel = np.ascontiguousarray(matrix[:-1]).astype(np.float32).reshape(kernel_shape)
    return kernel, matrix[-1].astype(np.float32)


def refit(of: Moments, towards: np.ndarray, ridge: float) -> np.ndarray:
    """Return the matrix M that minimises mean ‖y − Mᵀx‖² + r ‖M − towards‖².

    towards: (inputs + 1, units), where the ridge pulls to: the weights before the fit.
    ridge: r as a share of the mean square of an input, so that it means the same in every layer.
    """
    strength = _strength(of, ridge)
    system = of.gram + strength * np.eye(len(of.gram))
    return np.asarray(np.linalg.solve(system, of.target + strength * towards))


def refit_masked(
    of: Moments, towards: np.ndarray, kept: np.ndarray, ridge: float, iterations: int
) -> np.ndarray:
    """Like `refit`, but every unit has its own kept inputs; all others stay exactly 0.

    kept: (inputs + 1, units) bool. One conjugate-gradient descent a unit, all units at once, with
    the diagonal as preconditioner; starts at `towards`, so that fewer iterations only mean a
    smaller improvement. Single-precision moments halve the time and suffice for a few iterations.
    """
    strength = _strength(of, ridge)
    system = of.gram + strength * np.eye(len(of.gram), dtype=of.gram.dtype)
    inverse_diagonal = 1 / np.diag(system)[:, None]
    kept = kept.astype(of.gram.dtype)
    solution: np.ndarray = kept * towards.astype(of.gram.dtype)
    residual = kept * (of.target + strength * solution - system @ solution)
    direction = scaled = inverse_diagonal * residual
    norm = (residual * scaled).sum(axis=0)
    for _ in range(iterations):
        image = kept * (system @ direction)
        step = _divide(norm, (direction * image).sum(axis=0))
        solution += step * direction
        residual -= step * image
        scaled = inverse_diagonal * residual
        previous, norm = norm, (residual * scaled).sum(axis=0)
        direction = scaled + _divide(norm, previous) * direction
    return solution


def _strength(of: Moments, ridge: float) -> float:
    # A layer that reads nothing but zeros has no scale: the weights stay where the ridge pulls.
    return max(ridge * float(np.trace(of.gram)) / len(of.gram), LEAST_STRENGTH)


def _divide(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return above / below, and 0 where a unit has converged (nothing left to divide)."""
    quotient: np.ndarray = np.divide(above, below, out=np.zeros_like(above), where=below > 1e-20)
    return quotient
