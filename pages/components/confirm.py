"""The two buttons of a dialog that asks before something is lost."""

import streamlit as st


def confirmed(action: str) -> bool:
    """Show a button that does it and Cancel, which closes the dialog; return whether to do it."""
    with st.container(horizontal=True):
        pressed = st.button(action, type="primary", key=f"confirm:{action}")
        if st.button("Cancel", key=f"cancel:{action}"):
            st.rerun()
    return pressed
