"""What was set in a form, kept for the session: Streamlit forgets a control that is not drawn."""

from typing import TypeVar

import streamlit as st

T = TypeVar("T")
DRAFTS = "drafts"


def begun(key: str, start: T) -> T:
    """Return what the control `key` begins with: what it showed when it was last drawn, or `start`.

    While the control is drawn the answer stays the same: another beginning would make another
    control, which forgets the next click.
    """
    drafts = st.session_state.setdefault(DRAFTS, {})
    begin, now = drafts.get(key, (start, start))
    if key in st.session_state:
        now = st.session_state[key]
    else:
        begin = now
    drafts[key] = (begin, now)
    found: T = begin
    return found
