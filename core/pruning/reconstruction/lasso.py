"""LASSO on Gram matrices: its whole path of solutions, followed from knot to knot.

min over β of  ½ βᵀGβ − hᵀβ + penalty·‖β‖₁,  with G = ZᵀZ/N and h = Zᵀy/N: the usual
1/2N ‖y − Zβ‖² + penalty·‖β‖₁ without its constant, so that a million rows cost no more than ten.
Between two penalties at which a variable enters or leaves, β is a straight line; that makes the
path exact. Source: Osborne et al. 2000, "A new approach to variable selection in least squares
problems"; Efron et al. 2004, "Least angle regression", section 3.
"""

import numpy as np

SAME = 1e-10  # a share of a variable's curvature below which the others explain it entirely


class Path:
    """The solution at one penalty of the path, from the penalty at which all β are zero downwards.

    penalty: where it stands. beta: (C,) its solution. active: variables that are not zero just
    below it, in the order in which they entered.
    """

    def __init__(self, gram: np.ndarray, correlation: np.ndarray) -> None:
        """gram: (C, C) ZᵀZ/N. correlation: (C,) Zᵀy/N."""
        self._gram, self._residual = gram, correlation.astype(float)
        self._usable = np.diag(gram) > 0  # a variable that is zero in every row stays out
        self.beta = np.zeros(len(gram))
        self.active: list[int] = []
        self._signs = np.zeros(0)
        self._inverse = np.zeros((0, 0))
        self.penalty = float(np.abs(self._residual[self._usable]).max(initial=0.0))
        self._enter(self._first())

    def _first(self) -> int:
        return int(np.argmax(np.where(self._usable, np.abs(self._residual), -1.0)))

    def step(self, lowest: float = 0.0) -> bool:
        """Go down to the next knot, or to the penalty `lowest`; return whether that was a knot."""
        if not self.active:
            return False
        slope = self._inverse @ self._signs  # of β, for each unit that the penalty goes down
        pull = slope @ self._gram[self.active]
        entering, distance = self._next_to_enter(pull)
        leaving, until_zero = self._next_to_leave(slope)
        length = min(distance, until_zero, self.penalty - lowest)
        self.beta[self.active] += length * slope
        self._residual -= length * pull
        self.penalty -= length
        if length == until_zero:
            self._leave(leaving)
        elif length == distance:
            self._enter(entering)
        return length in (until_zero, distance)

    def _next_to_enter(self, pull: np.ndarray) -> tuple[int, float]:
        """Return the variable whose pull first equals the penalty, and how far down that is."""
        outside = self._usable.copy()
        outside[self.active] = False
        best, at = np.inf, -1
        for sign in (1.0, -1.0):
            closing = 1 - sign * pull
            gap = np.maximum(self.penalty - sign * self._residual, 0.0)
            # A gap that does not close is none: one that has just left moves inwards.
            meets = np.divide(gap, closing, out=np.full(len(gap), np.inf), where=closing > 1e-12)
            meets[~outside] = np.inf
            c = int(np.argmin(meets))
            if meets[c] < best:
                best, at = float(meets[c]), c
        return at, best

    def _next_to_leave(self, slope: np.ndarray) -> tuple[int, float]:
        """Return the place in `active` of the variable that first becomes zero, and how far."""
        beta = self.beta[self.active]
        shrinking = beta * slope < 0
        zeros = np.divide(-beta, slope, out=np.full(len(beta), np.inf), where=shrinking)
        place = int(np.argmin(zeros))
        return place, float(zeros[place])

    def _enter(self, c: int) -> None:
        if not self._usable[c]:
            return
        row = self._gram[c, self.active]
        share = self._inverse @ row
        left = float(self._gram[c, c] - row @ share)
        if left <= SAME * self._gram[c, c]:
            self._usable[c] = False
            return
        bordered = np.append(-share, 1.0)
        self._inverse = np.pad(self._inverse, (0, 1)) + np.outer(bordered, bordered) / left
        self.active.append(c)
        self._signs = np.append(self._signs, np.sign(self._residual[c]) or 1.0)

    def _leave(self, place: int) -> None:
        self.beta[self.active.pop(place)] = 0.0
        self._signs = np.delete(self._signs, place)
        column = np.delete(self._inverse[:, place], place)
        rest = np.delete(np.delete(self._inverse, place, 0), place, 1)
        self._inverse = rest - np.outer(column, column) / self._inverse[place, place]


def solve(gram: np.ndarray, correlation: np.ndarray, penalty: float) -> np.ndarray:
    """Return the minimising β at one penalty. gram: (C, C) ZᵀZ/N. correlation: (C,) Zᵀy/N."""
    path = Path(gram, correlation)
    while path.penalty > penalty and path.step(penalty):
        pass
    return path.beta


def choose(gram: np.ndarray, correlation: np.ndarray, count: int) -> np.ndarray:
    """Return the sorted indices of the first `count` variables that LASSO keeps at one penalty.

    Where no penalty keeps that many (some are zero in every row, or explained by others), those
    with the largest |β| without a penalty and then the first ones fill up.
    """
    path = Path(gram, correlation)
    while len(path.active) != count and path.step():
        pass
    if len(path.active) == count:
        return np.sort(path.active)
    return np.sort(np.argsort(-np.abs(path.beta), kind="stable")[:count])
