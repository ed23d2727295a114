"""A strip of small images that says of each what became of it; a click may tell which it was."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib.resources import files

import numpy as np
import streamlit as st

from core.figures.image_strip import Legend, Tile
from core.settings import digest
from pages.components.picture import picture_url

HTML = """
<figure class="image-strip"><ul class="strip-legend" aria-label="Kinds of change"></ul>
<ul class="strip-tiles"></ul></figure>
"""
CSS = (files("pages.components") / "image_strip.css").read_text("utf-8")
_strip = st.components.v2.component(
    "image_strip",
    html=HTML,
    css=CSS,
    js=(files("pages.components") / "image_strip.js").read_text("utf-8"),
    isolate_styles=False,
)


def image_strip(
    name: str,
    tiles: Sequence[Tile],
    pictures: Mapping[int, np.ndarray],
    key: str,
    legend: Sequence[Legend] = (),
    on_pick: Callable[[str], None] | None = None,
) -> None:
    """Draw the tiles.

    name: what they are, for those who cannot see them. pictures: row of a tile -> (h, w, c) uint8.
    on_pick: called, before the page runs, with `pick` of a tile that was clicked.
    """

    def picked() -> None:
        clicked = st.session_state.get(key, {}).get("picked")  # nothing if no longer drawn
        # A browser that comes back to a page tells its last click again.
        if clicked and on_pick and clicked["at"] != st.session_state.get(f"{key}:clicked"):
            st.session_state[f"{key}:clicked"] = clicked["at"]
            on_pick(str(clicked["id"]))

    told = {
        "name": name,
        "tiles": [asdict(tile) for tile in tiles],
        "legend": [asdict(entry) for entry in legend],
        "pictures": {str(tile.row): picture_url(pictures[tile.row]) for tile in tiles},
    }
    _strip(key=key, data={**told, "digest": digest(told)}, on_picked_change=picked)
