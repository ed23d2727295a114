"""What is done with the selected runs: open, compare, lay over one another, stop, tag, delete."""

from collections.abc import Sequence

import streamlit as st

from core.errors import SettingsError
from core.jobs.store.annotation import tags_of
from core.jobs.transfer import bundle
from core.runs import selection
from core.runs.table.row import SEVERAL, RunRow
from core.runs.table.selected import comparison_of, delete_all, deletion_of, overlaid, stop_all
from core.stale_files import scratch_folder
from core.text import plural
from pages.components.confirm import confirmed
from pages.components.error_box import error_box, plain
from pages.components.runs.table import unselect
from pages.components.session import run_rows, store, workspace

DOOMED, SAID = "runs-doomed", "runs-said"  # ids to ask about; what an action did


def actions(chosen: Sequence[RunRow]) -> None:
    """Offer what can be done with the selected runs; always there, so that nothing jumps."""
    for kind, text in st.session_state.pop(SAID, []):
        (st.warning if kind == "warning" else st.success)(plain(text))
    with st.container(horizontal=True, key="runs-actions"):
        _details(chosen)
        _compare(chosen)
        _stop(chosen)
        _export(chosen)
        _tag(chosen)
        _delete(chosen)
    # Between buttons and table: the table's toolbar opens over what is right above it.
    st.caption(_selected(chosen))


def _selected(chosen: Sequence[RunRow]) -> str:
    if not chosen:
        return "Select rows, with a click or Shift + Space, to open, compare, stop or delete them."
    first = plain(chosen[0].name)
    return f"{plural(len(chosen), 'run')} selected{f': {first}' if len(chosen) == 1 else ''}."


def _details(chosen: Sequence[RunRow]) -> None:
    if st.button("Details", disabled=len(chosen) != 1, icon=":material/open_in_full:"):
        st.query_params.from_dict({"run": chosen[0].id})
        st.rerun()


def _compare(chosen: Sequence[RunRow]) -> None:
    """Offer to compare networks on Frontier and curves in one chart."""
    has_parts = any(row.kind in SEVERAL for row in chosen)
    families = store().families() if has_parts else {}
    networks, curves = comparison_of(chosen, run_rows().rows, families), overlaid(chosen)
    if st.button(
        "Compare networks",
        disabled=not networks.ids,
        icon=":material/scatter_plot:",
        help=networks.reason or "Side by side on Frontier; a sweep stands for its networks.",
    ):
        points = selection.to_text(networks.ids)
        st.switch_page("frontier.py", query_params={"data": networks.data, "points": points})
    if st.button(
        "Overlay curves",
        disabled=bool(chosen) and not curves,
        icon=":material/stacked_line_chart:",
        help="Trainings, prunings and federated runs in one chart; without any selected, choose "
        "them there.",
    ):
        asked = {"runs": selection.to_text(curves)} if curves else {}
        st.query_params.from_dict({"view": "overlay", **asked})
        st.rerun()


def _stop(chosen: Sequence[RunRow]) -> None:
    living = [row for row in chosen if not row.ended]
    if st.button(
        "Stop",
        disabled=not living,
        key="stop-selected",
        icon=":material/stop:",
        help="Each stops after its current batch and keeps its progress; you can resume it.",
    ):
        count = stop_all(store(), living)
        _say("success", f"{plural(count, 'run')} asked to stop.")


def _export(chosen: Sequence[RunRow]) -> None:
    ids = [row.id for row in chosen]
    st.download_button(
        "Export as zip",
        lambda: _bundle(ids),
        "runs.zip",
        "application/zip",
        key="export-selected",
        disabled=not ids or not all(row.ended for row in chosen),
        icon=":material/archive:",
        on_click="ignore",
        help="One zip with settings, histories and weights, to import elsewhere. "
        "Runs still at work must stop first.",
    )


def _bundle(ids: Sequence[str]) -> bytes:
    with scratch_folder(workspace().scratch, "export-") as folder:
        return bundle.export_runs(store(), workspace(), ids, folder / "runs.zip").read_bytes()


def _tag(chosen: Sequence[RunRow]) -> None:
    below = st.popover("Tag", icon=":material/label:", disabled=not chosen)
    # A form: what was typed last arrives with the click, which then needs no second one.
    with below, error_box(), st.form("tag-selected", border=False):
        text = st.text_input("Tags, separated by commas", key="tags-of-selected")
        with st.container(horizontal=True):
            add = st.form_submit_button("Add", type="primary")
            remove = st.form_submit_button("Remove")
        if add or remove:
            _change_tags([row.id for row in chosen], tags_of(text), add)


def _change_tags(ids: Sequence[str], tags: Sequence[str], add: bool) -> None:
    if not tags:
        raise SettingsError("No tag is written. Write one, or several separated by commas.")
    store().tag(ids, add=tags if add else (), remove=() if add else tags)
    many = plural(len(ids), "run")
    _say("success", f"{many} tagged." if add else f"Tags removed from {many}.")


def _delete(chosen: Sequence[RunRow]) -> None:
    if st.button("Delete", disabled=not chosen, key="delete-selected", icon=":material/delete:"):
        # A dialog inside what polls would go dead: the whole page opens it.
        st.session_state[DOOMED] = [row.id for row in chosen]
        st.rerun()


def _say(kind: str, text: str) -> None:
    st.session_state.setdefault(SAID, []).append((kind, text))
    st.rerun()


def ask_to_delete() -> None:
    """Ask once for all, from Delete on until the question is answered or closed."""
    if ids := st.session_state.get(DOOMED):
        _confirm(ids)


def _keep_all() -> None:
    st.session_state.pop(DOOMED, None)


@st.dialog("Delete these runs?", on_dismiss=_keep_all)
def _confirm(ids: Sequence[str]) -> None:
    deletion = deletion_of(store(), run_rows().rows, ids)
    if not deletion.ids:
        st.markdown("They are still at work. Stop them first, then delete them.")
        return
    for sentence in deletion.sentences():
        st.markdown(sentence)
    with error_box():
        if confirmed("Delete", _keep_all):
            _keep_all()
            with st.spinner("Deleting"):
                refused = delete_all(store(), workspace(), deletion.ids)
            unselect()
            gone = sum(not store().exists(id) for id in deletion.ids)
            said = [("success", f"{plural(gone, 'run')} deleted.")] if gone else []
            st.session_state[SAID] = said + [("warning", reason) for reason in refused]
            st.rerun()
