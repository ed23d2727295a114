"""The live frontier of one dense network, and the card of the dot that was clicked."""

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.evaluation.frontier import best_by_validation
from core.evaluation.point import Point
from core.figures.frontier.chart import live_frontier
from core.jobs.store.job import Job
from core.pruning.controls import contenders
from core.runs.activity import Family
from core.runs.finished.dataset_names import class_names_of
from core.runs.finished.networks import network_of
from core.runs.labels import method_labels
from core.runs.remarks import remark
from core.runs.selection import told_apart
from core.text import percent, plural, score_text
from pages.components.address_state import choose
from pages.components.error_box import error_box, plain
from pages.components.frontier_scale import (
    HEIGHT,
    back_to_the_list,
    card_place,
    choose_scale,
    side_by_side,
)
from pages.components.live_chart import live_chart
from pages.components.search.importance_view import importance_view
from pages.components.session import (
    remember,
    store,
    title,
    titles,
    workspace,
)
from pages.components.views.job_progress import job_line, kept_rows, watch
from pages.components.views.run_views import missing_run, network_card

SENTENCES = 4
NONE = "none"
CLICKS = "dots-clicked"  # how many clicks on dots this session has seen


def frontier_panel(
    read: Callable[[], Family], class_names: Sequence[str], key: str, watched: str = ""
) -> None:
    """Show every network of a family as a dot, while they are made and after.

    read: returns the family as it is now; called about once a second. watched: a run whose
    progress stands on the page already.
    """
    watch(
        lambda: living(read()), lambda _: _draw(read(), class_names, key, watched), idle_seconds=5.0
    )


def living(found: Family) -> Sequence[Job]:
    """Return what is at work or waits: sweeps first, then single runs."""
    return (*found.sweeps, *found.living)


def _draw(found: Family, class_names: Sequence[str], key: str, watched: str) -> None:
    # A place of its own for each part: a line of progress that comes or goes moves nothing else.
    above = st.container()
    with st.container():
        scale = choose_scale(key)
    middle, below, across, end = side_by_side(key), *(st.container() for _ in range(3))
    labels = method_labels()
    with above:
        progress(found, key, watched)
    with below:
        picked = _pick(found) if found.all_points else None
    with middle:
        known = picked in {point.id for point in found.all_points}
        _chart(found, labels, picked if known else None, key, scale)
        if picked is not None and known:
            card(picked, class_names, key, across)
    with end:
        sentences(found, labels)
        if not living(found):
            importance_view(found.points, key, _click)


def _pick(found: Family) -> str | None:
    """Ask for a network as a click on its dot does: for those who use the keyboard."""
    labels = {point.id: point.label for point in told_apart(found.all_points)}
    chosen = choose(
        "Selected network",
        [NONE, *labels],
        "point",
        lambda id: "None selected" if id == NONE else labels[id],
        unsaid=True,
        some=True,
        missing=missing_run,
        version=st.session_state.get(CLICKS, 0),
    )
    return None if chosen == NONE else chosen


def _chart(found: Family, labels: dict[str, str], picked: str | None, key: str, scale: str) -> None:
    learning = found.learning[1] if found.learning else None
    points = told_apart(found.all_points)
    chart = live_frontier(points, labels, picked, learning=learning, scale=scale, cuts=found.cuts)
    live_chart(chart, key, HEIGHT, on_pick=_click, beside=picked is not None)


def _click(point: str | None) -> None:
    remember("point", point)
    st.session_state[CLICKS] = st.session_state.get(CLICKS, 0) + 1


def progress(found: Family, key: str, watched: str = "") -> None:
    """Show what is at work: whole sweeps, else the first single runs; none for `watched`."""
    sweeps = kept_rows(found.sweeps, f"{key}:sweeps")
    parents = {sweep.id for sweep in sweeps}
    single = [job for job in found.living if job.parent not in parents]
    working = [job for job in single if job.state != "queued"]
    shown = (*sweeps, *kept_rows(working, f"{key}:single"))[:3]
    called = titles(shown)
    for job in (each for each in shown if each.id != watched):
        st.caption(plain(called[job.id]))
        job_line(job, f"{key}:{job.id}")
    if waiting := len(single) - len(working):
        st.caption(f"{plural(waiting, 'single run')} queued.")
    if found.failed:
        _failures(found.failed)


def _failures(failed: Sequence[Job]) -> None:
    """Say how many points are missing, and lead to the errors and logs of each run's parts."""
    st.caption(f"{plural(len(failed), 'point')} did not finish.")
    with st.container(horizontal=True):
        for run in dict.fromkeys(_asked_by(job) for job in failed):
            st.page_link(
                "runs.py",
                label=f"See why: {plain(title(store().get(run)))}",
                icon=":material/troubleshoot:",
                query_params={"run": run},
            )


def _asked_by(job: Job) -> str:
    """Return the run that lists this part: its parent, or itself when that was deleted."""
    return job.parent if job.parent and store().exists(job.parent) else job.id


def sentences(found: Family, labels: dict[str, str]) -> None:
    """Say of the newest networks, in one plain sentence each, what happened to them."""
    if not found.all_points:
        st.markdown(_waiting(found))
    best = best_by_validation(contenders(found.points))
    for point in _told(found.all_points, best):
        icon = ":material/star:" if best is not None and point.id == best.id else "•"
        text = remark(point, found.dense, labels.get(point.method, point.method))
        st.markdown(f"{icon} {plain(text)}")


def _told(points: Sequence[Point], best: Point | None) -> list[Point]:
    """Return the newest networks, and the best one first where it is older."""
    newest = list(reversed(points[-SENTENCES:]))
    is_older = best is not None and best.id not in {point.id for point in newest}
    return [best, *newest] if best is not None and is_older else newest


def _waiting(found: Family) -> str:
    if found.learning:
        epoch, accuracy = found.learning
        return (
            f"The dense network is still training: {percent(accuracy)} validation accuracy after "
            f"epoch {epoch}."
        )
    if any(job.settings.get("after") for job in found.sweeps):
        return "The winner is trained on. Its dot appears when that has ended."
    return "The dense network is trained first. Its star appears after the first epoch."


def card(picked: str, class_names: Sequence[str], key: str, below: DeltaGenerator) -> None:
    """Show the card of the chosen network in the place of the list, and the way back to it.

    below: a place across the page, for what the card is too narrow for.
    """
    network = network_of(store().get(picked))
    if network is None:
        return
    with card_place(key):
        back_to_the_list(key, lambda: _click(None))
        names = class_names or class_names_of(workspace(), network)
        with error_box():  # its file may be gone: the chart stays
            network_card(network, names, f"{key}:card", below)


def best_line(points: Sequence[Point]) -> None:
    """Show the score of the network that validation images choose, in words; never a control's."""
    best = best_by_validation(contenders(points))
    if best is not None and best.score:
        st.markdown(
            f"Best score **{score_text(best.score)}**: {plain(best.label)}, "
            f"{percent(best.accuracy)} accuracy on the holdout with {percent(best.sparsity)} "
            "zeros; selected on validation images."
        )
