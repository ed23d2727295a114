"""Why an upload was refused: kept over the rerun that forgets its bytes, and no longer."""

import streamlit as st

from pages.components.error_box import show_error

NAMES = ("data", "weights", "grade", "run")


def refuse(name: str, reason: str) -> None:
    """Keep why the upload called `name` was refused."""
    st.session_state[_key(name)] = reason


def forget_refusal(name: str) -> None:
    """Forget it: another file was chosen."""
    st.session_state.pop(_key(name), None)


def show_refusal(name: str) -> None:
    """Show why the last upload called `name` was refused, if it was."""
    if reason := st.session_state.get(_key(name)):
        show_error(reason)


def forget_other_visits(page: str) -> None:
    """Forget every refusal when another page was shown before; call it once before each page."""
    if st.session_state.get("page") != page:
        for name in NAMES:
            forget_refusal(name)
    st.session_state["page"] = page


def _key(name: str) -> str:
    return f"refusal:{name}"
