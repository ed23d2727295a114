"""The views of the compare page: what differs between up to six chosen networks."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from core.evaluation.behaviour import (
    PICTURES_FILE,
    Behaviour,
    BehaviourResult,
    BehaviourSpec,
    Change,
)
from core.evaluation.differences import differences
from core.evaluation.point import Point
from core.figures.per_class import class_bars, confusion_map
from core.figures.weights import filter_picture, layer_bars, mask_picture, weight_histogram
from core.jobs.store.job import DONE, Job
from core.networks.formats import keras_h5
from core.networks.network import LAYERS
from core.runs.results import Network, weights_path
from core.runs.specs import result_of
from core.text import percent, plural, size
from pages.components.error_box import error_box, plain
from pages.components.live_chart import live_chart
from pages.components.session import ask, store, workspace
from pages.components.views.job_progress import job_line, watch

PICTURE_WIDTH = 88


def settings_view(points: Sequence[Point]) -> None:
    """Show the measured numbers side by side, and only the settings that differ."""
    st.dataframe([_measured(point) for point in points], hide_index=True)
    planned = [point for point in points if point.plan]
    if len(planned) < 2:
        st.caption("Choose two pruned networks to see which settings differ.")
        return
    labels = {point.id: point.label for point in planned}
    rows = differences(planned)
    st.subheader("Settings that differ", anchor=False)
    if not rows:
        st.caption("All settings are the same.")
        return
    st.dataframe(
        [{labels.get(key, key): str(value) for key, value in row.items()} for row in rows],
        hide_index=True,
    )


def _measured(point: Point) -> dict[str, Any]:
    latency = point.latency_seconds
    return {
        "Network": point.label,
        "Accuracy": percent(point.accuracy),
        "Sparsity": percent(point.sparsity, 2),
        "Score": round(point.score, 4),
        "Agreement with dense": "–" if point.agreement is None else percent(point.agreement),
        "Size": size(point.size_bytes),
        "Gzip": size(point.gzip_bytes),
        "Multiply-adds": f"{point.multiply_adds / 1e6:.2f} M",
        "Latency": "–" if latency is None else f"{latency * 1e3:.2f} ms",
        "Epochs": point.epochs,
        "Seed": point.seed,
    }


def layers_view(points: Sequence[Point]) -> None:
    """Show sparsity and dead units layer by layer."""
    live_chart(layer_bars(points), "compare-layers", 320)
    live_chart(layer_bars(points, dead=True), "compare-dead", 280)


def inside_view(chosen: Sequence[Network]) -> None:
    """Show masks and filters as pictures, and how the remaining weights are spread."""
    layer = st.segmented_control(
        "Layer", LAYERS, default="conv1", key="compare-layer", help="Inputs run down, units across."
    )
    loaded = {}
    for network in chosen:
        with error_box():
            path = weights_path(network, workspace())
            loaded[network.point.label] = keras_h5.read(path)
    for place, (label, weights) in zip(
        st.columns(max(len(loaded), 1)), loaded.items(), strict=False
    ):
        with place:
            kernel = weights[f"{layer or 'conv1'}/kernel"]
            left = np.count_nonzero(kernel) / kernel.size
            said = f"{label}: {percent(left)} of {layer} left (blue)"
            st.image(mask_picture(kernel), plain(said), width="stretch", alt=said)
            if layer == "conv1" and kernel.shape[2] in (1, 3):
                filters = f"Filters of {layer} of {label}"
                st.image(filter_picture(kernel), plain(filters), width="stretch", alt=filters)
    if loaded:
        live_chart(weight_histogram(loaded), "compare-weights", 320)


def behaviour_view(chosen: Sequence[Network], dense: Network | None) -> None:
    """Ask a runner what changed from the dense network to the chosen ones, and show it."""
    if dense is None:
        st.info(
            "These networks share no dense network that is still here, so nothing to compare with."
        )
        return
    compared = [network for network in chosen if network.job.id != dense.job.id]
    if not compared:
        st.info("Choose at least one pruned network.")
        return
    ids = [dense.job.id, *(network.job.id for network in compared)]
    job_id = ask(BehaviourSpec(data=dense.data, points=tuple(ids)), priority=1)
    labels = {network.job.id: network.point.label for network in compared}
    watch(lambda: [store().get(job_id)], lambda jobs: _behaviour(jobs[0], labels))


def _behaviour(job: Job, labels: Mapping[str, str]) -> None:
    result = result_of(job) if job.state == DONE else None
    if not isinstance(result, BehaviourResult):
        job_line(job, "behaviour")
        return
    with np.load(workspace().artifacts(job.id) / PICTURES_FILE) as stored:
        pictures = dict(zip(stored["rows"].tolist(), stored["pictures"], strict=True))
    # The task does not know which networks share a name, the page that chose them does.
    called = [replace(n, label=labels.get(n.id, n.label)) for n in result.networks]
    draw_behaviour(replace(result, networks=tuple(called)), pictures)


def draw_behaviour(result: BehaviourResult, pictures: dict[int, np.ndarray]) -> None:
    """Show classes, confusions and images that changed."""
    names, networks = result.class_names, result.networks[1:]
    change = st.toggle("Show the change from the dense network", True, key="compare-change")
    shown = networks if change else result.networks
    values = {n.label: n.per_class_delta if change else n.per_class_accuracy for n in shown}
    live_chart(class_bars(values, names, change), "compare-classes", 320)
    _compressed_away(result, pictures)
    for network in networks:
        st.subheader(plain(network.label), anchor=False)
        st.markdown(_sentence(network, result.images))
        counts = network.confusion_delta if change else network.confusion
        live_chart(confusion_map(counts, names, change), f"confusion-{network.id}", 320)
        new, fixed = network.new_errors_count, network.fixed_count
        _changed_images(f"New errors: {new:,}", network.new_errors, pictures, names)
        _changed_images(f"Fixed: {fixed:,}", network.fixed, pictures, names)


def _sentence(network: Behaviour, images: int) -> str:
    return (
        f"Of {images:,} holdout images, {plural(network.new_errors_count, 'is', 'are')} newly "
        f"wrong and {network.fixed_count:,} fixed; it agrees with the dense network on "
        f"{percent(network.agreement)}. Mean confidence {percent(network.confidence)} "
        f"({network.confidence_delta:+.1%})."
    )


def _compressed_away(result: BehaviourResult, pictures: dict[int, np.ndarray]) -> None:
    names, lost = result.class_names, result.pruned_exemplars
    moved = [
        {
            "class": name,
            "images": row.images,
            "re-labelled by the majority": row.relabelled,
            "share": percent(row.relabelled / row.images) if row.images else "–",
        }
        for name, row in zip(names, result.classes, strict=True)
    ]
    with st.expander("Who is compressed away", expanded=True):
        st.caption(
            "Images that the dense network gets right and most of the chosen networks lose, and "
            "how many images of each class their majority re-labels (Hooker et al. 2019)."
        )
        st.dataframe(moved, hide_index=True)
        captions = [f"{names[p.label]}, lost {p.lost}×" for p in lost[:12]]
        if lost:
            shown = [_shown(pictures[p.row]) for p in lost[:12]]
            st.image(shown, list(map(plain, captions)), PICTURE_WIDTH, alt=captions)


def _changed_images(
    title: str,
    changes: Sequence[Change],
    pictures: dict[int, np.ndarray],
    names: Sequence[str],
) -> None:
    if not changes:
        st.caption(f"{title}.")
        return
    captions = [_caption(change, names) for change in changes]
    with st.expander(title):
        st.image(
            [_shown(pictures[change.row]) for change in changes],
            list(map(plain, captions)),
            PICTURE_WIDTH,
            alt=captions,
        )


def _caption(change: Change, names: Sequence[str]) -> str:
    before, after = names[change.before], names[change.after]
    return f"{before} {change.before_confidence:.0%} → {after} {change.after_confidence:.0%}"


def _shown(picture: np.ndarray) -> np.ndarray:
    """Return a picture that st.image takes: one grey channel without its axis."""
    return picture[..., 0] if picture.shape[-1] == 1 else picture
