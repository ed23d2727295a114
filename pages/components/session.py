"""What every page needs of this workspace: the store, the engine, and what the user has chosen.

The session holds identifiers only. The address bar holds them too, so that a copied link shows
the same view to whoever opens it.
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core.data.store import find_stored
from core.errors import JobError
from core.jobs.engine import control
from core.jobs.engine.watch import EngineWatch
from core.jobs.store.job import DONE, Job
from core.jobs.store.live_metrics import LiveMetrics
from core.jobs.store.spec import JobSpec
from core.jobs.store.store import Store, identity
from core.pruning.search.spec import SweepSpec
from core.runs.activity import (
    Family,
    Overview,
    counts,
    family,
    overview,
    sweep_family,
    top_level,
)
from core.runs.federated_runs import watched
from core.runs.finished.histories import History
from core.runs.home.kept_cut import kept_cut, with_kept
from core.runs.network_list import Edition, NetworkList
from core.runs.sweep_parts import reopen
from core.runs.table.index import RunEdition, RunIndex
from core.runs.titles import job_title, names_of
from core.workspace import Workspace, open_workspace

VISIT = "visit:"  # what begins so in the session is forgotten when another page is shown


def workspace() -> Workspace:
    """Return the workspace of this server."""
    return open_workspace()


@st.cache_resource(show_spinner=False)
def _store(url: str) -> Store:
    return Store(url)


def store() -> Store:
    """Return the store of this workspace, one for all sessions."""
    return _store(workspace().store_url)


def submit(spec: JobSpec, seed: int = 0, priority: int = 0) -> str:
    """Put a job into the queue, make sure that an engine is there for it, return its id."""
    if spec.kind == SweepSpec.kind:
        reopen(store(), identity(spec, seed))
    job_id = store().submit(spec, seed, priority=priority)
    if not store().get(job_id).ended:
        control.ensure(workspace())
    return job_id


def ask(spec: JobSpec, priority: int = 0) -> str:
    """Return the id of the job that answers a page's question; submit it at the first drawing.

    Only then: one that was stopped or has failed stays so until somebody presses Resume.
    """
    job_id = identity(spec, 0)
    return job_id if store().is_known(job_id) else submit(spec, priority=priority)


def start(spec: JobSpec, seed: int, done: str, priority: int = 0) -> str:
    """Submit what a person pressed Start for; return its id.

    done: what `say_done` says on the next drawing when exactly this has been done already.
    """
    job_id = submit(spec, seed, priority)
    if store().get(job_id).state == DONE:
        st.session_state["done-already"] = done
    return job_id


def say_done() -> None:
    """Say, once, that what was started is there already: nothing else on the page changes then."""
    if sentence := st.session_state.pop("done-already", ""):
        st.info(sentence, icon=":material/check_circle:")


def get_ready(warm: str = "") -> None:
    """Have an engine before somebody presses Start; warm: what it gets a runner ready for.

    Says nothing when it cannot: pressing Start does.
    """
    with contextlib.suppress(JobError):
        control.ensure(workspace(), warm)


def family_now(dense: str) -> Family:
    """Return what was pruned from a network; read once per change, for all sessions together."""
    return _family(workspace().store_url, store().revision(), dense)


@st.cache_resource(max_entries=32, show_spinner=False)
def _family(url: str, revision: str, dense: str) -> Family:
    return family(_store(url), dense, _network_list(url).now().networks)


def choice_images(data: str) -> int:
    """Return how many validation images of a data set choices see, 0 when it is gone."""
    stored = find_stored(workspace(), data)
    return stored.choice_images if stored else 0


def networks_now() -> Edition:
    """Return every measured network, newest first; a row of the store is read once."""
    return _network_list(workspace().store_url).now()


@st.cache_resource(max_entries=8, show_spinner=False)
def _network_list(url: str) -> NetworkList:
    return NetworkList(_store(url))


def run_rows() -> RunEdition:
    """Return the rows of all runs; a run is read once per change, for all sessions together."""
    return _run_index(workspace().store_url).now()


@st.cache_resource(max_entries=8, show_spinner="Reading all runs, once")
def _run_index(url: str) -> RunIndex:
    index = RunIndex(_store(url))
    index.now()
    return index


def live_metrics() -> LiveMetrics:
    """Return what reads the metrics of runs that are looked at, one for all sessions."""
    return _live_metrics(workspace().store_url)


@st.cache_resource(max_entries=8, show_spinner=False)
def _live_metrics(url: str) -> LiveMetrics:
    return LiveMetrics(_store(url))


def history_now(job: Job) -> History:
    """Return a federated run's history as far as it has come; of an ended one it is read once."""
    if job.ended:
        return _history(workspace().store_url, job.id, job.version, job)
    return watched(store(), workspace(), job, live_metrics())


@st.cache_resource(max_entries=64, show_spinner=False)
def _history(url: str, id: str, version: int, _job: Job) -> History:
    return watched(_store(url), workspace(), _job, _live_metrics(url))


def sweep_now(sweep: str) -> Family:
    """Return one sweep's networks; read once per change, for all sessions together."""
    found = _sweep_family(workspace().store_url, store().revision(), sweep)
    # The cut is a file, which changes no revision.
    return with_kept(found, kept_cut(store(), workspace(), sweep)) if found.cuts else found


@st.cache_resource(max_entries=32, show_spinner=False)
def _sweep_family(url: str, revision: str, sweep: str) -> Family:
    return sweep_family(_store(url), sweep)


def keep_working() -> str:
    """Make sure that unfinished jobs have an engine: after a reboot there is none.

    Returns why they do not move although there is one, with the remedy; "" while they may.
    """
    control.ensure(workspace())
    return _engine_watch(workspace().root, workspace().store_url).trouble()


@st.cache_resource(max_entries=8, show_spinner=False)
def _engine_watch(root: Path, url: str) -> EngineWatch:
    return EngineWatch(Workspace(root), _store(url))


def runs_now(states: Sequence[str], limit: int) -> list[Job]:
    """Return what people started, newest first; read once per change."""
    return _runs(workspace().store_url, store().revision(), tuple(states), limit)


@st.cache_resource(max_entries=32, show_spinner=False)
def _runs(url: str, revision: str, states: tuple[str, ...], limit: int) -> list[Job]:
    return top_level(_store(url), states, limit)


def titles(jobs: Sequence[Job]) -> dict[str, str]:
    """Return what runs are called, by id: the same words on every page."""
    names = names_of(store(), workspace(), jobs)
    return {job.id: job_title(job, names) for job in jobs}


def title(job: Job) -> str:
    """Return what one run is called."""
    return titles([job])[job.id]


def counts_now() -> dict[str, int]:
    """Return how many of the listed runs are in each state; read once per change."""
    return _counts(workspace().store_url, store().revision())


@st.cache_resource(max_entries=8, show_spinner=False)
def _counts(url: str, revision: str) -> dict[str, int]:
    return counts(_store(url))


def overview_now() -> Overview:
    """Return the state of the workspace in numbers; read once per change."""
    return _overview(workspace().store_url, store().revision())


@st.cache_resource(max_entries=8, show_spinner=False)
def _overview(url: str, revision: str) -> Overview:
    return overview(_store(url), _network_list(url).now().networks)


def forget_other_visits(page: str) -> None:
    """Forget what the page shown before said once: it is another page's business."""
    if st.session_state.get("page") != page:
        for key in [str(key) for key in st.session_state if str(key).startswith(VISIT)]:
            st.session_state.pop(key, None)
    st.session_state["page"] = page


def recall(name: str) -> str | None:
    """Return the identifier called `name` from the address, else from this session."""
    value = st.query_params.get(name) or st.session_state.get(name)
    if value:
        remember(name, value)
    return value


def remember(name: str, value: str | None) -> None:
    """Keep an identifier in the session and in the address; None forgets it."""
    if value is None:
        st.session_state.pop(name, None)
        st.query_params.pop(name, None)
        return
    st.session_state[name] = value
    if st.query_params.get(name) != value:
        st.query_params[name] = value
