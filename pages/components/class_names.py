"""Renaming the classes of a data set: for the eye only, the data set and its runs stay the same."""

import pandas as pd
import streamlit as st

from core.data import store
from core.data.store import StoredDataset
from core.digests import digest_of
from core.errors import LabError
from pages.components.error_box import plain, show_error
from pages.components.session import workspace

COLUMNS, MOST_BOXES, TABLE_HEIGHT = 3, 60, 400  # a thousand boxes take a page five seconds


def rename_classes(chosen: StoredDataset) -> None:
    """Offer a box for each class's name; what is saved is shown everywhere from then on."""
    with st.expander("Rename classes", key="rename-classes", icon=":material/edit:"):
        st.caption(
            "For the pages only: the data set, its digest and the runs on it stay what they are, "
            "and files and exports keep the original names."
        )
        names = _asked(chosen)
        with st.container(horizontal=True):
            saved = st.button("Save names", key=f"save-names:{chosen.digest}")
            if chosen.class_names != chosen.original_names and st.button(
                "Back to the original names", type="tertiary", key=f"old-names:{chosen.digest}"
            ):
                names, saved = list(chosen.original_names), True
        if saved:
            _save(chosen, names)


def _asked(chosen: StoredDataset) -> list[str]:
    """Return the names as they are typed: in boxes, many of them in a table."""
    if len(chosen.class_names) > MOST_BOXES:
        return _asked_in_a_table(chosen)
    places = st.columns(min(COLUMNS, len(chosen.class_names)), gap="small")
    named = enumerate(zip(chosen.original_names, chosen.class_names, strict=True))
    return [
        places[number % len(places)].text_input(
            plain(original), name, key=f"name:{chosen.digest}:{number}:{name}"
        )
        for number, (original, name) in named
    ]


def _asked_in_a_table(chosen: StoredDataset) -> list[str]:
    names = {"Class": chosen.original_names, "Name": chosen.class_names}
    table = st.data_editor(
        pd.DataFrame(names),
        key=f"names:{chosen.digest}:{digest_of(*chosen.class_names)}",
        hide_index=True,
        disabled=["Class"],
        height=TABLE_HEIGHT,
    )
    return [str(name or "") for name in table["Name"]]


def _save(chosen: StoredDataset, names: list[str]) -> None:
    try:
        store.rename_classes(workspace(), chosen.digest, names)
    except LabError as error:
        show_error(str(error))
        return
    st.rerun()
