"""One layer of a finished network: its numbers, filters, masks, and the weights of a unit."""

import numpy as np
import streamlit as st

from core.evaluation.layer_states import LayerState
from core.figures.architecture.kernels import (
    columns,
    kernel_parts,
    unit_kernels,
    unit_map,
    units_of,
    vectors,
)
from core.figures.weights import filter_picture, mask_picture
from core.networks.graph import Network, layer_weights
from core.networks.network import Weights
from core.text import percent, plural
from pages.components.error_box import plain
from pages.components.live_chart import live_chart
from pages.components.picture import picture_url
from pages.components.views.weight_views import has_filters

ROWS = "Rows are inputs, columns are units."


def layer_view(network: Network, weights: Weights, state: LayerState, key: str) -> None:
    """Show a layer's kernels and masks; of a layer without any, its values for each unit."""
    layer = state.row.name
    st.markdown(_said(state))
    parts = kernel_parts(network, layer)
    key = f"{key}:{layer}"
    if parts:
        pictures, unit = st.columns(2, gap="medium")
        with pictures:
            _pictures(network, weights, layer, parts)
        with unit:
            _unit(network, weights, layer, key)
    values = vectors(network, weights, layer)
    if values is not None:
        live_chart(values, f"{key}:vectors", 240)
    elif not parts:
        st.caption("This layer has no parameters.")


def _said(state: LayerState) -> str:
    row = state.row
    said = f"**{plain(row.name)}** ({row.kind}) → {' × '.join(map(str, row.output))}."
    if row.parameters:
        said += (
            f" {row.parameters - state.zeros:,} of {plural(row.parameters, 'parameter')} are left "
            f"({percent(state.left)}); {state.dead_units:,} of {plural(state.units, 'unit')} are "
            "dead."
        )
    return said


def _pictures(network: Network, weights: Weights, layer: str, parts: list[str]) -> None:
    for part in parts:
        kernel = weights[f"{layer}/{part}"]
        if _reads_images(network, layer) and has_filters(kernel):
            said = f"Filters of {layer}; a dark cell is a removed filter"
            _picture(filter_picture(kernel), f"{said}.")
        left = np.count_nonzero(kernel) / kernel.size
        of = "of the kernel's weights"
        named = f"Mask of {layer}" if len(parts) == 1 else f"Mask of {layer}/{part}"
        said = f"{named}: {percent(left)} {of} remains (blue). {ROWS}"
        _picture(mask_picture(columns(kernel, units_of(network, layer))), said)


def _picture(pixels: np.ndarray, said: str) -> None:
    st.image(picture_url(pixels), plain(said), width="stretch", alt=said)


def _reads_images(network: Network, layer: str) -> bool:
    """Tell whether a layer is the first that has a kernel."""
    first = next(name for name in network.by_name if kernel_parts(network, name))
    return layer == first


def _unit(network: Network, weights: Weights, layer: str, key: str) -> None:
    """Ask for a unit and show its weights; it begins with the first that has any."""
    units = units_of(network, layer)
    begin = _first_living(weights, layer, kernel_parts(network, layer), units)
    unit = int(
        st.number_input(f"Unit (0 to {units - 1:,})", 0, units - 1, begin, key=f"{key}:unit")
    )
    for part, kernel in unit_kernels(network, weights, layer, unit).items():
        about = f"unit {unit} of {layer}/{part}"
        chart = unit_map(kernel, about)
        st.caption(plain(chart.alt))
        live_chart(chart, f"{key}:unit:{part}", 300)
    bias = layer_weights(network, weights, layer).get("bias")
    if bias is not None:
        st.caption(f"Its bias is {float(bias[unit]):.4g}.")


def _first_living(weights: Weights, layer: str, parts: list[str], units: int) -> int:
    living = columns(weights[f"{layer}/{parts[-1]}"], units).any(axis=0)
    return int(living.argmax())
