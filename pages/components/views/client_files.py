"""Clients' own files on a page: the upload, what was found in it, and its name for a run."""

from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.archives.limits import CLIENT_LIMITS, MIB
from core.data.uploads import leaf
from core.data.uploads.leaf_store import keep_leaf, leaf_file
from core.errors import LabError, NotFoundError
from core.text import plural
from core.workspace import Workspace
from pages.components.error_box import plain
from pages.components.session import recall, remember, workspace
from pages.components.upload_errors import forget_upload_error, keep_upload_error, show_upload_error

WARNING = "Warning: "


def uploaded_clients() -> str | None:
    """Ask for clients in LEAF's format; return what a run calls them, None before there are any."""
    number = st.session_state.setdefault("client-uploads", 0)
    file = st.file_uploader(
        "One .json, or a .zip or .tar.gz with train/ and test/, in LEAF's format",
        key=f"client-upload:{number}",
        max_upload_size=CLIENT_LIMITS.upload_bytes // MIB,
    )
    show_upload_error("clients")
    if file is not None:
        _keep(file)
    data = recall("clients")
    if data:
        try:
            _show(data)
        except NotFoundError as error:
            st.warning(plain(str(error)), icon=":material/link_off:")
            return None
    return data


def _keep(file: UploadedFile) -> None:
    """Keep the upload; then forget its bytes, whatever came of it."""
    forget_upload_error("clients")
    try:
        with st.spinner("Reading"):
            remember("clients", keep_leaf(workspace(), file).data)
    except LabError as error:
        keep_upload_error("clients", str(error))
    st.session_state["client-uploads"] += 1
    st.rerun()


def _show(data: str) -> None:
    clients, notes = _found(workspace().root, data)
    st.caption(plural(clients, "client"))
    for note in notes:
        if note.startswith(WARNING):
            sentence = note.removeprefix(WARNING)
            st.warning(plain(sentence[:1].upper() + sentence[1:]), icon=":material/warning:")
        else:
            st.caption(plain(note))


@st.cache_data(max_entries=8, show_spinner="Reading")
def _found(root: Path, data: str) -> tuple[int, tuple[str, ...]]:
    kept = Workspace(root)
    found = leaf.inspect(leaf_file(kept.datasets, data), scratch=kept.scratch)
    return len(found.users), found.notes
