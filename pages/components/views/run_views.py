"""One run on a page: its curves, its network, its log, its files."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.evaluation.file_names import HAND_IN, HAND_IN_HELP
from core.evaluation.point import Point
from core.figures.training_curves import LOSS_HELP, curves
from core.figures.weights import layer_bars
from core.jobs import logs
from core.jobs.store.job import DONE, Job
from core.pruning.spec import PruneSpec
from core.runs.finished.network_files import not_offered, other_files, weights_path
from core.runs.finished.networks import Network, dense_of, network_of
from core.runs.specs import spec_of
from core.text import duration, percent, score_text, size
from core.training.spec import TrainSpec
from pages.components.address_state import choose, gone
from pages.components.architecture.architecture_view import architecture, architecture_view
from pages.components.error_box import error_box, plain
from pages.components.live_chart import live_chart
from pages.components.metric_row import metric_row
from pages.components.session import live_metrics, store, workspace
from pages.components.views.confusions import confusions
from pages.components.views.job_progress import STOP_KEYS, job_line
from pages.components.views.preview.forgotten_view import network_strip
from pages.components.views.torch_files import torch_files

CARD_VIEW = "card-view"  # what the last card showed
READERS = {
    ".h5": "Loads into Keras 2 and Keras 3.",
    ".keras": "Loads into Keras 3.",
    ".tflite": "Runs with LiteRT (TensorFlow Lite).",
    ".onnx": "Runs with ONNX Runtime.",
}


def choose_run(found: Sequence[Job], label: Callable[[Job], str]) -> Job | None:
    """Ask for one of the runs (the address's, else the newest); None when there are none."""
    if not found:
        return None
    by_id = {job.id: job for job in found}
    labels = {id: label(job) for id, job in by_id.items()}
    return by_id[
        choose("Run", list(by_id), "run", labels.__getitem__, some=True, missing=missing_run)
    ]


def missing_run(id: str) -> str:
    """Return the sentence for a run that the address names and nobody has, "" for any other."""
    return "" if store().exists(id) else gone("run", id)


def training_view(job: Job) -> None:
    """Show a training run while it runs and after: state, numbers, curves, weights, log."""
    job_line(job, f"run:{job.id}", STOP_KEYS)
    metrics = live_metrics().of(job)
    _metrics(job, metrics.get("validation_accuracy", []))
    if metrics:
        epochs = planned_epochs(job)
        accuracy, loss = st.columns(2, gap="medium")
        with accuracy:
            st.caption("Accuracy")
            live_chart(curves(metrics, "accuracy", epochs), f"accuracy:{job.id}", 320)
        with loss:
            st.caption("Loss", help=LOSS_HELP)
            live_chart(curves(metrics, "loss", epochs), f"loss:{job.id}", 320)
    elif not job.ended:
        st.caption("Accuracy and loss appear here after the first epoch.")
    if job.state == DONE:
        network_files(job)
    log_view(job)


def planned_epochs(job: Job) -> int:
    """Return how many epochs a run asked for, 0 when it trains none or goes by the clock."""
    spec = spec_of(job)
    if isinstance(spec, TrainSpec):
        return 0 if spec.recipe.seconds else spec.recipe.epochs
    return spec.plan.epochs if isinstance(spec, PruneSpec) and not spec.plan.seconds else 0


def _metrics(job: Job, validation: Sequence[tuple[int, float]]) -> None:
    network = network_of(job)
    cells = []
    if validation:
        step, value = max(validation, key=lambda pair: pair[1])
        cells.append(("Best validation", percent(value), f"At epoch {step}."))
        cells.append(("Epochs finished", f"{len(validation)}", ""))
    if network:
        reached = percent(network.point.accuracy)
        cells.append(("Holdout", reached, "Images that no choice has seen."))
    if job.started and job.finished:
        cells.append(("Time", duration(job.finished - job.started), ""))
    if cells:
        metric_row(f"run-{job.id}", cells)


def network_files(job: Job) -> None:
    """Offer the network's weights and the next step."""
    network = network_of(job)
    if network is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        download(network, f"file:{job.id}")
        if job.kind != "prune":
            st.page_link(
                "pruning.py",
                label="Prune it",
                icon=":material/content_cut:",
                query_params={"data": network.data, "dense": job.id},
            )
        st.page_link(
            "federated.py",
            label="Federate it",
            icon=":material/hub:",
            query_params={"data": network.data, "start": job.id},
        )
    architecture_view(network, f"run:{job.id}")


def download(
    network: Network,
    key: str,
    kind: Literal["primary", "secondary"] = "secondary",
    label: str = "",
) -> None:
    """Offer the weights file of a network. label: on the button, else the file's name."""
    with error_box():
        path = weights_path(network, workspace())
        st.download_button(
            label or f"Download {path.name}",
            # Not left to the click: a page that polls would have replaced the promise by then.
            path.read_bytes(),
            path.name,
            "application/x-hdf5",
            key=key,
            type=kind,
            icon=":material/download:",
            on_click="ignore",
            help=f"{size(path.stat().st_size)}. {_loads_into(path)}",
        )
        for other in other_files(network, workspace()):
            st.download_button(
                f"Download {other.name}",
                other.read_bytes(),
                other.name,
                key=f"{key}:{other.name}",
                icon=":material/download:",
                on_click="ignore",
                help=f"{size(other.stat().st_size)}. {_loads_into(other)}",
            )
        torch_files(path, network.job, key)
        if refused := not_offered(network):
            st.caption(plain(refused))


def _loads_into(path: Path) -> str:
    """Return what a file is for."""
    small = "Without the units that were removed. " if path.stem == "compact" else ""
    named = f" {HAND_IN_HELP}" if path.name == HAND_IN else ""
    return small + READERS.get(path.suffix, "") + named


def log_view(job: Job) -> None:
    """Show the end of the run's log when asked."""
    below = st.expander("Log", key=f"log:{job.id}", type="compact", on_change="rerun")
    if below.open:
        text = logs.tail(workspace().log(job.id), 60)
        below.code(text or "Nothing has been written yet.", language=None)


def network_card(
    network: Network, class_names: Sequence[str], key: str, below: DeltaGenerator
) -> None:
    """Show one network: score, size, layers, confusion matrix, download.

    below: a place across the page, for what a card is too narrow for.
    """
    point = network.point
    st.subheader(plain(point.label or point.method), anchor=False)
    point_metrics(point)
    with st.container(horizontal=True, vertical_alignment="center"):
        download(network, f"{key}:download", "primary")
    view = _card_view(network, key)
    if view == "Images":
        network_strip(network, key)
    elif view == "Layers":
        st.caption("Sparsity of each layer")
        live_chart(layer_bars([point]), f"{key}:layers", 320)
    elif view == "Classes":
        st.caption("Confusion matrix (holdout)")
        confusions(point.confusion, class_names, f"{key}:confusion")
    elif view == "Architecture":
        st.caption("The layers are drawn below the chart.")
        with below:
            architecture(network, key)
    else:
        st.markdown("\n".join(f"* {plain(note)}" for note in point.notes))


def _card_view(network: Network, key: str) -> str:
    """Ask what else to show of a network: one thing at a time, as a card has little room.

    The next network's card shows the same of that one.
    """
    images = ["Images"] if dense_of(store(), network) else []
    notes = ["Notes"] if network.point.notes else []
    views = [*images, "Classes", "Layers", "Architecture", *notes]
    last = st.session_state.get(CARD_VIEW)
    chosen = st.segmented_control(
        "Details",
        views,
        default=last if last in views else views[0],
        key=f"{key}:view",
        label_visibility="collapsed",
        required=True,
    )
    st.session_state[CARD_VIEW] = chosen
    return str(chosen or views[0])


def point_metrics(point: Point) -> None:
    """Show a point's metrics in a row."""
    cells = (
        (
            "Score",
            score_text(point.score),
            "(accuracy + sparsity) / 2; 0 up to 60% accuracy, and without any zero.",
        ),
        ("Accuracy", percent(point.accuracy), "On the holdout: images that no choice has seen."),
        (
            "Sparsity",
            percent(point.sparsity, 2),
            f"{point.zeros:,} of {point.parameters:,} are 0.",
        ),
        ("On disk, gzip", size(point.gzip_bytes), f"{size(point.size_bytes)} before compression."),
        (
            "Multiply-adds",
            f"{point.multiply_adds / 1e6:.2f} M",
            "Per image, zeros left out.",
        ),
    )
    metric_row(f"point-{point.id}", cells)
