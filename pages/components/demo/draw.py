"""Which grid the demo shows: the bundled one, or that of another draw of the clients."""

from collections.abc import Sequence

import streamlit as st

from core.errors import LabError
from core.federated.demo.grid import Grid, bundled_grid, read
from core.federated.demo.spec import DATA_SEED, FederatedGridResult, FederatedGridSpec
from core.jobs.store.job import DONE, Job
from core.runs.specs import result_of
from pages.components.error_box import error_box, plain
from pages.components.session import recall, remember, start, store, workspace
from pages.components.views.job_progress import job_line, watch

BUNDLED = "bundled"
ASKED = "Already computed: the demo above shows it."


def shown_grid() -> tuple[str, Grid]:
    """Return what the address names, with a name that changes with it; else the bundled grid."""
    wanted = recall("grid")
    if wanted and store().exists(wanted):
        job = store().get(wanted)
        # An imported grid would be curves of somebody else under the name of a draw made here.
        is_own = job.kind == FederatedGridSpec.kind and not job.imported
        if is_own and job.state == DONE:
            with error_box():
                return job.id, _computed(job.id)
    return BUNDLED, bundled_grid()


@st.cache_resource(max_entries=4, show_spinner=False)
def _computed(job_id: str) -> Grid:
    result = result_of(store().get(job_id))
    if not isinstance(result, FederatedGridResult):
        raise LabError(f"Run {job_id} is no grid of the demo. Choose another.")
    return read((workspace().artifacts(job_id) / result.file).read_bytes())


def another_draw() -> None:
    """Offer the grid of another draw of the clients; it is computed once, for everybody."""
    below = st.expander("Another draw of the clients", key="demo-draw", on_change="rerun")
    if not below.open:
        return
    with below:
        st.markdown(
            "The demo's curves are computed ahead for one draw of the clients' data. Another draw "
            "takes a few minutes in the background; a stopped grid goes on where it was."
        )
        seed = st.number_input("Seed of the clients' data", 0, 2**31 - 1, DATA_SEED + 1)
        if st.button("Compute its grid", icon=":material/play_arrow:", key="start-grid"):
            spec = FederatedGridSpec(data_seed=int(seed))
            remember("grid", start(spec, 0, ASKED))
            st.rerun()
        wanted = recall("grid")
        if wanted and store().exists(wanted):
            watch(lambda: [store().get(wanted)], _progress)
            if st.button("Back to the bundled draw", key="bundled-grid"):
                remember("grid", None)
                st.rerun()


def _progress(jobs: Sequence[Job]) -> None:
    (job,) = jobs
    job_line(job, f"grid:{job.id}")
    if job.state == DONE:
        st.caption(plain("Finished: the demo above shows it."))
