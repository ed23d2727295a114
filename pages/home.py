"""Home: what this is, the first minute, and what happened lately."""

from typing import Literal

import streamlit as st

from core.data import store as datasets
from core.errors import NotFoundError
from core.evaluation.score import THRESHOLD
from core.figures.frontier.chart import live_frontier
from core.pruning.search.spec import SweepSpec, first_sweep
from core.runs import activity
from core.runs.finished import samples
from core.runs.labels import method_labels
from core.runs.specs import data_of
from core.text import percent, plural, score_text
from pages.components.copy_link import copy_link
from pages.components.error_box import error_box, plain
from pages.components.home.returning import returning
from pages.components.live_chart import live_chart
from pages.components.session import (
    live_metrics,
    overview_now,
    recall,
    remember,
    store,
    submit,
    sweep_now,
    titles,
    workspace,
)
from pages.components.views.data_views import checks_of, show_balance, show_classes, use_built_in
from pages.components.views.frontier_views import best_line, frontier_panel
from pages.components.views.preview.outcome_view import sweep_outcome


def main() -> None:
    """Draw the page: the tour once it was started, else the overview."""
    sweep, data = recall("sweep"), recall("tour")
    with error_box():
        if sweep:
            _watch(sweep)
        elif data:
            _look(data)
        elif (found := overview_now()).is_used:
            returning(found)
            _begin("tertiary")
            _overview(found)
        else:
            _welcome()
            _overview(found)
    if sweep:
        _next_steps()


def _welcome() -> None:
    st.title("How small can a neural network get?", anchor=False)
    st.markdown(
        "Train a small image classifier, prune it with six published methods, and see how much "
        "accuracy each one costs. Then watch federated learning converge, or fail to."
    )
    _begin("primary")
    with error_box():
        points = samples.sample_points()
        st.caption(
            "A finished run. Each dot is a network: farther right with fewer weights, higher up "
            "with fewer errors. Its score is (accuracy + sparsity) / 2; 0 up to "
            f"{percent(THRESHOLD, 0)} accuracy, and without any zero."
        )
        live_chart(live_frontier(points, method_labels()), "sample-frontier", 400)
        best_line(points)


def _begin(kind: Literal["primary", "tertiary"]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Try the sample", type=kind, icon=":material/play_arrow:"):
            use_built_in("garments")
            remember("tour", recall("data"))
            st.rerun()
        st.page_link("data.py", label="Upload a data set", icon=":material/upload:")


def _look(data: str) -> None:
    known = {entry.digest: entry for entry in datasets.list_stored(workspace())}
    if data not in known:
        _gone()
        return
    stored, found = known[data], checks_of(data)
    st.title("Five garments that are hard to tell apart", anchor=False)
    st.markdown(
        f"{stored.train:,} training images. The network classifies each image as one of the five."
    )
    classes, start = st.columns([3, 2], gap="large")
    with classes:
        show_classes(found.classes)
    with start:
        show_balance(found)
    st.markdown(
        "**Quick**, about a minute on an idle laptop: train a network, then prune 80%, 90% and 95% "
        "of its weights with two methods."
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Start", type="primary", icon=":material/play_arrow:", shortcut="mod+enter"):
            remember("sweep", submit(first_sweep(data)))
            st.rerun()
        st.button("Back", type="tertiary", on_click=_leave)


def _gone() -> None:
    """Say that an address names a deleted data set, and lead out of it."""
    st.info("This data set is no longer here. Start over, or select another on the Data page.")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Back to the start", type="primary", on_click=_leave)
        _link("data", "Data", "photo_library")


def _watch(sweep: str) -> None:
    job = store().get(sweep)
    if job.kind != SweepSpec.kind:
        raise NotFoundError("The run in this address is not a sweep. Open it on the Runs page.")
    names = {entry.digest: entry.class_names for entry in datasets.list_stored(workspace())}
    st.title("Accuracy after pruning", anchor=False)
    frontier_panel(lambda: sweep_now(sweep), names.get(data_of(job), ()), "tour")
    sweep_outcome(sweep)


def _next_steps() -> None:
    st.divider()
    with st.container(horizontal=True, vertical_alignment="center"):
        _link("federated", "Try FedAvg", "hub")
        _link("pruning", "Prune further", "content_cut")
        copy_link()
        st.button("Back to the start", type="tertiary", on_click=_leave)


def _leave() -> None:
    for name in ("sweep", "tour", "point"):
        remember(name, None)


def _link(page: str, label: str, icon: str) -> None:
    st.page_link(f"{page}.py", label=label, icon=f":material/{icon}:")


def _overview(found: activity.Overview) -> None:
    stored = datasets.list_stored(workspace())
    if not stored and not found.dense:
        return
    st.subheader("Your workspace", anchor=False)
    best = f"best score {score_text(found.best.score)}" if found.best else "none yet"
    cards = (
        ("data", "Data", plural(len(stored), "data set"), plain(stored[0].name) if stored else ""),
        (
            "training",
            "Train",
            plural(found.dense, "network"),
            "ready to prune" if found.dense else "none yet",
        ),
        ("pruning", "Prune", plural(found.pruned, "network"), best),
        (
            "federated",
            "Federated",
            plural(found.federated, "run"),
            "finished" if found.federated else "none yet",
        ),
    )
    for place, (page, title, number, note) in zip(st.columns(4), cards, strict=True):
        with place.container(border=True):
            st.metric(title, number)
            st.caption(note)
            _link(page, f"Open {title}", "arrow_forward")
    _recent(found)


def _recent(found: activity.Overview) -> None:
    rows = activity.recent(store(), 8, live_metrics())
    if not rows:
        return
    called = titles([row.job for row in rows])
    st.subheader("Recent runs", anchor=False)
    st.caption(f"{found.running} running, {found.queued} queued. Click a run for its details.")
    chosen = st.dataframe(
        [_recent_row(row, called[row.job.id], any(each.curve for each in rows)) for row in rows],
        hide_index=True,
        column_config={"Validation accuracy": st.column_config.LineChartColumn(y_min=0, y_max=1)},
        alt="The newest runs with their state, best value and validation accuracy",
        key="recent-runs",
        on_select="rerun",
        selection_mode="single-cell",
    )
    # The click was on the rows as they were drawn before: others may have come since.
    ids = [row.job.id for row in rows]
    drawn = st.session_state.get("recent-ids", ids)
    st.session_state["recent-ids"] = ids
    if cells := chosen["selection"]["cells"]:
        st.switch_page("runs.py", query_params={"run": drawn[cells[0][0]]})


def _recent_row(row: activity.Recent, name: str, with_curves: bool) -> dict[str, object]:
    curve = {"Validation accuracy": list(row.curve)} if with_curves else {}
    # The long name last: a phone shows the state and the best value without scrolling.
    return {"State": row.job.shown_state, "Best": row.best, **curve, "Run": name}


main()
