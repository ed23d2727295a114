"""The two buttons of a dialog that asks before something is lost."""

from collections.abc import Callable

import streamlit as st


def confirmed(action: str, on_cancel: Callable[[], None] | None = None) -> bool:
    """Show a button that does it and Cancel, which closes the dialog; return whether to do it."""
    with st.container(horizontal=True):
        pressed = st.button(action, type="primary", key=f"confirm:{action}")
        if st.button("Cancel", key=f"cancel:{action}", on_click=on_cancel):
            st.rerun()
    return pressed
