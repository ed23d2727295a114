"""Runs: everything that runs, waits, ended or failed; stop, resume, log, export, delete."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core.errors import LabError
from core.jobs import bundle, bundle_import, housekeeping
from core.jobs.job import Job
from core.reports.checked_import import check_file
from core.reports.job_words import job_title, settings_words
from pages.components.error_box import error_box, plain, show_error
from pages.components.frame import inside_frame
from pages.components.job_progress import job_line, watch
from pages.components.lab import recall, remember, runs_now, store, workspace
from pages.components.run_views import log_view, training_view
from pages.components.words import ago, duration, plural, size

STATES = ("running", "queued", "done", "failed", "stopped", "abandoned")
SHOWN = 40  # runs in the list at once; older ones by their state or their address


def main() -> None:
    """Draw the page."""
    st.title("Runs", anchor=False)
    with error_box():
        wanted = st.pills(
            "State",
            STATES,
            selection_mode="multi",
            key="runs-states",
            format_func=str.capitalize,
            label_visibility="collapsed",
            wrap=True,
        )
        watch(lambda: _found(wanted), _list, idle_seconds=5.0)
    if chosen := recall("run"):
        st.divider()
        with error_box():
            _details(store().get(chosen))
        st.button("Close", on_click=remember, args=("run", None), type="tertiary")
    st.divider()
    with error_box():
        _housekeeping()


def _found(wanted: Sequence[str]) -> list[Job]:
    return runs_now(wanted, SHOWN)


def _list(jobs: Sequence[Job]) -> None:
    if not jobs:
        st.markdown("Nothing here yet. **Train**, **Prune** and **Federated** start runs.")
        return
    for job in jobs:
        with st.container(border=True, key=f"row-{job.id}"):
            title, state, more = st.columns([5, 4, 1], vertical_alignment="center")
            title.markdown(f"**{plain(job_title(job))}**  \n:gray[{plain(_when(job))}]")
            with state:
                job_line(job, f"list:{job.id}")
            if more.button("Details", key=f"open:{job.id}", type="tertiary"):
                remember("run", job.id)
                st.rerun()


def _when(job: Job) -> str:
    if job.finished and job.started:
        return f"{ago(job.finished)}, took {duration(job.finished - job.started)}"
    return f"started {ago(job.started)}" if job.started else f"queued {ago(job.created)}"


def _details(job: Job) -> None:
    st.subheader(plain(job_title(job)), anchor=False)
    st.caption(f"Run {job.id}, seed {job.seed}, attempt {job.attempt}")
    words = settings_words(job.settings)
    st.dataframe(
        [{"setting": name, "value": value} for name, value in words],
        hide_index=True,
        alt="Settings of this run",
    )
    if job.kind in ("train", "prune"):
        watch(lambda: [store().get(job.id)], lambda jobs: training_view(jobs[0]))
    else:
        log_view(job)
    use = housekeeping.disk_use(workspace(), job.id)
    st.caption(
        f"On disk: {size(use.results_bytes)} results, {size(use.checkpoints_bytes)} checkpoints, "
        f"{size(use.log_bytes)} log."
    )
    with st.container(horizontal=True):
        _actions(job, use)


def _actions(job: Job, use: housekeeping.DiskUse) -> None:
    if not job.ended:
        st.caption("Stop it before it can be exported or deleted.")
        return
    st.download_button(
        "Export as zip",
        lambda: _bundle(job),
        f"run-{job.id[:8]}.zip",
        "application/zip",
        icon=":material/archive:",
        on_click="ignore",
        help="Settings, histories, weights, versions and digests; can be imported elsewhere.",
    )
    if use.checkpoints_bytes and st.button("Delete checkpoints", icon=":material/mop:"):
        housekeeping.delete_checkpoints(store(), workspace(), job.id)
        st.rerun()
    if st.button("Delete run", icon=":material/delete:"):
        _confirm_delete(job)


def _bundle(job: Job) -> bytes:
    target = Path(workspace().scratch / f"export-{job.id}.zip")
    try:
        return bundle.export_run(store(), workspace(), job.id, target).read_bytes()
    finally:
        target.unlink(missing_ok=True)


@st.dialog("Delete this run?")
def _confirm_delete(job: Job) -> None:
    st.markdown(f"{plain(job_title(job))} goes, with its weights, histories and log, for good.")
    with error_box():
        if st.button("Delete", type="primary"):
            housekeeping.delete_run(store(), workspace(), job.id)
            remember("run", None)
            st.rerun()


def _housekeeping() -> None:
    free = housekeeping.free_bytes(workspace())
    counts = store().counts()
    st.caption(
        f"{plural(sum(counts.values()), 'run')} in {workspace().root}, {size(free)} free there."
    )
    with st.expander("Import a run", key="import-run", icon=":material/unarchive:"):
        number = st.session_state.setdefault("run-uploads", 0)
        file = st.file_uploader("A zip that was exported here or elsewhere", key=f"run:{number}")
        if refusal := st.session_state.get("run-refusal"):
            show_error(refusal)
        if file is not None:
            _import(file)


def _import(file) -> None:
    st.session_state.pop("run-refusal", None)
    try:
        done = bundle_import.import_run(store(), workspace(), file, check_file)
        remember("run", done.run)
    except LabError as error:
        st.session_state["run-refusal"] = str(error)
    st.session_state["run-uploads"] += 1
    st.rerun()


inside_frame()
main()
