"""Runs: everything that runs, waits, ended or failed; stop, resume, log, export, delete."""

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.errors import LabError
from core.jobs import housekeeping
from core.jobs.store.job import Job
from core.jobs.transfer import bundle, bundle_import
from core.runs import imported
from core.runs.activity import failed_parts
from core.runs.federated_runs import question_of
from core.runs.import_checks import check_file, check_run, measured_from_file
from core.runs.setting_rows import run_settings
from core.runs.specs import resources_of
from core.runs.table.columns import load_view
from core.runs.table.filter import RunFilter
from core.runs.table.row import RunRow
from core.runs.titles import dataset_names, job_title, names_of, usual_title
from core.stale_files import scratch_folder
from core.text import ago, duration, plural, size
from pages.components.confirm import confirmed
from pages.components.error_box import error_box, plain
from pages.components.runs.actions import actions, ask_to_delete
from pages.components.runs.annotate import annotation_form, show_annotation
from pages.components.runs.filters import KEPT, ask_filter, show_all
from pages.components.runs.overlay import OVERLAY, overlay_view
from pages.components.runs.table import select_rows
from pages.components.session import (
    counts_now,
    run_rows,
    store,
    submit,
    title,
    titles,
    workspace,
)
from pages.components.upload_errors import forget_upload_error, keep_upload_error, show_upload_error
from pages.components.views.competition_view import competition_result
from pages.components.views.federated_views import choose_axis, federated_run
from pages.components.views.job_progress import job_line, kept_rows, watch
from pages.components.views.run_links import run_links
from pages.components.views.run_views import log_view, training_view

FEDERATED = ("federate", "federate_network", "federate_compare")
AT_WORK = 5  # runs whose progress is shown above the table


def main() -> None:
    """Draw the page: one run's details while one is open, the overlay, or the table."""
    st.title("Runs", anchor=False)
    # Of this address alone: what another page shows is not what somebody opened here.
    if chosen := st.query_params.get("run"):
        st.button("All runs", icon=":material/arrow_back:", on_click=_open, args=("",))
        with error_box():
            _details(store().get(chosen))
        return
    if st.query_params.get("view") == OVERLAY:
        st.button("All runs", icon=":material/arrow_back:", on_click=_open, args=("",))
        with error_box():
            overlay_view()
        return
    with error_box():
        ask_to_delete()
        names = dataset_names(workspace())
        wanted = ask_filter(run_rows().rows, names)
        watch(
            lambda: wanted.chosen(run_rows().rows, names),
            lambda rows: _list(rows, wanted, names),
            idle_seconds=5.0,
        )
    st.divider()
    with error_box():
        _housekeeping()


def _open(run: str) -> None:
    """Show a run's details, or the list as it was for ""."""
    st.query_params.from_dict({"run": run} if run else st.session_state.get(KEPT, {}))


def _list(rows: Sequence[RunRow], wanted: RunFilter, names: Mapping[str, str]) -> None:
    if "run" in st.query_params:  # its button in the table was pressed
        st.rerun()
    if not rows:
        _nothing(wanted)
        return
    _at_work(rows)
    view = load_view(workspace())
    place = st.container()
    chosen = select_rows(view.ordered(rows, names), view, names)
    with place:
        actions(chosen)
    if len(chosen) == 1 and store().exists(chosen[0].id):
        _selected(store().get(chosen[0].id))


def _at_work(rows: Sequence[RunRow]) -> None:
    """Show how far the runs are that have not ended; ended ones stay while somebody looks."""
    living = [row.id for row in rows if not row.ended]
    jobs = kept_rows(store().jobs(ids=living[:AT_WORK]) if living else [], "runs")
    for job in jobs:
        with st.container(border=True, key=f"row-{job.id}"):
            name, more = st.columns([9, 1], vertical_alignment="center")
            name.markdown(f"**{plain(title(job))}**  \n:gray[{plain(_when(job))}]")
            # Below, across the page: what a sweep says of its parts is longer than half a line.
            job_line(job, f"list:{job.id}", short=True)
            if more.button("Details", key=f"open:{job.id}", type="tertiary"):
                _open(job.id)
                st.rerun()
    if len(living) > AT_WORK:
        st.caption(f"{plural(len(living) - AT_WORK, 'more run')} at work or waiting, in the table.")


def _selected(job: Job) -> None:
    """Show the one selected run below the table."""
    with st.container(border=True, key="runs-selected"):
        called = names_of(store(), workspace(), [job])
        st.markdown(f"**{plain(job_title(job, called))}**  \n:gray[{plain(_when(job))}]")
        job_line(job, f"selected:{job.id}", short=True)
        show_annotation(job)
        annotation_form(job, usual_title(job, called))


def _nothing(wanted: RunFilter) -> None:
    others = sum(counts_now().values())
    if wanted.is_empty or not others:
        st.markdown("No runs yet. Start one on **Train**, **Prune** or **Federated**.")
        return
    by_state = wanted.states and RunFilter(states=wanted.states, parts=wanted.parts) == wanted
    st.markdown(f"No {' or '.join(wanted.states)} runs." if by_state else "No run fits.")
    if st.button(f"Show all {others}", on_click=show_all):
        st.rerun()  # the whole page: the filter stands outside what polls


def _when(job: Job) -> str:
    if job.finished and job.started:
        return f"{ago(job.finished)}, took {duration(job.finished - job.started)}"
    return f"started {ago(job.started)}" if job.started else f"queued {ago(job.created)}"


def _details(job: Job) -> None:
    names = names_of(store(), workspace(), [job])
    st.subheader(plain(job_title(job, names)), anchor=False)
    usual = usual_title(job, names)
    said = f"{plain(usual)}. " if job.annotation.name else ""
    st.caption(f"{said}Run {job.id}, seed {job.seed}{_restarts(job)}")
    show_annotation(job)
    if said := imported.told(store(), workspace(), job):
        st.info(plain(said), icon=":material/unarchive:")
        _offer_measuring(job)
    run_links(job)
    watch(lambda: [store().get(job.id)], lambda jobs: _progress(jobs[0]))
    annotation_form(job, usual)
    with st.expander("Settings", key=f"settings:{job.id}"):
        st.dataframe(
            [{"setting": name, "value": value} for name, value in run_settings(job, names)],
            hide_index=True,
            alt="Settings of this run",
        )
    _failed_parts(job)
    use, parts = housekeeping.family_use(store(), workspace(), job.id)
    owned = f", its {plural(parts, 'part')} included" if parts else ""
    st.caption(
        f"On disk{owned}: {size(use.results_bytes)} of results, "
        f"{size(use.checkpoints_bytes)} of checkpoints, {size(use.log_bytes)} of logs."
    )
    with st.container(horizontal=True):
        _actions(job)


def _progress(job: Job) -> None:
    """Show how far a run is and what it measured; watched, as both change when it ends."""
    if job.kind in ("train", "import", "prune"):
        training_view(job)
        return
    if job.kind in FEDERATED:
        federated_run(job, choose_axis("run-over"), question_of(job) or "")
    elif job.kind == "compete":
        competition_result(job)
    else:
        job_line(job, f"run:{job.id}")
    log_view(job)


def _restarts(job: Job) -> str:
    # Attempts say nothing to people: a parent is claimed anew each time its children have ended.
    count = job.crashes + job.worker_losses
    return f", restarted {plural(count, 'time')} after a crash" if count else ""


def _failed_parts(job: Job) -> None:
    """Show why parts of a run did not finish: no list shows them."""
    found = failed_parts(store(), job)
    if not found:
        return
    st.markdown(f"**{plural(len(found), 'part')} did not finish**")
    called = titles(found)
    for part in found:
        with st.container(border=True, key=f"part-{part.id}"):
            st.markdown(plain(called[part.id]))
            job_line(part, f"part:{part.id}", short=True)
            log_view(part)


def _actions(job: Job) -> None:
    if not job.ended:
        st.caption("Stop the run before you export or delete it.")
        return
    st.download_button(
        "Export as zip",
        lambda: _bundle(job),
        f"run-{job.id[:8]}.zip",
        "application/zip",
        icon=":material/archive:",
        on_click="ignore",
        help="Settings, histories, weights, versions and digests. You can import it elsewhere.",
    )
    own = housekeeping.disk_use(workspace(), job.id)
    if own.checkpoints_bytes and st.button("Delete checkpoints", icon=":material/mop:"):
        housekeeping.delete_checkpoints(store(), workspace(), job.id)
        st.rerun()
    if st.button("Delete run", icon=":material/delete:"):
        _confirm_delete(job)


def _bundle(job: Job) -> bytes:
    with scratch_folder(workspace().scratch, "export-") as folder:
        return bundle.export_run(store(), workspace(), job.id, folder / "run.zip").read_bytes()


@st.dialog("Delete this run?")
def _confirm_delete(job: Job) -> None:
    st.markdown(
        f"{plain(title(job))}: its weights, histories and log are deleted. This cannot be undone."
    )
    with error_box():
        if confirmed("Delete"):
            housekeeping.delete_run(store(), workspace(), job.id)
            _open("")
            st.rerun()


def _offer_measuring(job: Job) -> None:
    """Have an imported network measured that was not, as its data came later."""
    if not imported.can_be_measured(store(), workspace(), job):
        return
    if st.button("Measure it here", icon=":material/speed:"):
        with error_box():
            for spec in imported.to_measure(store(), workspace(), [job.id]):
                submit(spec)
            st.rerun()


def _housekeeping() -> None:
    free = housekeeping.free_bytes(workspace())
    count = plural(sum(counts_now().values()), "run")
    st.caption(f"{count} in {workspace().root}; {size(free)} of disk space left.")
    with st.expander("Import a run", key="import-run", icon=":material/unarchive:"):
        number = st.session_state.setdefault("run-uploads", 0)
        file = st.file_uploader("A zip exported here or elsewhere", key=f"run:{number}")
        show_upload_error("run")
        if file is not None:
            _import(file)


def _import(file: UploadedFile) -> None:
    forget_upload_error("run")
    try:
        done = bundle_import.import_run(
            store(), workspace(), file, check_file, resources_of, check_run, measured_from_file
        )
        for spec in imported.to_measure(store(), workspace(), done.added):
            submit(spec)
        _open(done.run)
    except LabError as error:
        keep_upload_error("run", str(error))
    st.session_state["run-uploads"] += 1
    st.rerun()


main()
