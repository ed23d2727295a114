"""Competition mode: one button, a time budget, and everything it tried on the frontier."""

import time
from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.jobs.store.job import DONE, Job
from core.pruning.search.competition import too_short
from core.pruning.search.spec import CompeteResult, CompeteSpec
from core.runs.activity import measured_epoch_seconds, sweep_family
from core.runs.finished.networks import network_of
from core.runs.progress.competition_state import competition_state
from core.runs.specs import data_of, result_of
from core.runs.titles import short_title
from core.settings import describe
from core.text import duration, percent, score_text
from pages.components.drafts import begun
from pages.components.error_box import error_box, plain
from pages.components.metric_row import metric_row
from pages.components.session import remember, say_done, start, store
from pages.components.settings_form import control
from pages.components.views.frontier_views import frontier_panel
from pages.components.views.job_progress import job_line, watch
from pages.components.views.run_views import choose_run, download

MORE_MINUTES = 10
AGAIN = "Already run; the saved result is shown. Change the minutes for another competition."


def competition_view(data: str, class_names: Sequence[str], dense: Job | None = None) -> None:
    """Ask for a time budget, start, and show the competition's progress and result.

    dense: the chosen network; another than the reference is pruned as it is.
    """
    network = network_of(dense) if dense else None
    other = dense.id if dense and network and not network.is_reference else None
    st.markdown(
        f"Searches for the best score: it {'prunes the chosen' if other else 'trains a dense'} "
        "network, tries recipes briefly if there is time for that, and spends all remaining time "
        "on the best one. A machine that is busy for a while is planned around. It chooses on "
        "validation images only."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        minutes = st.number_input(
            "Minutes",
            1,
            1440,
            begun("compete-minutes", 60),
            help="The search trains one network after another for this long, on two cores unless "
            "PARETO_LAB_RUN_CORES says otherwise.",
            key="compete-minutes",
        )
        epoch = measured_epoch_seconds(store(), data, other)
        refused = None if epoch is None else too_short(float(minutes), epoch)
        begin = st.button(
            "Compete",
            type="primary",
            icon=":material/emoji_events:",
            key="compete",
            disabled=refused is not None,
        )
    shares = _shares(trains_dense=other is None)
    if begin:
        with error_box():
            spec = CompeteSpec(data=data, minutes=float(minutes), dense=other, **shares)
            remember("run", start(spec, 0, AGAIN))
            st.rerun()
    if refused:
        st.warning(refused)
    say_done()
    found = [job for job in store().jobs(kind=CompeteSpec.kind) if data_of(job) == data]
    job = choose_run(found, _name)
    if job is None:
        return
    watch(lambda: [store().get(job.id)], lambda jobs: competition_result(jobs[0]))
    frontier_panel(lambda: sweep_family(store(), job.id), class_names, "competition", job.id)


def _shares(*, trains_dense: bool) -> dict[str, Any]:
    """Ask how the time is divided."""
    fields = [field for field in describe(CompeteSpec) if field.advanced]
    with st.expander("Advanced", icon=":material/tune:"):
        return {
            field.name: control(field, field.default, "compete")
            for field in fields
            if trains_dense or field.name != "dense_share"
        }


def _name(job: Job) -> str:
    return f"{short_title(job)} · {job.shown_state}"


def competition_result(job: Job) -> None:
    """Show how far a competition is, and at its end the score and the winner's files."""
    job_line(job, f"compete:{job.id}")
    result = result_of(job) if job.state == DONE else None
    if not isinstance(result, CompeteResult):
        if not job.ended:
            _so_far(job)
        return
    # What was measured of the winner's file here goes before what an imported zip says of it.
    winner = network_of(store().get(result.best)) if store().exists(result.best) else None
    point = result.point_of_best if winner is None else winner.point
    metric_row(
        "competition",
        (
            ("Holdout score", score_text(point.score), "On images that no choice has seen."),
            ("Accuracy", percent(point.accuracy), "On the holdout, as the score."),
            ("Sparsity", percent(point.sparsity, 2), ""),
        ),
    )
    if winner is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            download(winner, f"winner:{job.id}", "primary")
            _more_time(job)


def _so_far(job: Job) -> None:
    """Say what it does and how long it has; the best network so far is there to be downloaded."""
    state = competition_state(store(), job, time.time())
    if state.doing:
        st.markdown(f"{plain(state.doing)} About {duration(state.seconds_left)} left.")
    if state.best is None:
        return
    point = state.best.point
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"The best so far by validation images has {percent(point.accuracy)} accuracy on the "
            f"holdout with {percent(point.sparsity, 2)} zeros, score {score_text(point.score)}."
        )
        download(state.best, f"so-far:{job.id}:{state.best.job.id}")


def _more_time(job: Job) -> None:
    """Offer to train the winner on; the better of both wins, so that nothing can be lost."""
    if st.button(
        f"Give it another {MORE_MINUTES} minutes",
        icon=":material/more_time:",
        help="Trains the winner on at its sparsity. By validation images, the better one wins.",
        key=f"more:{job.id}",
    ):
        spec = CompeteSpec(data=data_of(job), minutes=float(MORE_MINUTES), after=job.id)
        remember("run", start(spec, 0, AGAIN))
        st.rerun()
