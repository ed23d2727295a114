"""The pinned network of a comparison, and a download for each that is compared."""

from collections.abc import Sequence

import streamlit as st

from core.errors import NotFoundError
from core.runs.results import Network, weights_path
from core.text import size
from pages.components.address_state import choose
from pages.components.error_box import plain
from pages.components.session import workspace


def choose_baseline(chosen: Sequence[Network], dense: Network | None) -> Network:
    """Ask which network the others are compared with; it stays in sight, chosen or not."""
    if len(chosen) < 2:
        return dense or chosen[0]
    every = {each.job.id: each for each in ([dense] if dense else []) + list(chosen)}
    every |= {each.job.id: each for each in chosen}  # under the names that tell them apart
    name = choose(
        "Baseline",
        list(every),
        "baseline",
        lambda id: every[id].point.label,
        usual=next(iter(every)),
        unsaid=True,
        help="Pinned: the first in every view, and what the others' numbers are compared with.",
    )
    return every[name]


def downloads(chosen: Sequence[Network]) -> None:
    """Offer each network's weights, one button a network."""
    with st.container(horizontal=True):
        for network in chosen:
            _one_download(network)


def _one_download(network: Network) -> None:
    try:
        path = weights_path(network, workspace())
    except NotFoundError:
        st.caption(plain(f"{network.point.label}: its file is no longer here."))
        return
    st.download_button(
        plain(network.point.label),
        path.read_bytes,  # at the click: six networks are many megabytes
        path.name,
        key=f"compare-download:{network.job.id}",
        icon=":material/download:",
        on_click="ignore",
        help=f"Download {path.name}, {size(path.stat().st_size)}.",
    )
