"""From looking to doing: fine-tune the cut that the explorer shows, or take it as it is."""

from pathlib import Path

import streamlit as st

from core.data.store import find_stored
from core.evaluation.file_names import cut_name
from core.jobs.store.job import Job
from core.pruning.method import AUTO
from core.pruning.methods import METHODS
from core.pruning.plan import PrunePlan
from core.pruning.preview.first_cuts import FirstCut
from core.pruning.preview.spec import PreviewResult, PreviewSpec
from core.pruning.spec import PruneSpec
from core.runs.finished.networks import network_of
from core.runs.progress.pace import pruning_seconds
from core.runs.remarks import fine_tuned_remark
from core.runs.specs import result_of, source_of
from core.runs.titles import short_title
from core.text import duration, percent
from pages.components.error_box import plain
from pages.components.session import remember, say_done, start, store, workspace
from pages.components.views.job_progress import job_line, watch

EXPLORED = "explored-cut"  # key of the preview that is being looked at
STARTED = "fine-tuning"  # key of the run that was started last
EPOCHS = 2
AGAIN = "Already run; its dot is on the frontier below, and its card is open."
BY_LAYER = (
    "A run divides its sparsity by an allocation. Switch off the sparsity of each layer to "
    "fine-tune."
)


def explored_cut(job: Job, spec: PreviewSpec, result: PreviewResult) -> None:
    """Offer to fine-tune the cut that was answered, and its file."""
    st.session_state[EXPLORED] = job.id
    with st.container(horizontal=True, vertical_alignment="bottom", key="explored-cut-actions"):
        epochs = st.number_input("Epochs", 1, 1000, EPOCHS, key="explore-epochs", width=120)
        plan = _plan(spec, int(epochs))
        said = BY_LAYER if spec.per_layer is not None else _time(plan, spec)
        if st.button(
            "Fine-tune this",
            type="primary",
            icon=":material/play_arrow:",
            disabled=spec.per_layer is not None,
            help=said,
            key="fine-tune",
        ):
            wanted = PruneSpec(data=spec.data, dense=spec.dense, plan=plan)
            st.session_state[STARTED] = start(wanted, 0, AGAIN)
            remember("point", st.session_state[STARTED])
            st.rerun()
        _file(job, result)
    if spec.per_layer is None:
        st.caption(said)
    say_done()
    _last_started(spec.dense)


def _last_started(dense: str) -> None:
    """Show, where it was asked for, how the newest fine-tuning goes and what it has reached."""
    id = st.session_state.get(STARTED, "")
    if id and store().exists(id) and source_of(store().get(id)) == dense:
        watch(lambda: [store().get(id)], lambda jobs: _fine_tuning(jobs[0]))


def _fine_tuning(job: Job) -> None:
    with st.container(border=True, key="fine-tuning"):
        st.markdown(f"**Fine-tuning** {plain(short_title(job))}")
        job_line(job, "fine-tuning-job")
        network = network_of(job)
        if network is not None:
            st.markdown(plain(fine_tuned_remark(network.point)))
        st.page_link(
            "runs.py",
            label="Open this run",
            icon=":material/open_in_new:",
            query_params={"run": job.id},
        )


def _plan(spec: PreviewSpec, epochs: int) -> PrunePlan:
    is_structured = METHODS[spec.method].structured  # which cut at once anyway
    return PrunePlan(
        method=spec.method,
        sparsity=spec.sparsity,
        epochs=epochs,
        # What is reconstructed is trained on; a gradual schedule would begin with what was before.
        schedule="one_shot" if spec.reconstruction and not is_structured else AUTO,
        reconstruction=spec.reconstruction,
    )


def _time(plan: PrunePlan, spec: PreviewSpec) -> str:
    stored, dense = find_stored(workspace(), spec.data), store().get(spec.dense)
    seconds = pruning_seconds(store(), plan, dense, stored.train) if stored else None
    cut = f"{plan.rule.label} at {percent(plan.sparsity)}, {plan.length} of retraining"
    return f"{cut}, about {duration(seconds)}." if seconds is not None else f"{cut}."


def _file(job: Job, result: PreviewResult) -> None:
    """Offer the cut's weights; of another network only a run writes a whole file."""
    path = workspace().artifacts(job.id) / Path(result.weights).name
    if path.suffix != ".h5" or not path.is_file():
        return
    st.download_button(
        "Download this cut",
        path.read_bytes(),
        cut_name(path.name, result.plan.method, result.sparsity),
        "application/x-hdf5",
        icon=":material/download:",
        on_click="ignore",
        help="The network as you see it: cut, not retrained, so not the file to hand in.",
        key="download-cut",
    )


def explored_dot(dense: str) -> tuple[FirstCut, ...]:
    """Return the cut of a network that is being looked at, as a hollow dot of the frontier."""
    id = st.session_state.get(EXPLORED, "")
    if not id or not store().exists(id) or source_of(job := store().get(id)) != dense:
        return ()
    result = result_of(job)
    if not isinstance(result, PreviewResult):
        return ()
    return (FirstCut(result.plan.method, result.sparsity, result.accuracy, 0),)
