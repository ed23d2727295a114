"""The pinned network of a comparison, and a download for each that is compared."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core.errors import NotFoundError
from core.evaluation.file_names import names_beside
from core.runs.finished.network_files import weights_path
from core.runs.finished.networks import Network
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
    """Offer each network's weights, one button a network, under names that tell them apart."""
    found = [(network, path) for network in chosen if (path := _path(network)) is not None]
    names = names_beside([(path.name, network.point) for network, path in found])
    with st.container(horizontal=True):
        for (network, path), name in zip(found, names, strict=True):
            st.download_button(
                plain(network.point.label),
                path.read_bytes,  # at the click: six networks are many megabytes
                name,
                key=f"compare-download:{network.job.id}",
                icon=":material/download:",
                on_click="ignore",
                help=f"Download {name}, {size(path.stat().st_size)}.",
            )


def _path(network: Network) -> Path | None:
    """Return a network's file; say so where it is gone."""
    try:
        return weights_path(network, workspace())
    except NotFoundError:
        st.caption(plain(f"{network.point.label}: its file is no longer here."))
        return None
