"""Instant preview: move a slider, see what the cut does before any retraining."""

from collections.abc import Sequence

import streamlit as st

from core.figures.preview import layer_sparsities
from core.jobs.store.job import DONE, Job
from core.networks.network import LAYERS
from core.pruning.graphs.reach import Reach
from core.pruning.methods import METHODS
from core.pruning.plan import PrunePlan
from core.pruning.preview.spec import LayerView, PreviewResult, PreviewSpec
from core.runs.specs import result_of, source_of
from core.text import duration, percent, score_text, signed_points, some_of
from pages.components.address_state import choose
from pages.components.drafts import begun
from pages.components.error_box import error_box, plain, show_error
from pages.components.live_chart import live_chart
from pages.components.metric_row import metric_row
from pages.components.session import choice_images, store, submit
from pages.components.views.preview.explored_cut import explored_cut
from pages.components.views.preview.first_forgotten_view import first_forgotten
from pages.components.views.preview.forgotten_view import forgotten_strip
from pages.components.views.weight_views import before_and_after

SHARES = "preview-shares"  # key of the last answer's sparsity of each layer
CUTS = "preview-cuts:"  # keys of what has a slider, with the network and the kind of method
ANSWERED = "preview-answered:"  # keys of what a dense network was last asked and has answered
STARTING = "Starting: the first preview takes about fifteen seconds, the next ones are instant."
PATIENCE_SECONDS = 1.5  # an answer takes a third of that once the runner is warm


@st.fragment
def explorer(data: str, dense: str, is_reference: bool = True, reach: Reach | None = None) -> None:
    """Ask for a cut and show its answer; moving a control asks again.

    reach: how far cutting single weights reaches, of a network that is not the reference.
    """
    controls, answer = st.columns([1, 2], gap="large")
    with error_box():
        with controls:
            spec = _controls(data, dense, is_reference)
            if reach:
                st.caption(reach.sentence)
        with answer:
            if reach and spec.per_layer is None:
                reach.check_plans([PrunePlan(method=spec.method, sparsity=spec.sparsity)])
            _answer(spec)


def _controls(data: str, dense: str, is_reference: bool) -> PreviewSpec:
    instant = [name for name, method in METHODS.items() if not method.trains]
    method = choose(
        "Method",
        instant,
        "method",
        lambda name: METHODS[name].label,
        help="Methods that train before they prune have no instant preview; run them in a sweep.",
    )
    by_layer = st.session_state.get("explore-layers", False)
    sparsity = st.slider(
        "Sparsity",
        0.0,
        0.99,
        begun("explore-sparsity", 0.5),
        0.01,
        format="percent",
        key="explore-sparsity",
        disabled=by_layer,
        help="Zeros over all parameters, biases included.",
    )
    reconstruction = st.toggle(
        "Least-squares reconstruction",
        begun("explore-recovery", False),
        key="explore-recovery",
        disabled=not is_reference,
        help="Refits the remaining weights, layer by layer, to the outputs of the dense network. "
        "Needs no training and a fraction of a second."
        if is_reference
        else "Made for the reference network; channel regression reconstructs in any network.",
    )
    per_layer = None
    if st.toggle(
        "Set the sparsity of each layer", begun("explore-layers", False), key="explore-layers"
    ):
        shown = _sliders(dense, method, is_reference)
        per_layer = {layer: _layer_slider(layer) for layer in shown} or None
    return PreviewSpec(
        data=data,
        dense=dense,
        method=method,
        sparsity=sparsity,
        per_layer=per_layer,
        reconstruction=reconstruction and is_reference,
        with_images=True,
    )


def _sliders(dense: str, method: str, is_reference: bool) -> Sequence[str]:
    """Return what has a slider: layers, or unit groups of another network as it last answered."""
    structured = METHODS[method].structured
    if is_reference:
        return [layer for layer in LAYERS if not structured or layer != "dense2"]
    known: Sequence[str] = st.session_state.get(_cuts_key(dense, method), ())
    if not known:
        st.caption("The layers appear with the first answer.")
    elif structured:
        st.caption("Each slider is for the units of a layer and of all that are tied to it.")
    return known


def _cuts_key(dense: str, method: str) -> str:
    """Return where the sliders of a network are kept: methods that cut the same share them."""
    rule = METHODS[method]
    cuts = rule.units_lost.__name__ if rule.units_lost else ""
    return f"{CUTS}{dense}:{rule.structured}:{cuts}"


def _layer_slider(layer: str) -> float:
    """Ask for a layer's share to remove; it begins with what the last answer removed."""
    key = f"explore:{layer}"
    removed = st.session_state.get(SHARES, {}).get(layer, 0.5)
    st.session_state.setdefault(key, min(0.99, round(removed, 2)))
    return float(st.slider(layer, 0.0, 0.99, step=0.01, format="percent", key=key))


def _answer(spec: PreviewSpec) -> None:
    job_id = submit(spec, priority=10)
    job = store().wait(job_id, PATIENCE_SECONDS)
    if job.ended:
        _shown(job, spec)
        return
    before = _answered(spec)

    @st.fragment(run_every=0.5)
    def awaited() -> None:
        if store().get(job_id).ended:
            st.rerun()
        if before is None:
            st.info(STARTING)
        else:
            st.caption("Pruning…")

    awaited()
    if before is not None:
        _shown(*before)


def _shown(job: Job, spec: PreviewSpec) -> None:
    if job.state == DONE:
        st.session_state[f"{ANSWERED}{spec.dense}"] = (job.id, spec)
    show_preview(job, spec)
    first_forgotten(spec, _move)


def _answered(spec: PreviewSpec) -> tuple[Job, PreviewSpec] | None:
    """Return what stays in sight until the next answer is there, with its question."""
    id, asked = st.session_state.get(f"{ANSWERED}{spec.dense}", ("", spec))
    return (store().get(id), asked) if id and store().exists(id) else None


def _move(sparsity: str) -> None:
    """Move the slider; called before the page is drawn."""
    st.session_state["explore-sparsity"] = round(float(sparsity), 2)
    st.session_state["explore-layers"] = False


def show_preview(job: Job, spec: PreviewSpec) -> None:
    """Show one answer, or why there is none."""
    result = result_of(job) if job.state == DONE else None
    if not isinstance(result, PreviewResult):
        show_error(job.error or "The preview was stopped. Move the slider again.")
        return
    structured = METHODS[result.plan.method].structured
    st.session_state[SHARES] = {layer.name: _removed(layer, structured) for layer in result.layers}
    _keep_sliders(job, result)
    _metrics(result)
    # Another value than beside the network's name above, which was measured on the holdout.
    looked_at = some_of(result.images, choice_images(spec.data), "validation image")
    st.caption(
        f"Compared with the dense network's {percent(result.dense_accuracy)} on the same "
        f"{looked_at}."
    )
    explored_cut(job, spec, result)
    if result.forgotten is not None:
        forgotten_strip(job, result.forgotten, "explore-strip")
    live_chart(layer_sparsities(result.layers), "explore-chart", 300)
    for note in result.notes:
        st.caption(plain(note))
    before_and_after(job, "explore")


def _keep_sliders(job: Job, result: PreviewResult) -> None:
    """Keep what may have a slider; draw anew where sliders are wanted and were not known."""
    key = _cuts_key(source_of(job), result.plan.method)
    is_new = bool(result.cuts) and key not in st.session_state
    st.session_state[key] = result.cuts
    if is_new and st.session_state.get("explore-layers"):
        st.rerun(scope="fragment")


def _removed(layer: LayerView, structured: bool) -> float:
    """Return the share of a layer that was removed: of its units, or of its weights."""
    return 1 - layer.living / layer.units if structured else layer.sparsity


def _metrics(result: PreviewResult) -> None:
    lost = signed_points(result.accuracy - result.dense_accuracy)
    metric_row(
        "preview",
        (
            (
                "Accuracy",
                percent(result.accuracy),
                "On validation images, without retraining. Measured in "
                f"{duration(result.seconds)}.",
            ),
            ("Change", lost, "From the dense network, on the same images."),
            ("Sparsity", percent(result.sparsity, 2), "Zeros over all parameters."),
            ("Score", score_text(result.score), "On validation images, without retraining."),
        ),
    )
