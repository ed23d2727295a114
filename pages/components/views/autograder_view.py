"""The autograder for Gradescope, made of the images that the page grades on."""

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.data import store as datasets
from core.data.dataset import Split
from core.data.store import StoredDataset
from core.data.uploads import grading_set
from core.errors import UploadError
from core.grading.autograder.bundle import autograder_zip
from core.grading.grade import as_read, graded_images
from core.networks.network import NetworkShape
from pages.components.error_box import error_box
from pages.components.session import workspace
from pages.components.views.grading_views import gradescope_points

EXPLAINED = """
A zip to upload on Gradescope under *Configure Autograder*. It grades every hand-in there as this
page does, with NumPy and h5py alone, in the smallest container (768 MB, half a core). It holds the
images it grades on and their labels; Gradescope keeps them from students.
"""


def autograder_view(chosen: StoredDataset, hidden: UploadedFile | None, threshold: float) -> None:
    """Offer autograder.zip, made when it is asked for."""
    with st.expander("Autograder for Gradescope"):
        st.markdown(EXPLAINED)
        points = gradescope_points("Points of the assignment", "A score of 1.0 gets as many.")
        if st.button("Make autograder.zip", icon=":material/inventory_2:"):
            with error_box():
                _offer(chosen, hidden, threshold, points)


def _offer(
    chosen: StoredDataset, hidden: UploadedFile | None, threshold: float, points: float
) -> None:
    images, shape = _images(chosen, hidden)
    content = autograder_zip(images, shape, threshold, points)
    st.download_button(
        f"Download autograder.zip ({len(images):,} images, {len(content) / 1e6:.1f} MB)",
        content,
        "autograder.zip",
        icon=":material/download:",
        on_click="ignore",
    )


def _images(chosen: StoredDataset, hidden: UploadedFile | None) -> tuple[Split, NetworkShape]:
    classes = len(chosen.class_names)
    if hidden is None:
        return graded_images(datasets.load(workspace(), chosen.digest))
    found = grading_set.read(hidden.name, hidden.getvalue(), classes, scratch=workspace().scratch)
    if found is None:
        raise UploadError(grading_set.NOT_ONE_SET)
    return as_read(found, classes)
