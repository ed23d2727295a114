"""Every page inside the frame of app.py, also when a deep link is the server's first visitor."""

import runpy

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager


def inside_frame() -> None:
    """Run app.py around this page; call it first on every page.

    Until app.py has run once, a fresh server takes pages/ for Streamlit's older automatic menu and
    runs the file behind a deep link by itself, without our navigation and look.
    """
    if PagesManager.uses_pages_directory:
        runpy.run_module("app", run_name="__main__")
        st.stop()
