"""The overlay: curves of any runs in one chart, and the settings in which the runs differ."""

from collections.abc import Sequence

import streamlit as st

from core.federated.spec import FederatedSpec
from core.figures.convergence import Curve
from core.figures.overlay import overlay
from core.jobs.store.job import Job
from core.runs.overlay import (
    ACROSS,
    OverlaidRun,
    axes_of,
    metric_title,
    metrics_of,
    of_federation,
    of_training,
    settings_that_differ,
    told_apart,
    with_curves,
    without_curves,
)
from core.runs.selection import from_prefixes, to_text, unknown
from core.runs.table.row import RunRow
from core.runs.table.selected import LAID_OVER
from core.runs.titles import kind_title, names_of, short_title
from core.text import listed, plural
from pages.components.address_state import choose, distinct
from pages.components.copy_link import copy_link
from pages.components.error_box import plain
from pages.components.live_chart import live_chart
from pages.components.session import (
    history_now,
    live_metrics,
    remember,
    run_rows,
    store,
    workspace,
)
from pages.components.views.job_progress import watch

OVERLAY = "overlay"  # the address's word for this view
OFFERED = 300  # newest runs to choose from; older ones are selected in the table
SMOOTHEST = 0.99
CHOSEN, SMOOTH, LOG = "overlay-runs", "overlay-smooth", "overlay-log"


def overlay_view() -> None:
    """Ask which runs, and draw their curves over one another."""
    chosen = _chosen(run_rows().rows)
    if not chosen:
        st.info("Choose trainings, prunings, sweeps or federated runs to draw their curves.")
        return
    # One more than is drawn: then some are left out, which is said.
    watch(lambda: with_curves(store(), chosen, LAID_OVER + 1), _draw, idle_seconds=5.0)


def _chosen(rows: Sequence[RunRow]) -> list[str]:
    """Ask for the runs; the address keeps their short ids."""
    able = [row for row in rows if row.has_curves]
    asked = st.query_params.get("runs")
    chosen = from_prefixes(asked, [row.id for row in able])[:LAID_OVER]
    if gone := unknown(asked, [row.id for row in able]):
        st.warning(
            f"{plural(len(gone), 'run')} of this address ({plain(listed(gone))}) not shown: "
            "deleted, without curves, or of another workspace.",
            icon=":material/link_off:",
        )
    own = [row for row in able if not row.is_part][:OFFERED]
    by_id = {row.id: row for row in (*(row for row in able if row.id in chosen), *own)}
    labels = distinct(list(by_id), lambda id: f"{by_id[id].title}: {by_id[id].name}")
    st.session_state[CHOSEN] = chosen  # the address decides
    st.multiselect(
        "Runs",
        list(by_id),
        key=CHOSEN,
        format_func=labels.__getitem__,
        max_selections=LAID_OVER,
        on_change=_keep_runs,
        help=f"Up to {LAID_OVER} curves; a sweep or a comparison stands for all its parts.",
    )
    return chosen


def _keep_runs() -> None:
    if CHOSEN in st.session_state:  # else a box that is no longer drawn
        remember("runs", to_text(st.session_state[CHOSEN]) or None)


def _draw(jobs: Sequence[Job]) -> None:
    if len(jobs) > LAID_OVER:
        jobs = jobs[:LAID_OVER]
        st.caption(f"The first {LAID_OVER} curves are drawn. Choose single parts to see others.")
    labels = _labels(jobs)
    every = [_run(job, labels[job.id]) for job in jobs]
    runs = [run for run in every if run.rows]
    for sentence in without_curves(jobs, every):
        st.caption(plain(sentence))
    if not runs:
        return
    x, y, smoothing, logarithmic = _controls(runs)
    curves = [Curve(run.label, run.rows) for run in runs]
    chart = overlay(curves, (x, ACROSS[x]), (y, metric_title(y)), smoothing, logarithmic)
    live_chart(chart, "overlay-chart", 460)
    if left_out := [run.label for run in runs if not {x, y} <= run.columns]:
        st.caption(f"Not measured, so not drawn: {plain(listed(left_out))}.")
    _settings(jobs, labels)
    copy_link()


def _labels(jobs: Sequence[Job]) -> dict[str, str]:
    """Return what the runs are called in a legend: their kind only where there are several."""
    several = len({job.kind for job in jobs}) > 1
    short = {job.id: short_title(job) for job in jobs}
    called = {
        job.id: f"{kind_title(job)}: {short[job.id]}" if several else short[job.id] for job in jobs
    }
    apart = told_apart(jobs, called, names_of(store(), workspace(), jobs))
    return distinct(list(apart), apart.__getitem__)


def _run(job: Job, label: str) -> OverlaidRun:
    times = store().metric_times(job.id)
    if job.kind in FederatedSpec.kinds:
        return of_federation(job, label, history_now(job), times)
    return of_training(job, label, live_metrics().of(job), times)


def _controls(runs: Sequence[OverlaidRun]) -> tuple[str, str, float, bool]:
    """Ask for the axes, the smoothing and the scale; the address keeps what is not usual."""
    metrics, axes = metrics_of(runs), axes_of(runs)
    metric, across, smooth, log = st.columns([2, 2, 2, 1], vertical_alignment="bottom")
    with metric:
        y = choose("Metric", metrics, "metric", metric_title, unsaid=True)
    with across:
        x = choose("X axis", axes, "by", ACROSS.__getitem__, unsaid=True)
    st.session_state[SMOOTH] = _weight(st.query_params.get("smooth"))
    st.session_state[LOG] = st.query_params.get("log") == "yes"
    with smooth:
        smoothing = st.slider(
            "Smoothing",
            0.0,
            SMOOTHEST,
            step=0.01,
            key=SMOOTH,
            on_change=_keep,
            help="Exponential moving average, as in TensorBoard: the weight of what came before. "
            "What was measured stays faint behind.",
        )
    with log:
        logarithmic = st.toggle(
            "Log axis", key=LOG, on_change=_keep, help="Where all values are above 0."
        )
    return x, y, smoothing, logarithmic


def _weight(text: str | None) -> float:
    try:
        return min(SMOOTHEST, max(0.0, round(float(text or 0.0), 2)))
    except ValueError:
        return 0.0


def _keep() -> None:
    if not {SMOOTH, LOG} <= set(st.session_state):
        return  # boxes that are no longer drawn
    weight = st.session_state[SMOOTH]
    for name, value in (
        ("smooth", f"{weight:g}" if weight else None),
        ("log", "yes" if st.session_state[LOG] else None),
    ):
        if value is None:
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = value


def _settings(jobs: Sequence[Job], labels: dict[str, str]) -> None:
    names = names_of(store(), workspace(), jobs)
    rows = settings_that_differ(jobs, labels, names)
    count = len(rows[0]) - 1
    if len(jobs) == 1 or not count:
        return
    st.markdown(f"**{plural(count, 'setting')} {'differs' if count == 1 else 'differ'}**")
    st.dataframe(rows, hide_index=True, alt="Settings that are not the same in all runs")
