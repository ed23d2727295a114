"""PED-ANOVA: which settings tell the best tries from the others, for many tries.

The importance of a setting is the Pearson divergence between its density among the best tries and
among all.
Source: Watanabe, Bansal, Hutter 2023, PED-ANOVA: Efficiently quantifying hyperparameter importance
in arbitrary subspaces, IJCAI, arXiv:2304.10255.
"""

from collections.abc import Callable, Sequence

import numpy as np

from core.evaluation.importance.fanova import Share

BEST = 0.1  # the share of tries that are the best
STEPS = 50  # of a number's range
WIDTHS = 8  # different bandwidths between one and e times as wide
PRIOR = 1.0  # tries spread evenly over all classes, so that no density is zero


def best_tries(values: np.ndarray) -> np.ndarray:
    """Return (tries,) bool: the best tenth, ties to the first."""
    count = max(1, round(BEST * len(values)))
    chosen = np.zeros(len(values), bool)
    chosen[np.argsort(-values, kind="stable")[:count]] = True
    return chosen


def _ties_by_chance(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the numbers of the best tries; which of equal ones are, chance decides.

    The first would be those of one method where a sweep ran method by method.
    """
    order = rng.permutation(len(values))
    return np.sort(order[best_tries(values[order])])


def ped_shares(
    settings: Sequence[tuple[str, Sequence[object]]],
    values: np.ndarray,
    permutations: int,
    rng: np.random.Generator,
) -> list[Share]:
    """Return each setting's share of all divergences. settings: name and value of each try.

    What as many tries drawn by chance diverge on average is taken off first.
    """
    best = _ties_by_chance(values, rng)
    drawn = [rng.choice(len(values), len(best), replace=False) for _ in range(permutations)]
    sets = np.stack([best, *drawn])
    found = [(name, _divergences(given, sets)) for name, given in settings]
    beyond = [max(0.0, float(each[0] - each[1:].mean())) for _, each in found]
    total = sum(beyond) or 1.0
    return [
        Share(name, more / total, float((each >= each[0] * (1 - 1e-9)).mean()))
        for (name, each), more in zip(found, beyond, strict=True)
    ]


def _divergences(given: Sequence[object], sets: np.ndarray) -> np.ndarray:
    """Return the Pearson divergence of each set (sets, tries of a set) from all tries."""
    numbers = [float(v) for v in given if isinstance(v, int | float) and not isinstance(v, bool)]
    density = _of_classes(given) if len(numbers) < len(given) else _of_numbers(np.array(numbers))
    best, every = density(sets), density(np.arange(len(given))[None, :])
    return np.asarray((every * np.square(best / every - 1)).sum(axis=1))


Density = Callable[[np.ndarray], np.ndarray]  # (sets, tries of a set) -> (sets, cells)


def _of_classes(given: Sequence[object]) -> Density:
    names = sorted({str(value) for value in given})
    codes = np.array([names.index(str(value)) for value in given])
    return lambda sets: _normalised(_counts(codes[sets], len(names)))


def _of_numbers(numbers: np.ndarray) -> Density:
    scaled = _scaled(numbers)
    places = np.minimum((scaled * STEPS).astype(int), STEPS - 1)

    def density(sets: np.ndarray) -> np.ndarray:
        counts, widths = _counts(places[sets], STEPS), _widths(scaled[sets])
        spread = np.empty_like(counts)
        for width in np.unique(widths):
            spread[widths == width] = counts[widths == width] @ _bells(float(width))
        return _normalised(spread)

    return density


def _counts(cells: np.ndarray, count: int) -> np.ndarray:
    """Return how often each of `count` cells is in each row of cells: (rows, count)."""
    shifted = cells + count * np.arange(len(cells))[:, None]
    return (
        np.bincount(shifted.ravel(), minlength=count * len(cells)).reshape(-1, count).astype(float)
    )


def _normalised(counts: np.ndarray) -> np.ndarray:
    spread = counts + PRIOR / counts.shape[1]
    return np.asarray(spread / spread.sum(axis=1, keepdims=True))


def _scaled(numbers: np.ndarray) -> np.ndarray:
    """Return numbers in [0, 1], by their logarithm where they span more than a decade."""
    low, high = float(numbers.min()), float(numbers.max())
    if low > 0 and high > 10 * low:
        numbers, low, high = np.log(numbers), float(np.log(low)), float(np.log(high))
    return np.asarray((numbers - low) / ((high - low) or 1.0))


def _widths(sets: np.ndarray) -> np.ndarray:
    """Return each row's bandwidth by Scott's rule (1992), rounded so that few differ."""
    low, high = np.quantile(sets, [0.25, 0.75], axis=1)
    scale = np.minimum(sets.std(axis=1), (high - low) / 1.34)
    width = np.maximum(1.059 * scale * sets.shape[1] ** -0.2, 0.3 / STEPS)
    return np.asarray(np.exp(np.round(np.log(width) * WIDTHS) / WIDTHS))


def _bells(width: float) -> np.ndarray:
    """Return (cells, cells): how a try in each cell spreads over all of them."""
    middle = (np.arange(STEPS) + 0.5) / STEPS
    bell = np.exp(-0.5 * np.square((middle[:, None] - middle[None, :]) / width))
    return np.asarray(bell / bell.sum(axis=1, keepdims=True))
