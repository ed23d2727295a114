"""A row of numbers that wraps on narrow screens."""

from collections.abc import Sequence

import streamlit as st

WIDTH = 136  # pixels: two beside each other on a telephone, five on a desk


def numbers_row(cells: Sequence[tuple[str, str, str]]) -> None:
    """Show (label, value, help) of each number; an empty help shows no question mark."""
    with st.container(horizontal=True, gap="small"):
        for label, value, help_text in cells:
            st.metric(label, value, help=help_text or None, width=WIDTH)
