"""What the Frontier page shows of thousands of networks, computed once for all its drawings."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import streamlit as st

from core.evaluation.axes import Axis
from core.evaluation.frontier import knee
from core.evaluation.point import Point
from core.figures.frontier.chart import frontier_chart
from core.figures.theme import Chart
from core.pruning.controls import contenders, drawn_front
from core.runs.finished.networks import Network
from core.runs.selection import told_apart


class Shown(NamedTuple):
    """The chart, how many of its points are on the front, and the point at its bend.

    The bend is that of the front without controls: nobody would ship one.
    """

    chart: Chart
    on_front: int
    bend: Point | None


# key: whatever names the points: the store, the edition of its networks, the data set.
Key = tuple[str, int, str]


@st.cache_resource(max_entries=8, show_spinner=False)
def points_of(key: Key, _networks: Sequence[Network]) -> list[Point]:
    """Return the networks' points, each under a name of its own."""
    return told_apart([network.point for network in _networks])


def shown(
    key: Key,
    points: Sequence[Point],
    axes: tuple[Axis, Axis],
    labels: Mapping[str, str],
    chosen: Sequence[str],
    budget: float | None,
    scale: str,
) -> Shown:
    """Return what is drawn of the points on two axes (x, y); key: of `points_of`."""
    names = tuple((axis.key, axis.label) for axis in axes)
    return _shown((*key, names, tuple(chosen), budget, scale), points, axes, labels)


@st.cache_resource(max_entries=16, show_spinner=False)
def _shown(
    key: tuple[object, ...],
    _points: Sequence[Point],
    _axes: tuple[Axis, Axis],
    _labels: Mapping[str, str],
) -> Shown:
    *_, chosen, budget, scale = key
    chart = frontier_chart(_points, *_axes, _labels, chosen, budget, scale=scale)  # type: ignore[arg-type]
    on_front = len(drawn_front(_points, *_axes))
    return Shown(chart, on_front, knee(contenders(_points), *_axes))
