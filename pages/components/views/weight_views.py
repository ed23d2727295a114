"""Weights of finished networks as pictures: before and after a cut, and what pictures need."""

from pathlib import Path

import numpy as np
import streamlit as st

from core.errors import WeightsError
from core.figures.weights import filter_picture, weight_histogram
from core.jobs.store.job import Job
from core.networks.formats import keras_h5
from core.networks.keras_files.reader import read_network
from core.networks.network import Weights
from core.pruning.preview.spec import PreviewResult
from core.runs.finished.network_files import weights_path
from core.runs.finished.networks import Network, network_of
from core.runs.specs import result_of, source_of
from pages.components.live_chart import live_chart
from pages.components.picture import picture_url
from pages.components.session import store, workspace

COLOURS = (1, 3)  # channels of an image, which a filter's picture can have


def weights_of(network: Network) -> Weights:
    """Return a network's weights. Raises NotFoundError when its file is gone."""
    path = weights_path(network, workspace())
    return read_weights(path, network.is_reference)


def read_weights(path: Path, is_reference: bool) -> Weights:
    """Return the weights in a file of a run. Raises WeightsError if it holds none."""
    return _read(str(path), path.stat().st_mtime_ns, is_reference)


@st.cache_resource(max_entries=8, show_spinner=False)
def _read(path: str, changed: int, is_reference: bool) -> Weights:
    if path.endswith(".npz"):
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    if is_reference:
        return keras_h5.read(Path(path))
    found = read_network(Path(path), scratch=workspace().scratch).weights
    if found is None:
        raise WeightsError("The network's file has no weights. Run it again.")
    return found


def kernels(weights: Weights) -> dict[str, np.ndarray]:
    """Return layer -> its kernel, in the order of the file; of two the first."""
    found: dict[str, np.ndarray] = {}
    for name, array in weights.items():
        layer, _, part = name.rpartition("/")
        if part.endswith("kernel"):
            found.setdefault(layer, array)
    return found


def has_filters(kernel: np.ndarray) -> bool:
    """Tell whether a kernel's filters can be drawn: they read images themselves."""
    return kernel.ndim == 4 and kernel.shape[2] in COLOURS


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
                after = read_weights(path, dense.is_reference)
                _show(weights_of(dense), after, result.plan.method, key)


def _show(before: Weights, after: Weights, method: str, key: str) -> None:
    chart = weight_histogram({"Before": before, "After": after}, ["dense", method])
    live_chart(chart, f"{key}:histogram", 280)
    first = next(iter(kernels(before)), "")
    if not has_filters(kernels(before)[first]):
        return
    st.caption("The filters of the first layer; a dark cell is a removed filter.")
    for place, (label, weights) in zip(
        st.columns(2), (("Before", before), ("After", after)), strict=True
    ):
        picture = filter_picture(kernels(weights)[first])
        place.image(
            picture_url(np.kron(picture, np.ones((6, 6, 1), np.uint8))),
            caption=label,
            alt=f"First-layer filters {label.lower()} the cut",
        )
