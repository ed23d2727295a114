"""Functional ANOVA of a search by an additive model, for few tries.

Every setting has an effect for each of its classes; what they do together is left unexplained. On
a full grid this is exactly the main effects of the functional ANOVA.
Source: Hutter, Hoos, Leyton-Brown 2014, An efficient approach for assessing hyperparameter
importance, ICML; the check against chance: Freedman, Lane 1983, A nonstochastic interpretation of
reported significance levels.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.importance.tries import Factor

TINY = 1e-12


@dataclass(frozen=True)
class Share:
    """A setting's part of the variance, in [0, 1], and how often chance alone reaches as much.

    p_value: None where the setting changed only together with others.
    """

    name: str
    share: float
    p_value: float | None


def shares(
    factors: Sequence[Factor], values: np.ndarray, permutations: int, rng: np.random.Generator
) -> list[Share]:
    """Return each setting's share of the variance of `values` (tries,)."""
    whole = _projection(factors, len(values))
    effects = np.linalg.lstsq(_design(factors, len(values)), values, rcond=None)[0]
    variance, start, found = float(np.var(values)) or 1.0, 1, []
    for number, factor in enumerate(factors):
        width = len(factor.levels)
        own = effects[start : start + width][factor.codes]
        start += width
        reduced = _projection([*factors[:number], *factors[number + 1 :]], len(values))
        p_value = _p_value(whole, reduced, values, permutations, rng)
        found.append(Share(factor.name, min(1.0, float(np.var(own)) / variance), p_value))
    return found


def parameters_of(factors: Sequence[Factor], tries: int) -> int:
    """Return how many numbers the additive model has to learn."""
    return int(np.linalg.matrix_rank(_design(factors, tries)))


def unexplained(factors: Sequence[Factor], values: np.ndarray) -> float:
    """Return the share of the variance that no single setting explains, in [0, 1]."""
    rest = values - _projection(factors, len(values)) @ values
    return float(np.var(rest) / (np.var(values) or 1.0))


def _design(factors: Sequence[Factor], tries: int) -> np.ndarray:
    """Return (tries, 1 + classes): a constant, and a column for each class of each setting."""
    columns = [np.ones((tries, 1))]
    columns += [np.eye(len(each.levels))[each.codes] for each in factors]
    return np.concatenate(columns, axis=1)


def _projection(factors: Sequence[Factor], tries: int) -> np.ndarray:
    """Return the matrix (tries, tries) that gives the least-squares fit of any values."""
    design = _design(factors, tries)
    return np.asarray(design @ np.linalg.pinv(design))


def _p_value(
    whole: np.ndarray,
    reduced: np.ndarray,
    values: np.ndarray,
    permutations: int,
    rng: np.random.Generator,
) -> float | None:
    """Return how often residuals in another order give the setting as large an F statistic."""
    freedom = round(np.trace(whole) - np.trace(reduced))
    if freedom == 0:
        return None
    left = values - reduced @ values
    orders = np.stack([left, *(rng.permutation(left) for _ in range(permutations))], axis=1)
    gained = np.square((whole - reduced) @ orders).sum(axis=0)
    rest = np.square(orders - whole @ orders).sum(axis=0)
    ratio = gained / np.maximum(rest, TINY * max(float(np.square(left).sum()), TINY))
    return float((ratio >= ratio[0] * (1 - 1e-9)).mean())
