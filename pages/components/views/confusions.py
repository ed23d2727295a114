"""Which classes are taken for which: a map, or of very many classes the largest mistakes."""

from collections.abc import Sequence

import streamlit as st

from core.evaluation.counts import Counts, largest_mistakes
from core.figures.per_class import confusion_map, map_height
from pages.components.live_chart import live_chart

MOST_MAPPED = 100  # classes; of a thousand the map has a million cells of a pixel and less each


def confusions(
    counts: Counts, names: Sequence[str], key: str, change: bool = False, largest: int | None = None
) -> None:
    """Show a confusion matrix, or with `change` the difference of two; see `confusion_map`."""
    if len(names) <= MOST_MAPPED:
        chart = confusion_map(counts, names, change, largest)
        live_chart(chart, key, map_height(len(names)))
        return
    found = largest_mistakes(counts)
    title = "The mistakes that changed most" if change else "The most frequent mistakes"
    if not found:
        st.caption("No mistake changed." if change else "There is no mistake.")
        return
    st.caption(f"{title} between {len(names):,} classes")
    rows = [
        {"true class": names[true], "called": names[said], "images": images}
        for true, said, images in found
    ]
    st.dataframe(rows, hide_index=True, key=key, alt=title)
