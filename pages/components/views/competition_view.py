"""Competition mode: one button, a time budget, everything it tried on the map."""

from collections.abc import Sequence

import streamlit as st

from core.jobs.store.job import DONE, Job
from core.pruning.search.spec import CompeteResult, CompeteSpec
from core.runs.activity import sweep_family
from core.runs.results import network_of
from core.runs.specs import data_of, result_of
from core.runs.titles import short_title
from core.text import percent
from pages.components.session import remember, say_done, start, store
from pages.components.views.frontier_views import frontier_panel
from pages.components.views.job_progress import job_line, watch
from pages.components.views.run_views import choose_run, download

AGAIN = "This competition has been held already: here it is. Change the minutes for another."


def competing(data: str, class_names: Sequence[str]) -> None:
    """Ask for a time budget, start, and show what the competition does and found."""
    st.markdown(
        "Finds the best score by itself: trains a dense network, tries recipes briefly, gives all "
        "remaining time to the best. Choices see the validation images only."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        minutes = st.number_input(
            "Minutes", 1, 1440, 60, help="Of this machine, all to itself.", key="compete-minutes"
        )
        if st.button("Compete", type="primary", icon=":material/emoji_events:", key="compete"):
            spec = CompeteSpec(data=data, minutes=float(minutes))
            remember("run", start(spec, 0, AGAIN))
            st.rerun()
    say_done()
    found = [job for job in store().jobs(kind=CompeteSpec.kind) if data_of(job) == data]
    job = choose_run(found, _name)
    if job is None:
        return
    watch(lambda: [store().get(job.id)], lambda jobs: _standing(jobs[0]))
    frontier_panel(lambda: sweep_family(store(), job.id), class_names, "competition")


def _name(job: Job) -> str:
    return f"{short_title(job)} · {job.shown_state}"


def _standing(job: Job) -> None:
    job_line(job, f"compete:{job.id}")
    result = result_of(job) if job.state == DONE else None
    if not isinstance(result, CompeteResult):
        return
    point = result.point_of_best
    cells = st.columns(3)
    cells[0].metric("Score on the holdout", f"{point.score:.4f}")
    cells[1].metric("Accuracy", percent(point.accuracy))
    cells[2].metric("Sparsity", percent(point.sparsity, 2))
    winner = network_of(store().get(result.best))
    if winner is not None:
        download(winner, f"winner:{job.id}", "primary")
