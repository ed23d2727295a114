"""Which settings of a search mattered, and every try of it across all of them."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import streamlit as st

from core.evaluation.importance.importances import SOURCES, Importances, importances
from core.evaluation.importance.tries import GOALS, Try, tries_of
from core.evaluation.point import Point
from core.figures.search.importance import bars_height, importance_bars
from core.figures.search.parallel import parallel_coordinates
from core.pruning.stored_plan import with_defaults
from core.runs.setting_rows import setting_text
from core.text import exact_percent
from pages.components.error_box import error_box, plain
from pages.components.live_chart import live_chart

FEWEST = 3  # networks with a plan; before, there is nothing to look for
METHOD = (
    "Grey bars may be chance: in other orders, the same results give as much in more than 5% of "
    "all cases, shared among the settings. Seeds repeat a try. Judged on validation images."
)


def importance_view(
    points: Sequence[Point], key: str, on_pick: Callable[[str], None] | None = None
) -> None:
    """Offer what a search says of its settings; nothing is computed until it is asked for.

    points: of networks; those without a plan are left out. key: unique on the page. on_pick: called
    with the id of a try that was clicked.
    """
    if sum(1 for point in points if point.plan and not point.imported) < FEWEST:
        return
    below = st.expander("Which settings mattered", key=f"{key}:settings", on_change="rerun")
    if below.open:
        with below, error_box():
            _show(points, key, on_pick)


def _show(points: Sequence[Point], key: str, on_pick: Callable[[str], None] | None) -> None:
    goal = GOALS[
        st.segmented_control(
            "Judged by",
            list(GOALS),
            default="accuracy",
            format_func=lambda name: GOALS[name].label,
            key=f"{key}:goal",
            required=True,
        )
    ]
    tries, found = _found(tuple((p.id, p.digest) for p in points), goal.key, points)
    st.markdown(plain(found.said))
    if found.evaluator:
        live_chart(importance_bars(found), f"{key}:importance", bars_height(found))
        st.caption(plain(f"{found.evaluator}: {SOURCES[found.evaluator]}. {METHOD}"))
    if tries and tries[0].settings:
        # What cannot tell settings apart must not be read as if it did: no line stands out then.
        is_judged = bool(found.evaluator)
        called = {point.id: point.label for point in points}
        chart = parallel_coordinates(tries, goal, is_judged, partial(_in_words, called))
        live_chart(chart, f"{key}:parallel", 380, on_pick)
        seen = "The best quarter is in colour." if is_judged else "Each line is a try."
        st.caption(plain(f"{chart.alt} {seen}"))


def _in_words(called: Mapping[str, str], name: str, value: object) -> str:
    """Return a setting's value as the other pages write it. called: id -> network's name."""
    if name == "sparsity" and isinstance(value, float):
        return exact_percent(value)
    return setting_text(name, value, called)


@st.cache_resource(max_entries=16, show_spinner=False)
def _found(
    networks: tuple[tuple[str, str], ...], goal: str, _points: Sequence[Point]
) -> tuple[list[Try], Importances]:
    tries = tries_of(with_defaults(_points), GOALS[goal])
    return tries, importances(tries)
