"""Layer sensitivity and one-shot curves: measured in seconds, without training."""

from collections.abc import Sequence

import streamlit as st

from core.figures.sensitivity import one_shot_curves, sensitivity_map
from core.jobs.store.job import DONE, Job
from core.pruning.methods import METHODS
from core.pruning.preview.spec import CurveResult, CurveSpec, SensitivityResult, SensitivitySpec
from core.runs.labels import method_labels
from core.runs.specs import result_of, source_of
from core.runs.titles import short_title
from pages.components.live_chart import live_chart
from pages.components.session import say_done, start, store
from pages.components.views.job_progress import job_line, kept_rows, watch

SHOWN = "Already measured; the saved result is shown below."


def sensitivity_view(data: str, dense: str, is_reference: bool = True) -> None:
    """Offer layer sensitivity and one-shot curves, and show those of this network."""
    instant = [name for name, method in METHODS.items() if not method.trains]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = st.selectbox(
            "Method",
            instant,
            format_func=lambda name: METHODS[name].label,
            key="sensitivity-method",
        )
        reconstruction = st.toggle(
            "Least-squares reconstruction",
            key="sensitivity-reconstruction",
            disabled=not is_reference,
            help=None if is_reference else "Made for the reference network.",
        )
    with st.container(horizontal=True):
        if st.button("Measure layer sensitivity", icon=":material/thermostat:", key="sensitivity"):
            start(SensitivitySpec(data=data, dense=dense, method=method), 0, SHOWN, priority=1)
        if st.button("Measure the one-shot curve", icon=":material/show_chart:", key="curve"):
            refit = reconstruction and is_reference
            spec = CurveSpec(data=data, dense=dense, method=method, reconstruction=refit)
            start(spec, 0, SHOWN, priority=1)
    say_done()
    watch(lambda: _of(dense), lambda jobs: _show(jobs, method))


def _of(dense: str) -> list[Job]:
    kinds = (SensitivitySpec.kind, CurveSpec.kind)
    found = [job for kind in kinds for job in store().jobs(kind=kind, limit=40)]
    return [job for job in found if source_of(job) == dense]


def _show(jobs: Sequence[Job], method: str) -> None:
    """Show the table of the selected method, else the newest, and all curves."""
    for job in kept_rows([job for job in jobs if job.state != DONE], "sensitivity"):
        job_line(job, f"sensitivity:{job.id}")
    finished = [(job, result_of(job)) for job in jobs if job.state == DONE]
    tables = [result for _, result in finished if isinstance(result, SensitivityResult)]
    curves = [(job, result) for job, result in finished if isinstance(result, CurveResult)]
    tables.sort(key=lambda table: table.method != method)
    if tables:
        table = tables[0]
        st.caption(f"Validation accuracy with a single layer pruned by {_chosen_by(table.method)}")
        live_chart(sensitivity_map(table), "sensitivity-map", 320)
    if curves:
        st.caption("Validation accuracy after a single cut, without retraining")
        lines = [(short_title(job), curve.points) for job, curve in curves]
        live_chart(one_shot_curves(lines), "one-shot-curves", 360)
    if not jobs:
        st.caption("Both take seconds; nothing is trained.")


def _chosen_by(method: str) -> str:
    """Return what the units of a table were chosen by: a method that only selects has no scores."""
    label = method_labels().get(method, method)
    rule = METHODS.get(method)
    if rule and rule.select:
        return f"L1 norms ({label} itself chooses otherwise, and by training or reconstructing)"
    return label
