"""A button that copies the address: whoever opens it sees the same view."""

from importlib.resources import files

import streamlit as st

CSS = """
button {
  font: inherit; font-size: 0.875rem; color: inherit; background: transparent; cursor: pointer;
  padding: 0.4rem 0.75rem; border: 1px solid var(--st-border-color); border-radius: 0.5rem;
}
button:hover, button:focus-visible { border-color: var(--st-primary-color); }
"""

_button = st.components.v2.component(
    "copy_link",
    html="<button type='button'></button>",
    css=CSS,
    js=(files("pages.components") / "copy_link.js").read_text("utf-8"),
)


def copy_link(label: str = "Copy link", key: str = "copy-link") -> None:
    """Show the button; it needs no answer from the server."""
    _button(key=key, data={"label": label}, width="content")
