"""Federated runs on a page: convergence, drift, clients and what each run cost."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.federated.results import FederatedResult
from core.figures.convergence import X_AXES, Y_AXES, Curve, convergence
from core.figures.federation import client_accuracies, client_sizes, label_map
from core.jobs.store.job import DONE, Job
from core.report.answers.headlines import headline
from core.runs.federated_runs import client_classes, parts_of, targets, usual_target
from core.runs.finished.dataset_names import data_names
from core.runs.finished.histories import History
from core.runs.labels import data_label
from core.runs.specs import data_of, result_of
from pages.components.error_box import plain
from pages.components.live_chart import live_chart
from pages.components.session import history_now, recall, remember, store, workspace
from pages.components.views.job_progress import job_line

# Charts in one row share their scale; the causes are different things and have their own.
CURVES = (("train_loss", "validation_loss"), ("train_accuracy", "validation_accuracy"))
TARGET = "cost-target"
CAUSES = (("drift",), ("dissimilarity",), ("accuracy_spread",))
Federation = tuple[str, Sequence[str], Sequence[Sequence[int]]]  # title, classes, label counts


def choose_axis(key: str) -> str:
    """Ask for the X axis of the curves; the address remembers it."""
    wanted = recall("over")
    chosen = st.segmented_control(
        "X axis",
        list(X_AXES),
        default=wanted if wanted in X_AXES else "round",
        format_func=lambda name: X_AXES[name].split(" (")[0],
        key=key,
        required=True,
        help="FedAvg saves rounds, not gradient evaluations: compare both.",
    )
    remember("over", chosen)
    return str(chosen)


def federated_run(job: Job, over: str, question: str = "") -> bool:
    """Show a comparison or a single run, during and after; return whether it has any round yet.

    question: the preset whose answer is computed from the run.
    """
    job_line(job, f"federated:{job.id}")
    parts = parts_of(store(), job)
    histories = [_named(history_now(part)) for part in parts]
    if not any(len(history.rows) > 1 for history in histories):
        st.caption("The curves appear here after the first round.")
        return False
    if job.ended and not any(part.imported for part in parts):
        ended = zip(parts, histories, strict=True)
        show_conclusion(question, [history for part, history in ended if part.state == DONE])
    rounds = max((history.spec.rounds for history in histories), default=0)
    curves_view(histories, over, job.id, rounds if over == "round" else 0)
    cost_table(histories)
    below = st.expander(
        "Drift, dissimilarity, spread of accuracy", key=f"causes:{job.id}", on_change="rerun"
    )
    if below.open:
        with below:
            _charts(histories, CAUSES, over, job.id)
    finished = [(data_of(part), result_of(part)) for part in parts if part.state == DONE]
    known = [(data, each) for data, each in finished if isinstance(each, FederatedResult)]
    if any(each.label_counts for _, each in known):
        clients_view(known, job.id)
    return True


def _named(history: History) -> History:
    """Return a history whose label has the name of a stored data set, not its digest."""
    digest = data_label(history.data)
    if not digest.startswith("data "):
        return history
    name = data_names(workspace(), [history.data])[history.data]
    return replace(history, label=history.label.replace(digest, name))


def show_conclusion(question: str, histories: Sequence[History]) -> None:
    """Show, in large type, what the report answers to a prepared question from these runs."""
    if said := headline(question, histories):
        with st.container(key="conclusion"):
            st.markdown("\n\n".join(map(plain, said)))


def curves_view(histories: Sequence[History], over: str, key: str, rounds: int = 0) -> None:
    """Show loss and accuracy, training and validation, of all runs; rounds: planned, 0 unknown."""
    _charts(histories, CURVES, over, key, rounds)


def _charts(
    histories: Sequence[History],
    rows: Sequence[Sequence[str]],
    over: str,
    key: str,
    most: float = 0,
) -> None:
    curves = [Curve(history.label, history.rows) for history in histories]
    named = [(name, row if len(row) > 1 else ()) for row in rows for name in row]
    for start in range(0, len(named), 2):
        for place, (name, beside) in zip(
            st.columns(2, gap="medium"), named[start : start + 2], strict=False
        ):
            with place:
                st.caption(Y_AXES[name])
                live_chart(convergence(curves, over, name, beside, most), f"{name}:{key}", 300)


def cost_table(histories: Sequence[History]) -> None:
    """Show what every run needed to reach the validation accuracy that a slider says."""
    usual = usual_target(histories)
    if not usual > 0:
        return
    # A link keeps what was chosen; the usual target follows the runs. A default would not: a slider
    # with a key keeps the first.
    st.session_state[TARGET] = _recalled_target(usual)
    wanted = st.slider(
        "Target validation accuracy (%)",
        1,
        99,
        key=TARGET,
        on_change=_keep_target,
        help="Drag it: the table below says what each run needed to get there.",
    )
    st.caption(
        "What each run needed to reach the target. Epochs count samples; a gradient evaluation is "
        "one batch of one client, whatever its size."
    )
    st.dataframe(targets(histories, wanted / 100), hide_index=True, width="stretch")


def _keep_target() -> None:
    if TARGET in st.session_state:  # else a slider that is no longer drawn
        remember("target", str(st.session_state[TARGET]))


def _recalled_target(usual: float) -> int:
    said = recall("target") or ""
    return min(99, max(1, int(said) if said.isdecimal() else round(100 * usual)))


def clients_view(results: Sequence[tuple[str, FederatedResult]], key: str) -> None:
    """Show the federations' labels and sizes, and the final accuracy of each client.

    results: name of the data, and what the run left, of each run.
    """
    below = st.expander("Client data and accuracy", key=f"clients:{key}", on_change="rerun")
    if not below.open:
        return
    with below:
        runs = [(each.label, each.client_accuracy) for _, each in results]
        live_chart(client_accuracies(runs), f"client-accuracy:{key}", 340)
        found = {each.federation: _federation(data, each) for data, each in results}
        federations_view(list(found.values()), key)


def _federation(data: str, result: FederatedResult) -> Federation:
    counts = result.label_counts
    names = client_classes(workspace(), data, len(counts[0]))
    title = data_label(data)
    return (result.federation if title.startswith("data ") else title), names, counts


def federations_view(federations: Sequence[Federation], key: str) -> None:
    """Show the labels of each federation's clients, and their sizes where these are new."""
    sizes_shown: list[list[int]] = []
    for number, (title, names, counts) in enumerate(federations):
        st.caption(plain(title))
        labels, sizes = st.columns(2, gap="medium")
        with labels:
            live_chart(label_map(counts, names), f"labels:{number}:{key}", 300)
        if (found := sorted(map(sum, counts))) not in sizes_shown:
            sizes_shown.append(found)
            with sizes:
                live_chart(client_sizes(counts), f"sizes:{number}:{key}", 300)
        else:
            sizes.caption("The clients have as many samples as those above.")
