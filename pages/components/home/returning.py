"""Home after the first day: the own frontier, what runs, what ended, and what to do next."""

import time
from collections.abc import Sequence

import streamlit as st

from core.data import store as datasets
from core.evaluation.point import Point
from core.figures.frontier.chart import live_frontier
from core.jobs.store.job import Job
from core.runs.activity import Overview
from core.runs.finished.networks import Network
from core.runs.home.showcase import Showcase, showcase
from core.runs.home.suggestion import Suggestion, situation, suggest
from core.runs.home.visits import finished_since, since_noted
from core.runs.labels import method_labels
from core.runs.network_list import Edition
from core.text import ago, percent, plural, score_text
from pages.components.error_box import error_box, plain
from pages.components.live_chart import live_chart
from pages.components.session import networks_now, runs_now, store, titles, workspace
from pages.components.views.job_progress import job_line, state_badge, watch

MOST_RUNNING, MOST_ENDED = 3, 4
LIVING = ("running", "queued", "stopping")
CLICKED = "home-clicked"


def returning(found: Overview) -> None:
    """Show what somebody who has worked here looks for first. found: of the workspace."""
    edition = networks_now()
    st.title("Home", anchor=False)
    frontier, beside = st.columns([3, 2], gap="large")
    with frontier, error_box():
        _frontier(edition)
    with beside, error_box():
        _next(edition, bool(found.federated))
        watch(_living, _running, idle_seconds=5.0)
        _ended()


def _frontier(edition: Edition) -> None:
    shown = _showcase(workspace().store_url, edition.number, edition.networks)
    if shown is None:
        st.caption("Networks that you train and prune appear here.")
        return
    names = {entry.digest: entry.name for entry in datasets.list_stored(workspace())}
    st.caption(
        f"{plain(names.get(shown.data, 'A deleted data set'))}: {shown.on_front} of "
        f"{plural(shown.networks, 'network')} on the front. Click a dot for its network."
    )
    chart = live_frontier(shown.points, method_labels())
    live_chart(chart, "own-frontier", 340, _clicked, table=False, with_list=False)
    if picked := st.session_state.pop(CLICKED, None):
        st.switch_page("frontier.py", query_params={"data": shown.data, "points": picked})
    for point in shown.best:
        _best(point, shown.data)


@st.cache_resource(max_entries=8, show_spinner=False)
def _showcase(url: str, number: int, _networks: Sequence[Network]) -> Showcase | None:
    return showcase(_networks)


def _clicked(point: str) -> None:
    st.session_state[CLICKED] = point


def _best(point: Point, data: str) -> None:
    # The score comes first: a phone cuts the end.
    said = f"Score {score_text(point.score)}" if point.score else "Score 0"
    st.page_link(
        "frontier.py",
        label=f"{said}: {plain(point.label)}, {percent(point.accuracy)} accuracy with "
        f"{percent(point.sparsity)} zeros",
        icon=":material/scatter_plot:",
        query_params={"data": data, "points": point.id},
    )


def _next(edition: Edition, federated: bool) -> None:
    stored = datasets.list_stored(workspace())
    key = (workspace().store_url, store().revision(), len(stored))
    found = _suggestion(key, edition.networks, stored, federated)
    with st.container(border=True):
        st.subheader("Next", anchor=False)
        st.markdown(plain(found.reason))
        st.page_link(
            f"{found.page}.py",
            label=found.text,
            icon=":material/arrow_forward:",
            query_params=dict(found.parameters),
        )


@st.cache_resource(max_entries=8, show_spinner=False)
def _suggestion(
    key: tuple[str, str, int],
    _networks: Sequence[Network],
    _stored: Sequence[datasets.StoredDataset],
    _federated: bool,
) -> Suggestion:
    return suggest(situation(store(), _networks, _stored, method_labels(), _federated))


def _living() -> list[Job]:
    return runs_now(LIVING, MOST_RUNNING + 1)


def _running(jobs: Sequence[Job]) -> None:
    if not jobs:
        return
    st.subheader("Running now", anchor=False)
    called = titles(jobs)
    for job in jobs[:MOST_RUNNING]:
        _link(job, called[job.id])
        job_line(job, f"home:{job.id}")
    if len(jobs) > MOST_RUNNING:
        st.page_link("runs.py", label="All runs", icon=":material/list:")


def _ended() -> None:
    """List what has ended since the visit before this one."""
    since = since_noted(workspace().visits, time.time())
    jobs = finished_since(store(), since, MOST_ENDED)
    if not jobs:
        return
    st.subheader("Since your last visit", anchor=False)
    called = titles(jobs)
    for job in jobs:
        _link(job, called[job.id])
        with st.container(horizontal=True, vertical_alignment="center"):
            state_badge(job)
            st.caption(ago(job.finished))


def _link(job: Job, name: str) -> None:
    st.page_link("runs.py", label=plain(name), query_params={"run": job.id})
