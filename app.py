"""The frame: page settings, look, navigation. Every page is a file in pages/."""

from pathlib import Path

import streamlit as st

from pages.components.error_box import error_box

ROOT = Path(__file__).parent

# Section -> (file and address, title, icon). A page is there as soon as its file is.
PAGES = {
    "": [("home", "Home", "home")],
    "Prune": [
        ("data", "Data", "photo_library"),
        ("training", "Train", "model_training"),
        ("pruning", "Prune", "content_cut"),
        ("frontier", "Frontier", "scatter_plot"),
    ],
    "Federate": [("federated", "Federated", "hub")],
    "Course": [
        ("grading", "Grade", "leaderboard"),
        ("report", "Report", "description"),
        ("learn", "Learn", "school"),
    ],
    "Lab": [("runs", "Runs", "list_alt")],
}


def pages() -> dict[str, list[st.Page]]:
    """Return the pages by section, those whose file exists."""
    return {
        section: [
            st.Page(
                ROOT / "pages" / f"{file}.py",
                title=title,
                icon=f":material/{icon}:",
                default=file == "home",
            )
            for file, title, icon in entries
            if (ROOT / "pages" / f"{file}.py").exists()
        ]
        for section, entries in PAGES.items()
    }


st.set_page_config(
    page_title="Pareto Lab", page_icon=str(ROOT / "assets" / "icon.svg"), layout="wide"
)
st.logo(ROOT / "assets" / "logo.svg", size="large", icon_image=ROOT / "assets" / "icon.svg")
st.html(ROOT / "assets" / "style.css")
page = st.navigation(pages(), expanded=True)
with error_box():
    page.run()
