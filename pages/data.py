"""Data: what can be uploaded, the upload itself, and what was found in it."""

import contextlib

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.archives import protections
from core.archives.limits import LIMITS, MIB
from core.data import course_format, store
from core.data.builtin_datasets import BUILT_IN, garments
from core.data.store import StoredDataset
from core.data.uploads import dataset_reader
from core.errors import LabError, NotFoundError, StoreError
from core.text import plural
from pages.components.class_names import rename_classes
from pages.components.confirm import confirmed
from pages.components.error_box import error_box, plain
from pages.components.session import VISIT, recall, remember, workspace
from pages.components.upload_errors import forget_upload_error, keep_upload_error, show_upload_error
from pages.components.views.data_views import (
    checks_of,
    choose_data,
    show_balance,
    show_classes,
    show_counts,
    show_findings,
    use_built_in,
)

STORED = f"{VISIT}stored"
FORMATS = """
* **Course archive**: `dataset.tar.gz` with `train_images.pkl`, `train_labels.pkl`,
  `val_images.pkl`, `val_labels.pkl`
* **NumPy arrays**: `.npz` with `train_images`, `train_labels`, `val_images`, `val_labels`
* **Folders of images**: `.zip` or `.tar.gz`, one folder per class,
  optionally inside `train/` and `val/`
"""


def main() -> None:
    """Draw the page."""
    st.title("Data", anchor=False)
    _say_stored()
    with error_box():
        chosen = choose_data() if store.list_stored(workspace()) else None
        if chosen is not None:
            _show(chosen)
            st.divider()
    upload, ready = st.columns([3, 2], gap="large")
    with upload:
        st.subheader("Upload a data set", anchor=False)
        _upload()
    with ready:
        st.subheader("Built-in data sets", anchor=False)
        _built_in()


def _upload() -> None:
    st.markdown(FORMATS)
    number = st.session_state.setdefault("uploads", 0)
    file = st.file_uploader(
        f"Up to {LIMITS.upload_bytes // MIB} MB, {LIMITS.unpacked_bytes // MIB} MB unpacked. "
        "The test set is optional; images can have any size.",
        key=f"upload:{number}",
        max_upload_size=LIMITS.upload_bytes // MIB,
    )
    merge_case = st.session_state.get("ask-case", False) and st.toggle(
        "Merge class folders whose names differ only in case"
    )
    show_upload_error("data")
    st.download_button(
        "Download an example",
        lambda: course_format.template(garments()),
        "dataset.tar.gz",
        "application/gzip",
        type="tertiary",
        icon=":material/download:",
        on_click="ignore",
        help="A small archive in the course's format.",
    )
    _protections()
    if file is not None:
        _read(file, merge_case)


def _protections() -> None:
    """Say how the file is read, and at once where that protects less than usual."""
    lines = "\n".join(f"* {plain(line)}" for line in protections.described())
    if not all(each.is_on for each in protections.protections() if each.is_essential):
        st.warning(f"Uploads are read by a process that is less confined than usual.\n{lines}")
        return
    with st.expander("How uploads are read", type="compact"):
        st.markdown(f"A process of its own reads the file; nothing in it is executed.\n{lines}")


def _read(file: UploadedFile, merge_case: bool) -> None:
    """Read and store the upload in stages; then forget its bytes, whatever came of it."""
    forget_upload_error("data")
    bar = st.progress(0.0, "Reading")

    def tell(share: float, what: str) -> None:
        bar.progress(share, plain(what))  # names in a stranger's file

    try:
        dataset = dataset_reader.read(
            file.name,
            file,
            scratch=workspace().scratch,
            tell=tell,
            merge_case=merge_case,
        )
        bar.progress(0.95, "Storing")
        digest = store.save(workspace(), dataset)
        remember("data", digest)
        splits = (dataset.train, dataset.validation, dataset.test)
        images = plural(sum(len(split) for split in splits if split), "image")
        st.session_state[STORED] = (digest, f"{images} stored as “{dataset.name}”.")
    except LabError as error:
        keep_upload_error("data", str(error))
        st.session_state["ask-case"] = "case" in str(error)
    st.session_state["uploads"] += 1
    st.rerun()


def _say_stored() -> None:
    """Say that the upload was stored, and offer what comes next, until the page is left."""
    digest, sentence = st.session_state.get(STORED, ("", ""))
    if not digest or recall("data") != digest:
        return
    st.success(plain(sentence), icon=":material/check_circle:")
    if st.button("Train on it", type="primary", icon=":material/model_training:", key="train-now"):
        st.switch_page("training.py", query_params={"data": digest})


def _built_in() -> None:
    for name, entry in BUILT_IN.items():
        with st.container(border=True):
            st.markdown(f"**{entry.label}**")
            st.caption(entry.about)
            if st.button("Use it", key=f"use:{name}"):
                with error_box(), st.spinner("Loading"):
                    use_built_in(name)
                    st.rerun()


def _show(chosen: StoredDataset) -> None:
    try:
        found = checks_of(chosen.digest)
    except StoreError as error:  # damaged; what it asks for has to be possible
        st.error(plain(str(error)))
        _offer_to_delete(chosen)
        return
    show_counts(chosen, found)
    classes, numbers = st.columns([3, 2], gap="large")
    with classes:
        st.subheader("Classes", anchor=False)
        show_classes(found.classes)
        st.subheader("Checks", anchor=False)
        show_findings(chosen, found)
    with numbers:
        st.subheader("Images per class", anchor=False)
        show_balance(found)
    rename_classes(chosen)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.page_link("training.py", label="Train on it", icon=":material/model_training:")
        _offer_to_delete(chosen)


def _offer_to_delete(chosen: StoredDataset) -> None:
    if st.button("Delete this data set", icon=":material/delete:", type="tertiary"):
        _confirm_delete(chosen)


@st.dialog("Delete this data set?")
def _confirm_delete(chosen: StoredDataset) -> None:
    others = chosen.validation + chosen.test
    st.write(
        f"{plural(chosen.train, 'training image')} and {others:,} for validation and test are "
        "deleted. Runs that used them keep their results but cannot be repeated."
    )
    if confirmed("Delete"):
        with error_box():
            with contextlib.suppress(NotFoundError):  # another tab was quicker
                store.delete(workspace(), chosen.digest)
            remember("data", None)
            st.rerun()


main()
