"""The frame around every page: page settings, look, navigation. Every page is a file beside it."""

from importlib.resources import files

import streamlit as st

from pages.components.error_box import error_box
from pages.components.session import forget_other_visits

PAGES, ASSETS = files("pages"), files("assets")
SCRIPTS = ("back_button", "start_keys", "table_keys")

# (file and address, title, icon), in the order of the work.
# No sections: Streamlit's markup for them is a list that screen readers cannot read.
MENU = (
    ("home", "Home", "home"),
    ("data", "Data", "photo_library"),
    ("training", "Train", "model_training"),
    ("pruning", "Prune", "content_cut"),
    ("frontier", "Frontier", "scatter_plot"),
    ("federated", "Federated", "hub"),
    ("federated_demo", "FedAvg demo", "animation"),
    ("grading", "Grade", "leaderboard"),
    ("report", "Report", "description"),
    ("runs", "Runs", "list_alt"),
    ("learn", "Learn", "school"),
)


def main() -> None:
    """Draw the menu and the page that the address names."""
    st.set_page_config(page_title="Pareto Lab", page_icon=str(ASSETS / "icon.svg"), layout="wide")
    st.logo(str(ASSETS / "logo.svg"), size="large", icon_image=str(ASSETS / "icon.svg"))
    st.html(f"<style>{(ASSETS / 'style.css').read_text('utf-8')}</style>")
    with st.container(key="scripts"):
        for name in SCRIPTS:
            script = (PAGES / "components" / f"{name}.js").read_text("utf-8")
            st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)
    pages = [
        st.Page(
            str(PAGES / f"{file}.py"),
            title=title,
            icon=f":material/{icon}:",
            default=file == "home",
        )
        for file, title, icon in MENU
    ]
    page = st.navigation(pages, expanded=True)
    forget_other_visits(page.url_path)
    with error_box():
        page.run()


main()
