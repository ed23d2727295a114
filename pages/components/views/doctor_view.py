"""The doctor for one file: what its author claims, what is found, how it is known, what to do."""

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.data import store as datasets
from core.data.store import StoredDataset
from core.errors import LabError
from core.figures.weights import weight_histogram
from core.grading.doctor.case import Case, Finding
from core.grading.doctor.examine import examine, refused
from core.grading.doctor.unexplained import nothing_found
from core.grading.grade import graded_images
from core.grading.people import WEIGHTS_ENDINGS
from core.networks.formats.keras_h5 import read_upload
from core.text import percent
from pages.components.error_box import error_box, plain, show_error
from pages.components.live_chart import live_chart
from pages.components.session import workspace

EXPLAINED = """
Looks at one weights file for what usually goes wrong: masks lost in fine-tuning, the dense network
saved, rows, channels or classes in other places, images in another scale, zeros counted otherwise.
"""


def doctor_view(chosen: StoredDataset) -> None:
    """Ask for a file and its claims, and show what is found; nothing of it is stored."""
    with st.expander("Doctor for one file"):
        st.markdown(EXPLAINED)
        types = [ending[1:] for ending in WEIGHTS_ENDINGS]
        file = st.file_uploader("Weights file to examine", type=types)
        accuracy = _claim("Claimed accuracy (optional)")
        sparsity = _claim("Claimed sparsity (optional)")
        examined = st.button("Examine", icon=":material/stethoscope:", disabled=file is None)
        if examined and file is not None:
            with error_box():
                _show(file, chosen, accuracy, sparsity)


def _claim(label: str) -> float | None:
    return st.number_input(
        label, min_value=0.0, max_value=1.0, value=None, step=0.01, format="%.4f",
        help="A share, as 0.95 for 95%.",
    )  # fmt: skip


def _show(
    file: UploadedFile, chosen: StoredDataset, accuracy: float | None, sparsity: float | None
) -> None:
    images, shape = graded_images(datasets.load(workspace(), chosen.digest))
    try:
        weights, notes = read_upload(file.name, file.getvalue(), shape, scratch=workspace().scratch)
    except LabError as error:
        show_error(str(error))
        _findings(refused(str(error)))
        return
    case = Case(weights, shape, images, notes, accuracy, sparsity)
    st.markdown(
        f"Accuracy {percent(case.accuracy_on_all)} on {len(images):,} images, sparsity "
        f"{percent(case.sparsity, 2)}: {case.zeros:,} of {shape.parameters:,} parameters are zero."
    )
    found = examine(case)
    _findings(found)
    if not found:
        show = st.info if case.is_low else st.success
        show(nothing_found(case), icon=f":material/{'info' if case.is_low else 'check_circle'}:")
    live_chart(weight_histogram({file.name: weights}), "doctor-weights", 260)
    for note in notes:
        st.caption(plain(note))


def _findings(findings: tuple[Finding, ...]) -> None:
    for each in findings:
        st.warning(
            f"**{plain(each.verdict)}**\n\n{plain(each.evidence)}\n\n{plain(each.remedy)}",
            icon=":material/troubleshoot:",
        )
