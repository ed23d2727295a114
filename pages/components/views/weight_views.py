"""Weights before and after a cut: their distribution and the first layer's filters."""

from pathlib import Path

import numpy as np
import streamlit as st

from core.figures.weights import filter_picture, weight_histogram
from core.jobs.store.job import Job
from core.networks.formats import keras_h5
from core.pruning.preview.spec import PreviewResult
from core.runs.results import network_of, weights_path
from core.runs.specs import result_of, source_of
from pages.components.live_chart import live_chart
from pages.components.picture import picture_url
from pages.components.session import store, workspace

Weights = dict[str, np.ndarray]


def before_and_after(job: Job, key: str) -> None:
    """Show what a preview's cut did to the weights, when asked; nothing for answers without any."""
    result = result_of(job)
    if not isinstance(result, PreviewResult):
        return
    path = workspace().artifacts(job.id) / Path(result.weights).name
    if not result.weights or not path.is_file():
        return
    below = st.expander("Weights before and after pruning", key=f"{key}:weights", on_change="rerun")
    if below.open:
        with below:
            dense = network_of(store().get(source_of(job)))
            if dense is not None:
                before = keras_h5.read(weights_path(dense, workspace()))
                _show(before, keras_h5.read(path), result.plan.method, key)


def _show(before: Weights, after: Weights, method: str, key: str) -> None:
    chart = weight_histogram({"Before": before, "After": after}, ["dense", method])
    live_chart(chart, f"{key}:histogram", 280)
    st.caption("The filters of the first layer; a dark cell is a removed filter.")
    for place, (label, weights) in zip(
        st.columns(2), (("Before", before), ("After", after)), strict=True
    ):
        picture = filter_picture(weights["conv1/kernel"])
        place.image(
            picture_url(np.kron(picture, np.ones((6, 6, 1), np.uint8))),
            caption=label,
            alt=f"First-layer filters {label.lower()} the cut",
        )
