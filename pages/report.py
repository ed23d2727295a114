"""Report: select runs, read the answers computed from them, add notes, download the file."""

import streamlit as st

from core.errors import NotFoundError
from core.jobs.store.job import Job
from core.report import notes as kept_notes
from core.report.answers.answer import Answer
from core.report.evidence import Evidence, gather, sample_evidence
from core.report.report import answers, cell, render
from core.runs.finished.dataset_names import data_names, on_images
from core.runs.finished.reportable import reportable
from core.runs.selection import from_prefixes, to_text, unknown
from core.runs.specs import data_of
from core.text import clock
from pages.components.address_state import choose, distinct, gone, say_missing, show_missing
from pages.components.error_box import error_box, plain
from pages.components.live_chart import live_chart
from pages.components.session import recall, remember, store, titles, workspace

SELECTED_ON = "report-data"
NEWEST = 12  # runs a report starts with; a sweep counts as one


def main() -> None:
    """Draw the page."""
    st.title("Report", anchor=False)
    st.caption(
        "Answers to the assignment's questions, computed from the runs you select: the text "
        "changes with them. The report is one HTML file that works offline and prints well."
    )
    with error_box():
        found = reportable(store())
        if not found:
            _sample()
            return
        name, found = _of_one_data_set(found)
        chosen = _choose(found)
        if not chosen:
            st.info("Select at least one run.")
            return
        usual = "Pruning and federated learning" + (f": {name}" if name else "")
        title = st.text_input("Title", usual, max_chars=120, key=f"report-title:{name}")
        _report(gather(store(), workspace(), chosen, title))


def _sample() -> None:
    st.info("No run has finished yet, so this is a report on the bundled sample run.")
    try:
        evidence = sample_evidence()
    except FileNotFoundError:
        raise NotFoundError(
            "The bundled sample run is missing. Reinstall the application."
        ) from None
    _report(evidence)


def _of_one_data_set(found: list[Job]) -> tuple[str, list[Job]]:
    """Ask for the data set; return its name and the runs on it, with those on generated data.

    Without any choice so far, it is that of the newest run: accuracies on different images do not
    compare.
    """
    wanted = recall("runs")
    known = {job.id: job for job in found}
    for part in unknown(wanted, list(known)):
        say_missing("runs", gone("run", part, ""))
    show_missing("runs")
    own = [job for job in found if on_images(job)]
    digests = list(dict.fromkeys(map(data_of, own)))
    if not digests:
        return "", found
    names = data_names(workspace(), digests)
    named = [data_of(known[id]) for id in from_prefixes(wanted, list(known))]
    usual = next((data for data in named if data in names), digests[0])
    if named and "data" not in st.query_params:
        remember("data", usual)
    data = choose("Data set", digests, "data", names.__getitem__, usual, some=True)
    return names[data], [job for job in found if not on_images(job) or data_of(job) == data]


def _choose(found: list[Job]) -> list[str]:
    by_id = {job.id: job for job in found}
    called = titles(found)
    kept = st.session_state.get("report-runs")
    if kept is not None:  # some may be on other data, or were deleted meanwhile
        start = [id for id in kept if id in by_id]
    else:
        start = from_prefixes(recall("runs"), list(by_id))
    was_emptied = kept == []
    # In this order: it has to see every drawing.
    if _another_data_set() or not (start or was_emptied):
        start = list(by_id)[:NEWEST]
    st.session_state["report-runs"] = start
    # Fixed words: a name that changes with the clock would make a new widget of it.
    labels = distinct(list(by_id), lambda id: f"{called[id]} · {clock(by_id[id].finished)}")
    chosen = st.multiselect(
        "Runs",
        list(by_id),
        format_func=labels.__getitem__,
        help="A sweep or comparison includes its runs; a pruned network, the one it came from.",
        key="report-runs",
    )
    remember("runs", to_text(chosen) or None)
    return chosen


def _another_data_set() -> bool:
    """Tell whether the data set has changed since the runs were selected."""
    before, now = st.session_state.get(SELECTED_ON), recall("data")
    st.session_state[SELECTED_ON] = now
    return before is not None and before != now


def _report(evidence: Evidence) -> None:
    notes = kept_notes.load(workspace().notes, evidence.digest)
    if evidence.data_name:
        st.caption(f"Networks measured on {plain(evidence.data_name)}.")
    if evidence.remark:
        st.warning(plain(evidence.remark), icon=":material/info:")
    top = st.container()
    intro = _note("Introduction", "", notes, evidence.digest)
    words = {"": intro} | {
        answer.number: _answer(answer, notes, evidence.digest) for answer in answers(evidence)
    }
    with top:
        st.download_button(
            "Download the report",
            lambda: render(evidence, words).encode(),
            "report.html",
            "text/html",
            type="primary",
            icon=":material/download:",
            on_click="ignore",
        )


def _answer(answer: Answer, notes: dict[str, str], digest: str) -> str:
    """Show one answer with its evidence; return the author's note to it."""
    st.subheader(f"{answer.number}  {answer.question}", anchor=False, divider="gray")
    if answer.missing:
        st.warning(plain(answer.missing), icon=":material/info:")
    for sentence in answer.sentences:
        st.markdown(plain(sentence))
    for index, chart in enumerate(answer.charts):
        live_chart(chart, f"report:{answer.number}:{index}", 340)
    for table in answer.tables:
        with st.expander(table.title):
            st.dataframe(
                [{name: cell(value) for name, value in row.items()} for row in table.rows],
                hide_index=True,
            )
    return _note("Your notes", answer.number, notes, digest)


def _note(label: str, number: str, notes: dict[str, str], digest: str) -> str:
    return st.text_area(
        label,
        notes.get(number, ""),
        key=f"note:{digest}:{number}",
        max_chars=5000,
        height=80,
        on_change=_keep_note,
        args=(digest, number),
        placeholder="Appears in the report above the computed sentences.",
    )


def _keep_note(digest: str, number: str) -> None:
    """Keep the one note that was changed: another tab may have changed the others."""
    written = st.session_state.get(f"note:{digest}:{number}")
    if written is None:
        return  # a box that is no longer drawn
    with error_box():
        notes = kept_notes.load(workspace().notes, digest)
        notes[number] = written
        kept_notes.save(workspace().notes, digest, notes)


main()
