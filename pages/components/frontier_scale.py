"""The scale of the frontier's x axis, kept by the address, and what stands beside the chart."""

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.figures.frontier.view import LOG, SCALES
from pages.components.session import recall, remember

HEIGHT = 430  # pixels: chart and list end above the fold of a window of 800
HELP = (
    "Log gives 10% → 1% as much room as 100% → 10%. Linear shows equal steps of sparsity. "
    "Fit shows only where pruned networks are."
)


def choose_scale(key: str) -> str:
    """Ask for the scale of the x axis; the address remembers one that is not the usual."""
    start = recall("scale")
    chosen = st.segmented_control(
        "Scale",
        SCALES,
        default=start if start in SCALES else LOG,
        format_func=str.capitalize,
        key=f"scale-{key}",
        help=HELP,
        required=True,
    )
    scale = chosen if chosen in SCALES else LOG
    remember("scale", None if scale == LOG else scale)
    return str(scale)


def side_by_side(key: str) -> DeltaGenerator:
    """Return a container whose `card_place` stands beside the chart on a wide screen."""
    return st.container(key=f"beside-{key}")


def card_place(key: str) -> DeltaGenerator:
    """Return the place of a card: that of the list, from 1,280 pixels on."""
    return st.container(key=f"card-beside-{key}", border=True)


def back_to_the_list(key: str, clear: Callable[[], None]) -> None:
    """Offer to take the card away; clear: forgets what is chosen, before the page runs."""
    st.button(
        "Back to the list",
        key=f"back-to-list-{key}",
        icon=":material/arrow_back:",
        type="tertiary",
        on_click=clear,
    )
