"""Report: choose runs, read the answers computed from them, add your own words, take the file."""

import streamlit as st

from core.errors import NotFoundError
from core.jobs.store.job import Job
from core.report import notes as kept_notes
from core.report.answers.answer import Answer
from core.report.evidence import Evidence, gather, sample_evidence
from core.report.report import answers, cell, render
from core.runs.results import reportable
from core.runs.selection import from_prefixes, to_text, unknown
from core.text import clock
from pages.components.address_state import distinct, gone, say_missing, show_missing
from pages.components.error_box import error_box, plain
from pages.components.live_chart import live_chart
from pages.components.session import recall, remember, store, titles, workspace

NEWEST = 12  # runs a report starts with; a sweep counts as one


def main() -> None:
    """Draw the page."""
    st.title("Report", anchor=False)
    st.caption(
        "Answers to the assignment's questions, computed from the runs you choose: other runs, "
        "other sentences. One HTML file that works without a network and prints well."
    )
    with error_box():
        found = reportable(store())
        if not found:
            _sample()
            return
        chosen = _choose(found)
        if not chosen:
            st.info("Choose at least one run.")
            return
        title = st.text_input("Title", "Pruning and federated learning", max_chars=120)
        _report(gather(store(), workspace(), chosen, title))


def _sample() -> None:
    st.info("Nothing has run yet, so this is a report on the bundled sample run.")
    try:
        evidence = sample_evidence()
    except FileNotFoundError:
        raise NotFoundError(
            "The bundled sample run is missing. Install the product anew."
        ) from None
    _report(evidence)


def _choose(found: list[Job]) -> list[str]:
    by_id = {job.id: job for job in found}
    called = titles(found)
    if "report-runs" not in st.session_state:
        wanted = recall("runs")
        start = from_prefixes(wanted, list(by_id)) or list(by_id)[:NEWEST]
        for part in unknown(wanted, list(by_id)):
            say_missing("runs", gone("run", part, ""))
    else:  # one of them may have been deleted meanwhile
        start = [id for id in st.session_state["report-runs"] if id in by_id]
    st.session_state["report-runs"] = start
    show_missing("runs")
    # Fixed words: a name that changes with the clock would make a new widget of it.
    labels = distinct(list(by_id), lambda id: f"{called[id]} · {clock(by_id[id].finished)}")
    chosen = st.multiselect(
        "Runs",
        list(by_id),
        format_func=labels.__getitem__,
        help="A sweep or comparison brings its points; a pruned network the one it came from.",
        key="report-runs",
    )
    remember("runs", to_text(chosen) or None)
    return chosen


def _report(evidence: Evidence) -> None:
    notes = kept_notes.load(workspace().notes, evidence.digest)
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
    return _note("Your own words", answer.number, notes, digest)


def _note(label: str, number: str, notes: dict[str, str], digest: str) -> str:
    return st.text_area(
        label,
        notes.get(number, ""),
        key=f"note:{digest}:{number}",
        max_chars=5000,
        height=80,
        on_change=_keep_note,
        args=(digest, number),
        placeholder="Goes into the report above the computed sentences.",
    )


def _keep_note(digest: str, number: str) -> None:
    """Keep the one note that was changed: another tab may have changed the others."""
    with error_box():
        notes = kept_notes.load(workspace().notes, digest)
        notes[number] = st.session_state[f"note:{digest}:{number}"]
        kept_notes.save(workspace().notes, digest, notes)


main()
