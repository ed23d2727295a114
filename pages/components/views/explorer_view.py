"""The instant explorer: move a slider, see what the cut does before any retraining."""

import streamlit as st

from core.figures.preview import layer_sparsities
from core.jobs.store.job import DONE, Job
from core.networks.network import LAYERS
from core.pruning.methods import METHODS
from core.pruning.preview.spec import PreviewResult, PreviewSpec
from core.runs.specs import result_of
from core.text import duration, percent, plural
from pages.components.address_state import choose
from pages.components.error_box import error_box, plain, show_error
from pages.components.live_chart import live_chart
from pages.components.numbers import numbers_row
from pages.components.session import store, submit
from pages.components.views.weight_views import before_and_after

PATIENCE_SECONDS = 1.5  # an answer takes a third of that once the runner is warm


@st.fragment
def explorer(data: str, dense: str) -> None:
    """Ask for a cut and show its answer; moving a control asks again."""
    controls, answer = st.columns([1, 2], gap="large")
    with error_box():
        with controls:
            spec = _controls(data, dense)
        with answer:
            _answer(spec)


def _controls(data: str, dense: str) -> PreviewSpec:
    instant = [name for name, method in METHODS.items() if not method.trains]
    method = choose(
        "Method",
        instant,
        "method",
        lambda name: METHODS[name].label,
        help="Methods that train before they choose have no instant answer; run them in a sweep.",
    )
    by_layer = st.session_state.get("explore-layers", False)
    sparsity = st.slider(
        "Sparsity",
        0.0,
        0.99,
        0.5,
        0.01,
        format="percent",
        key="explore-sparsity",
        disabled=by_layer,
        help="Zeros over all parameters, biases included.",
    )
    reconstruction = st.toggle(
        "Repair with least squares",
        key="explore-recovery",
        help="Refits the weights that stay, layer by layer, to what the dense network computes. "
        "No training, a fraction of a second.",
    )
    per_layer = None
    if st.toggle("Set each layer myself", key="explore-layers"):
        shown = [layer for layer in LAYERS if not METHODS[method].structured or layer != "dense2"]
        per_layer = {
            layer: st.slider(layer, 0.0, 0.99, 0.5, 0.01, format="percent", key=f"explore:{layer}")
            for layer in shown
        }
    return PreviewSpec(
        data=data,
        dense=dense,
        method=method,
        sparsity=sparsity,
        per_layer=per_layer,
        reconstruction=reconstruction,
    )


def _answer(spec: PreviewSpec) -> None:
    job_id = submit(spec, priority=10)
    job = store().wait(job_id, PATIENCE_SECONDS)
    if job.ended:
        show_preview(job)
        return

    @st.fragment(run_every=0.5)
    def warming_up() -> None:
        if store().get(job_id).ended:
            st.rerun()
        st.info("Warming up: the first answer takes about fifteen seconds, the next are instant.")

    warming_up()


def show_preview(job: Job) -> None:
    """Show one answer, or why there is none."""
    result = result_of(job) if job.state == DONE else None
    if not isinstance(result, PreviewResult):
        show_error(job.error or "The explorer stopped before it answered. Move the slider again.")
        return
    _numbers(result)
    # Another value than beside the network's name above, which was measured on the holdout.
    st.caption(
        f"Compared with the dense network's {percent(result.dense_accuracy)} on the same "
        f"{plural(result.images, 'validation image')}."
    )
    live_chart(layer_sparsities(result.layers), "explore-chart", 300)
    for note in result.notes:
        st.caption(plain(note))
    before_and_after(job, "explore")


def _numbers(result: PreviewResult) -> None:
    lost = round((result.accuracy - result.dense_accuracy) * 100, 1) + 0.0  # never -0.0
    numbers_row(
        (
            (
                "Accuracy",
                percent(result.accuracy),
                "Not retrained: the network as the cut left it. Measured in "
                f"{duration(result.seconds)}.",
            ),
            ("Change", f"{lost:+.1f} points", "Against the dense network on the same images."),
            ("Sparsity", percent(result.sparsity, 2), "Zeros over all parameters."),
            ("Score as it is", f"{result.score:.3f}", "Without any retraining."),
        )
    )
