"""First forgotten: at which sparsity each image falls; a click moves the slider there."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from core.evaluation.forgetting import Curve, read_curve
from core.evaluation.forgotten import KINDS
from core.figures.image_strip import falling_tiles, forgetting_sentence
from core.jobs.store.job import DONE, Job
from core.pruning.preview.spec import ForgettingResult, ForgettingSpec, PreviewSpec
from core.runs.finished.dataset_names import shown_names
from core.runs.specs import result_of
from core.text import exact_percent, plural
from pages.components.image_strip import image_strip
from pages.components.session import ask, store, workspace
from pages.components.views.job_progress import job_line

TITLE = "First forgotten: the sparsity at which each image falls"
MEANING = (
    "An image falls at the lowest level of the one-shot curve at which the cut network is wrong "
    "and the dense one is right. It may be right again at a higher level, by luck. The levels are "
    "5% to 95% in steps of 5%, 97%, 98% and 99%."
)
SHOWN = 72  # images of a page of the grid
ALL = "all"


def first_forgotten(spec: PreviewSpec, move: Callable[[str], None]) -> None:
    """Offer the images of a method's one-shot curve. move: called with a sparsity to show."""
    below = st.expander(TITLE, key="first-forgotten", on_change="rerun")
    if not below.open:
        return
    asked = ForgettingSpec(
        data=spec.data,
        dense=spec.dense,
        method=spec.method,
        reconstruction=spec.reconstruction,
    )
    with below:
        job_id = ask(asked, priority=1)
        _shown_or_awaited(job_id, spec, move)


def _shown_or_awaited(job_id: str, spec: PreviewSpec, move: Callable[[str], None]) -> None:
    job = store().get(job_id)
    result = result_of(job) if job.state == DONE else None
    if isinstance(result, ForgettingResult):
        _show(job, result, spec, move)
        return

    @st.fragment(run_every=None if job.ended else 0.5)
    def waiting() -> None:
        now = store().get(job_id)
        if now.state == DONE:
            st.rerun()
        job_line(now, "first-forgotten-job")

    waiting()


@st.cache_resource(max_entries=4, show_spinner=False)
def _read(path: str) -> tuple[Curve, np.ndarray]:
    return read_curve(path)


def _show(
    job: Job, result: ForgettingResult, spec: PreviewSpec, move: Callable[[str], None]
) -> None:
    curve, pictures = _read(str(workspace().artifacts(job.id) / result.arrays))
    level = curve.nearest(spec.sparsity)
    st.markdown(forgetting_sentence(curve, level), help=MEANING)
    names = shown_names(workspace(), spec.data, result.class_names)
    label, kind = _filters(names)
    rows = curve.rows(level, label, kind)
    page = _page(len(rows))
    chosen = rows[page * SHOWN : (page + 1) * SHOWN]
    shown = falling_tiles(curve, chosen, level, names)
    by_row = {int(row): pictures[row] for row in chosen}
    st.caption(
        f"{plural(len(rows), 'image')} at {exact_percent(float(curve.levels[level]))} sparsity, "
        "the first to fall first. Click one to move the slider to where it falls."
    )
    image_strip("Images, the first forgotten first", shown, by_row, "forgotten-grid", on_pick=move)
    _confusions(curve, level, names)


def _filters(names: Sequence[str]) -> tuple[int | None, str | None]:
    by_class, by_kind = st.columns(2, gap="medium")
    label = by_class.selectbox(
        "Class",
        [ALL, *range(len(names))],
        format_func=lambda each: "All classes" if each == ALL else names[each],
        key="forgotten-class",
    )
    kind = by_kind.selectbox(
        "Change",
        [ALL, *KINDS],
        format_func=lambda each: "All changes" if each == ALL else str(each).capitalize(),
        key="forgotten-kind",
    )
    return (None if label == ALL else label), (None if kind == ALL else kind)


def _page(images: int) -> int:
    """Ask for a page of the grid, where there are several; counted from 0."""
    pages = max(1, -(-images // SHOWN))
    if pages == 1:
        return 0
    key = f"forgotten-page:{pages}"
    return int(st.number_input(f"Page of {pages}", 1, pages, 1, key=key)) - 1


def _confusions(curve: Curve, level: int, names: Sequence[str]) -> None:
    found = curve.confusions(level)
    if not found:
        st.caption("No mistake is made more often than by the dense network.")
        return
    rows: list[dict[str, Any]] = [
        {"true class": names[true], "called": names[said], "images": now, "dense network": before}
        for true, said, now, before in found
    ]
    st.caption("The mistakes that grew most")
    st.dataframe(rows, hide_index=True, alt="Pairs of classes that are confused more often now")
