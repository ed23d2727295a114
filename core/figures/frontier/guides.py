"""What helps to read a frontier: lines of equal score, their names, where the score is 0."""

import math

import numpy as np

from core.evaluation.axes import KEPT
from core.figures import colors
from core.figures.frontier.view import View
from core.figures.theme import Annotation, Trace, guide, note
from core.text import exact_percent

SCORES = tuple(round(0.05 * n, 2) for n in range(1, 20))
SAMPLES = 40  # of a line that a logarithmic axis bends
APART, FIRST_APART = 0.085, 0.2  # of the width, between two names; the first is longer
GUIDED = ("kept", "sparsity")
CLEAR = "rgba(0,0,0,0)"


def guides(view: View, threshold: float) -> list[Trace]:
    """Return the lines of equal score and the threshold, where the axes have a meaning for them."""
    if not is_guided(view):
        return []
    x: list[float | None] = []
    y: list[float | None] = []
    for score in SCORES:
        kept = _where(view, score, threshold)
        x += [*(_across(view, kept)), None] if kept.size else []
        y += [*(2 * score - 1 + kept).tolist(), None] if kept.size else []
    lines = guide("Equal score", x, y, "dot")
    return [lines, guide("Threshold", list(_seen(view)), [threshold] * 2, "dash")]


def is_guided(view: View) -> bool:
    """Tell whether a score is a line on these axes."""
    return view.x.key in GUIDED and view.y.key == "accuracy"


def _across(view: View, kept: np.ndarray) -> list[float]:
    found: list[float] = (kept if view.x.key == KEPT.key else 1 - kept).tolist()
    return found


def _seen(view: View) -> tuple[float, float]:
    """Return the ends of the x axis, without what lies beyond the possible."""
    assert view.across is not None
    left, right = view.across
    return (min(left, 1.0), max(right, 0.0)) if left > right else (max(left, 0.0), min(right, 1.0))


def _where(view: View, score: float, threshold: float) -> np.ndarray:
    """Return the parameters kept along the line score = (accuracy + 1 - kept) / 2, most first."""
    assert view.up is not None
    ends = _seen(view)
    most, least = ends if view.x.key == KEPT.key else (1 - ends[0], 1 - ends[1])
    low, high = max(view.up[0], threshold), min(view.up[1], 1.0)
    first, last = min(most, high + 1 - 2 * score), max(least, low + 1 - 2 * score)
    if first - last < 1e-9:
        return np.empty(0)
    if not view.log:
        return np.array([first, last])
    return np.geomspace(first, last, SAMPLES)


def guide_names(view: View, threshold: float) -> list[Annotation]:
    """Name each line of equal score where it enters the picture, and the region that scores 0."""
    if not is_guided(view):
        return []
    starts = [(score, _where(view, score, threshold)) for score in SCORES]
    found: list[Annotation] = []
    before = -math.inf
    for score, kept in sorted((pair for pair in starts if pair[1].size), key=lambda p: -p[1][0]):
        place = _place(view, kept[0])
        height = 2 * score - 1 + kept[0]
        at_top = view.up is not None and height > min(view.up[1], 1.0) - 1e-9
        if at_top and place - before < (FIRST_APART if len(found) == 1 else APART):
            continue
        before = place if at_top else before
        text = f"{score:.2f}" if found else f"score {score:.2f}"
        found.append(_name(view, text, kept[0], height, at_top))
    return [*found, _zero_name(view, threshold)]


def _name(view: View, text: str, kept: float, height: float, at_top: bool) -> Annotation:
    x = _across(view, np.array([kept]))[0]
    assert view.up is not None
    height = min(height, view.up[1] - 1e-6)  # beyond the end Plotly would not show it
    name = note(text, math.log10(x) if view.log else x, height, "left", 8)
    return name | ({"xanchor": "center", "xshift": 0} if at_top else {})


def _place(view: View, kept: float) -> float:
    """Return where the axis has a value, from 0 at its left to 1."""
    assert view.across is not None
    left, right = view.across
    x = _across(view, np.array([kept]))[0]
    if view.log:
        left, right, x = math.log10(left), math.log10(right), math.log10(x)
    return (x - left) / (right - left)


def _zero_name(view: View, threshold: float) -> Annotation:
    """Say where the score is 0: beside the threshold, else at the side at which it lies."""
    assert view.up is not None
    low, high = view.up
    inside = low < threshold < high
    text = f"score 0 up to {exact_percent(threshold)}"
    at = (threshold - low) / (high - low) if inside else float(threshold >= high)
    said = text if inside else f"{text}{', above this' if threshold >= high else ', below this'}"
    place = {"xref": "paper", "yref": "paper", "yanchor": "middle"}
    return note(said, 0.0, at, "left", 10 if at == 0 else -10) | (
        # On the shade, where no line of equal score is.
        place | ({"yref": "y", "y": threshold, "bgcolor": CLEAR} if inside else {})
    )


def zero_region(view: View, threshold: float) -> list[Trace]:
    """Return the shade over the accuracies that score 0."""
    if not is_guided(view):
        return []
    ends = {"x0": 0, "x1": 1, "xref": "paper", "y0": -1, "y1": threshold, "yref": "y"}
    fill = {"fillcolor": colors.MUTED, "opacity": 0.1, "line": {"width": 0}, "layer": "below"}
    return [{"type": "rect", **fill, **ends}]
