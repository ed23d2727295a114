"""Prune: preview a cut, sweep methods and sparsities, watch the frontier grow."""

from dataclasses import replace

import streamlit as st

from core.data.store import StoredDataset
from core.errors import NotFoundError
from core.evaluation.results import NetworkResult
from core.figures.frontier.chart import live_frontier
from core.jobs.engine.workers import runs_at_once, this_machine
from core.jobs.resources import ONE_OF_MANY
from core.jobs.store.job import Job
from core.pruning.graphs.reach import Reach
from core.pruning.methods import ASSIGNED, METHODS
from core.pruning.plan import DEFAULT, PAPER
from core.pruning.search.spec import SweepSpec
from core.pruning.search.sweep import sparsities_of, sweep_seconds
from core.runs import activity
from core.runs.activity import Family
from core.runs.finished import samples
from core.runs.finished.networks import network_of
from core.runs.labels import method_labels
from core.runs.progress.pace import epoch_seconds
from core.runs.specs import result_of
from core.runs.titles import short_title
from core.text import duration, exact_percent, percent, plural
from pages.components.address_state import choose
from pages.components.drafts import begun
from pages.components.error_box import error_box
from pages.components.live_chart import live_chart
from pages.components.session import (
    family_now,
    get_ready,
    recall,
    remember,
    say_done,
    start,
    store,
)
from pages.components.views.competition_view import competition_view
from pages.components.views.data_views import choose_data
from pages.components.views.frontier_views import frontier_panel
from pages.components.views.one_network import one_network
from pages.components.views.preview.explored_cut import explored_dot
from pages.components.views.preview.explorer_view import explorer
from pages.components.views.preview.sensitivity_view import sensitivity_view
from pages.components.views.reach_view import known_reach
from pages.components.views.run_views import missing_run

SPARSITIES = (0.5, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99)
FIRST = (0.8, 0.9, 0.95)  # of them chosen, as far as the network can be cut
VIEWS = {
    "explore": "Instant preview",
    "sensitivity": "Layer sensitivity",
    "one": "One network",
    "sweep": "Run a sweep",
    "compete": "Compete",
}
AGAIN = (
    "Already run; its networks are among the dots below. "
    "Change the methods, sparsities or epochs for others."
)


def main() -> None:
    """Draw the page."""
    st.title("Prune", anchor=False)
    with error_box():
        data, network = st.columns(2, gap="medium")
        with data:
            chosen = choose_data()
        if chosen is None:
            _sample()
            return
        with network:
            dense = _choose_dense(chosen)
        view = _choose_view()
        if view == "compete":  # it trains its own network, unless another architecture is chosen
            competition_view(chosen.digest, chosen.class_names, dense)
            return
        if dense is None:
            _sample()
            return
        _work(view, chosen, dense)
        st.subheader("Frontier", anchor=False)
        frontier_panel(lambda: _family(dense.id, view), chosen.class_names, "frontier")
    get_ready(warm=ONE_OF_MANY)


def _family(dense: str, view: str) -> Family:
    """Return what was pruned from a network, with the cut that the explorer shows of it."""
    found = family_now(dense)
    return replace(found, cuts=explored_dot(dense)) if view == "explore" else found


def _choose_dense(chosen: StoredDataset) -> Job | None:
    found = {job.id: job for job in activity.finished_dense(store(), chosen.digest)}
    if not found:
        st.info("No network has been trained on this data set yet.")
        st.page_link("training.py", label="Train one", icon=":material/model_training:")
        return None
    labels = {id: _name(job) for id, job in found.items()}
    return found[choose("Network", list(found), "dense", labels.__getitem__, missing=missing_run)]


def _name(job: Job) -> str:
    network = network_of(job)
    accuracy = f" · {percent(network.point.accuracy)} on the holdout" if network else ""
    return f"{short_title(job)}{accuracy}"


def _sample() -> None:
    st.caption("Your networks appear here. This is a finished sweep on the bundled sample:")
    live_chart(live_frontier(samples.sample_points(), method_labels()), "sample-frontier", 460)


def _choose_view() -> str:
    start = recall("view")
    view = st.segmented_control(
        "View",
        list(VIEWS),
        default=start if start in VIEWS else "explore",
        format_func=VIEWS.__getitem__,
        key="prune-view",
        label_visibility="collapsed",
        required=True,
    )
    remember("view", view)
    return str(view)


def _work(view: str, chosen: StoredDataset, dense: Job) -> None:
    network = network_of(dense)
    is_reference = network is None or network.is_reference
    reach = known_reach(network)
    with st.container(border=True), error_box():  # the frontier below stays
        if view == "sweep":
            _sweep(chosen, dense, reach)
        elif view == "one":
            one_network(chosen.digest, dense.id, is_reference, reach)
        elif view == "sensitivity":
            sensitivity_view(chosen.digest, dense.id, is_reference)
        else:
            explorer(chosen.digest, dense.id, is_reference, reach)


def _sweep(chosen: StoredDataset, dense: Job, reach: Reach | None) -> None:
    methods, budget = st.columns([3, 2], gap="large")
    can = [each for each in SPARSITIES if reach is None or each <= reach.share]
    first = [each for each in FIRST if each in can] or can[-len(FIRST) :]
    with methods:
        names = st.pills(
            "Methods",
            list(METHODS),
            selection_mode="multi",
            default=begun("sweep-methods", list(ASSIGNED)),
            format_func=lambda name: METHODS[name].label,
            key="sweep-methods",
            wrap=True,
        )
        sparsities = st.pills(
            "Sparsities",
            SPARSITIES,
            selection_mode="multi",
            default=begun("sweep-sparsities", first),
            format_func=exact_percent,
            key="sweep-sparsities",
            wrap=True,
            help="Zeros over all parameters. Choose three or more for a frontier.",
        )
        others = st.text_input(
            "Other sparsities (%)",
            begun("sweep-others", ""),
            placeholder="96, 98.5",
            key="sweep-others",
        )
        if reach:
            st.caption(reach.sentence)
    with budget:
        epochs = st.number_input(
            "Epochs per network",
            0,
            1000,
            begun("sweep-epochs", 2),
            help="The same budget for every method.",
            key="sweep-epochs",
        )
        seeds = st.number_input(
            "Seeds",
            1,
            20,
            begun("sweep-seeds", 1),
            help="Repetitions, for error bars.",
            key="sweep-seeds",
        )
        papers = st.toggle(
            "Also run each paper's own recipe", begun("sweep-pure", False), key="sweep-pure"
        )
    wanted = dict.fromkeys((*sparsities, *sparsities_of(others)))
    if not names or not wanted:
        st.caption("Select at least one method and one sparsity.")
        return
    styles = (DEFAULT, PAPER) if papers else (DEFAULT,)
    spec = SweepSpec(
        data=chosen.digest,
        dense=dense.id,
        methods=tuple(names),
        sparsities=tuple(wanted),
        epochs=int(epochs),
        seeds=int(seeds),
        styles=styles,
    )
    if reach:
        reach.check_plans(run.plan for run in spec.runs())
    _start(spec, chosen, dense)


def _start(spec: SweepSpec, chosen: StoredDataset, dense: Job) -> None:
    planned, network = spec.runs(), result_of(dense)
    if not isinstance(network, NetworkResult):
        raise NotFoundError("The chosen network is no longer here. Choose another.")
    here = this_machine()
    pace, at_once = epoch_seconds(network.point, chosen.train), runs_at_once(here)
    seconds = sweep_seconds(planned, network.shape, pace, here.cores, at_once)
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Start", type="primary", icon=":material/play_arrow:", shortcut="mod+enter"
        )
        st.markdown(f"{plural(len(planned), 'network')}, about {duration(seconds)}.")
    if pressed:
        start(spec, 0, AGAIN)
        st.rerun()
    say_done()


main()
