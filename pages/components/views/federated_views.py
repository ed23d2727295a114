"""Federated runs on a page: convergence, why it goes as it does, who pays, what it cost."""

from collections.abc import Sequence

import streamlit as st

from core.figures.convergence import X_AXES, Y_AXES, Curve, convergence
from core.figures.federation import client_accuracies, client_sizes, label_map
from core.jobs.store.job import DONE, Job
from core.runs.federated_runs import parts_of, targets, watched
from core.runs.results import History
from pages.components.live_chart import live_chart
from pages.components.session import recall, remember, store, workspace
from pages.components.views.job_progress import job_line

CURVES = ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy")
WHY = ("drift", "dissimilarity", "accuracy_spread")


def choose_axis(key: str) -> str:
    """Ask what the curves run over; the address remembers it."""
    wanted = recall("over")
    chosen = st.segmented_control(
        "Over",
        list(X_AXES),
        default=wanted if wanted in X_AXES else "round",
        format_func=lambda name: X_AXES[name].split(" (")[0],
        key=key,
        required=True,
        help="FedAvg saves rounds, not gradient evaluations: look at both.",
    )
    remember("over", chosen)
    return str(chosen)


def federated_run(job: Job, over: str) -> None:
    """Show a comparison or a single run while it goes on and after."""
    job_line(job, f"federated:{job.id}")
    parts = parts_of(store(), job)
    histories = [watched(store(), workspace(), part) for part in parts]
    if not any(history.rows for history in histories):
        st.caption("The first round's numbers appear here.")
        return
    curves_view(histories, over, job.id)
    cost_table(histories)
    below = st.expander("Why: drift, dissimilarity, spread", key=f"why:{job.id}", on_change="rerun")
    if below.open:
        with below:
            _charts(histories, WHY, over, job.id)
    finished = [part for part in parts if part.state == DONE and "label" in (part.result or {})]
    if finished:
        clients_view(finished, job.id)


def curves_view(histories: Sequence[History], over: str, key: str) -> None:
    """Show loss and accuracy, training and validation, of all runs."""
    _charts(histories, CURVES, over, key)


def _charts(histories: Sequence[History], names: Sequence[str], over: str, key: str) -> None:
    curves = [Curve(history.label, history.rows) for history in histories]
    places = st.columns(2, gap="medium")
    for number, name in enumerate(names):
        with places[number % 2]:
            st.caption(Y_AXES[name])
            live_chart(convergence(curves, over, name), f"{name}:{key}", 300)


def cost_table(histories: Sequence[History]) -> None:
    """Show what every run needed to reach the accuracy that all of them reached."""
    rows = targets(histories)
    if rows:
        st.caption("What each run needed to reach the accuracy that all of them reached")
        st.dataframe(rows, hide_index=True, width="stretch")


def clients_view(parts: Sequence[Job], key: str) -> None:
    """Show the federation's labels and sizes, and how well each client ended up."""
    results = [part.result or {} for part in parts]
    below = st.expander(
        "Clients: labels, sizes, accuracy of each", key=f"clients:{key}", on_change="rerun"
    )
    if not below.open:
        return
    with below:
        runs = [(str(r["label"]), r["client_accuracy"]) for r in results]
        live_chart(client_accuracies(runs), f"client-accuracy:{key}", 340)
        shown = {str(r["federation"]): r["label_counts"] for r in results}
        for name, counts in shown.items():
            st.caption(name)
            federation_charts(counts, f"{key}:{name}")


def federation_charts(counts: Sequence[Sequence[int]], key: str) -> None:
    """Show who has which labels and how many samples."""
    labels, sizes = st.columns(2, gap="medium")
    with labels:
        names = [str(label) for label in range(len(counts[0]))]
        live_chart(label_map(counts, names), f"labels:{key}", 280)
    with sizes:
        live_chart(client_sizes(counts), f"sizes:{key}", 280)
