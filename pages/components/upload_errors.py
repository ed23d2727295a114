"""Why an upload was rejected: kept when its bytes are forgotten, until the page is left."""

import streamlit as st

from pages.components.error_box import show_error
from pages.components.session import VISIT


def keep_upload_error(name: str, reason: str) -> None:
    """Keep why the upload called `name` was rejected."""
    st.session_state[_key(name)] = reason


def forget_upload_error(name: str) -> None:
    """Forget it: another file was chosen."""
    st.session_state.pop(_key(name), None)


def show_upload_error(name: str) -> None:
    """Show why the last upload called `name` was rejected, if it was."""
    if reason := st.session_state.get(_key(name)):
        show_error(reason)


def _key(name: str) -> str:
    return f"{VISIT}upload-error:{name}"
