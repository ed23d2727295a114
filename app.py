"""The frame: page settings, look, navigation. Every page is a file in pages/."""

from importlib.resources import files
from pathlib import Path

import streamlit as st

from pages.components.error_box import error_box
from pages.components.upload_errors import forget_other_visits

ROOT = Path(__file__).parent
ASSETS = files("assets")

# (file and address, title, icon), in the order of the work. A page is there once its file is.
# No sections: Streamlit's markup for them is a list that screen readers cannot read.
PAGES = (
    ("home", "Home", "home"),
    ("data", "Data", "photo_library"),
    ("training", "Train", "model_training"),
    ("pruning", "Prune", "content_cut"),
    ("frontier", "Frontier", "scatter_plot"),
    ("federated", "Federated", "hub"),
    ("grading", "Grade", "leaderboard"),
    ("report", "Report", "description"),
    ("runs", "Runs", "list_alt"),
    ("learn", "Learn", "school"),
)


def pages() -> list[st.Page]:
    """Return the pages whose file exists."""
    return [
        st.Page(
            ROOT / "pages" / f"{file}.py",
            title=title,
            icon=f":material/{icon}:",
            default=file == "home",
        )
        for file, title, icon in PAGES
        if (ROOT / "pages" / f"{file}.py").exists()
    ]


st.set_page_config(page_title="Pareto Lab", page_icon=str(ASSETS / "icon.svg"), layout="wide")
st.logo(str(ASSETS / "logo.svg"), size="large", icon_image=str(ASSETS / "icon.svg"))
st.html(f"<style>{(ASSETS / 'style.css').read_text('utf-8')}</style>")
page = st.navigation(pages(), expanded=True)
forget_other_visits(page.url_path)
with error_box():
    page.run()
