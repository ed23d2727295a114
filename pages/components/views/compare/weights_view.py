"""Layers, architectures and weights of several networks."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.figures.weights import filter_picture, layer_bars, mask_picture, weight_histogram
from core.runs.finished.networks import Network
from core.text import percent
from pages.components.architecture.architecture_view import architecture_view
from pages.components.error_box import error_box, plain
from pages.components.live_chart import live_chart
from pages.components.picture import picture_url
from pages.components.views.weight_views import has_filters, kernels, weights_of

MOST_BUTTONS = 8


def layers_view(chosen: Sequence[Network]) -> None:
    """Show sparsity and dead units layer by layer, and the architecture of each network."""
    points = [network.point for network in chosen]
    live_chart(layer_bars(points), "compare-layers", 320)
    live_chart(layer_bars(points, dead=True), "compare-dead", 280)
    for network in chosen if len(chosen) > 1 else ():  # of one alone, its card has it
        st.caption(plain(network.point.label))
        architecture_view(network, f"compare:{network.job.id}")


def weights_view(chosen: Sequence[Network]) -> None:
    """Show masks, filters and the distribution of the remaining weights."""
    loaded = {}
    for network in chosen:
        with error_box():
            loaded[network.point.label] = weights_of(network)
    if not loaded:
        return
    every = [kernels(weights) for weights in loaded.values()]
    common = [layer for layer in every[0] if all(layer in each for each in every)]
    if not common:
        st.info("These networks have no layer in common: select networks of one architecture.")
        return
    layer = _layer(common)
    for place, (label, weights) in zip(
        st.columns(max(len(loaded), 1)), loaded.items(), strict=False
    ):
        with place:
            kernel = kernels(weights)[layer]
            left = np.count_nonzero(kernel) / kernel.size
            said = f"{label}: {percent(left)} of {layer} remains (blue)"
            shown = picture_url(mask_picture(kernel))
            st.image(shown, plain(said), width="stretch", alt=said)
            if layer == common[0] and has_filters(kernel):
                filters = f"Filters of {layer}, {label}"
                shown = picture_url(filter_picture(kernel))
                st.image(shown, plain(filters), width="stretch", alt=filters)
    methods = [network.point.method for network in chosen if network.point.label in loaded]
    live_chart(weight_histogram(loaded, methods), "compare-weights", 320)


def _layer(names: Sequence[str]) -> str:
    """Ask for a layer: by buttons where all of them fit into a row."""
    help_text = "Rows are inputs, columns are units."
    if len(names) > MOST_BUTTONS:
        return str(st.selectbox("Layer", names, key="compare-layers", help=help_text))
    chosen = st.segmented_control(
        "Layer", names, default=names[0], key="compare-layer", help=help_text, required=True
    )
    return str(chosen or names[0])
