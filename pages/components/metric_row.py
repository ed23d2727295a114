"""A row of metrics that wraps evenly: never a single one on a line of its own."""

from collections.abc import Sequence

import streamlit as st


def metric_row(key: str, cells: Sequence[tuple[str, str, str]]) -> None:
    """Show (label, value, help) of each metric; an empty help shows no question mark.

    key: unique on the page. The style sheet finds the row by it and breaks four into two and two.
    """
    with st.container(horizontal=True, gap="small", key=f"metrics-{len(cells)}-{key}"):
        for label, value, help_text in cells:
            st.metric(label, value, help=help_text or None)
