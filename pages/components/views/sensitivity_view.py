"""Before anything is trained: what each layer can lose, and a method's whole one-shot curve."""

from collections.abc import Sequence

import streamlit as st

from core.figures.sensitivity import one_shot_curves, sensitivity_map
from core.jobs.store.job import DONE, Job
from core.pruning.methods import METHODS
from pages.components.live_chart import live_chart
from pages.components.session import say_done, start, store
from pages.components.views.job_progress import job_line, watch

SHOWN = "This has been measured already: it is shown below."


def surveys(data: str, dense: str) -> None:
    """Offer the sensitivity of the layers and one-shot curves, and show those of this network."""
    instant = [name for name, method in METHODS.items() if not method.trains]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = st.selectbox(
            "Method", instant, format_func=lambda name: METHODS[name].label, key="survey-method"
        )
        recovery = st.toggle("Repair with least squares", key="survey-recovery")
    settings = {"data": data, "dense": dense, "method": method}
    with st.container(horizontal=True):
        if st.button("Measure each layer", icon=":material/thermostat:", key="sensitivity"):
            start("sensitivity", settings, 0, SHOWN)
        if st.button("Draw the one-shot curve", icon=":material/show_chart:", key="curve"):
            start("curve", {**settings, "recovery": recovery}, 0, SHOWN)
    say_done()
    watch(lambda: _of(dense), lambda jobs: _show(jobs, method))


def _of(dense: str) -> list[Job]:
    found = [*store().jobs(kind="sensitivity", limit=40), *store().jobs(kind="curve", limit=40)]
    return [job for job in found if job.settings.get("dense") == dense]


def _show(jobs: Sequence[Job], method: str) -> None:
    """Show the chosen method's table, else the newest, and all curves."""
    for job in jobs:
        if job.state != DONE:
            job_line(job, f"survey:{job.id}")
    finished = [job for job in jobs if job.state == DONE and job.result]
    tables = [job for job in finished if job.kind == "sensitivity"]
    curves = [job for job in finished if job.kind == "curve"]
    tables.sort(key=lambda job: job.settings.get("method") != method)
    if tables:
        table = tables[0].result or {}
        st.caption(f"Accuracy with one layer pruned alone, {METHODS[table['method']].label}")
        live_chart(sensitivity_map(table), "sensitivity-map", 320)
    if curves:
        st.caption("One cut, no retraining")
        lines = [(_name(job), (job.result or {})["points"]) for job in curves]
        live_chart(one_shot_curves(lines), "one-shot-curves", 360)
    if not jobs:
        st.caption("Both take seconds and train nothing.")


def _name(job: Job) -> str:
    repaired = ", repaired" if job.settings.get("recovery") else ""
    return f"{METHODS[job.settings['method']].label}{repaired}"
