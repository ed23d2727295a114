"""The name, tags and note of one run, to read and to write."""

import streamlit as st

from core.jobs.store.annotation import LONGEST_NAME, LONGEST_NOTE, Annotation, tags_of
from core.jobs.store.job import Job
from core.settings import digest
from pages.components.error_box import error_box, plain
from pages.components.session import store


def show_annotation(job: Job) -> None:
    """Show the tags and the note of a run, if it has any."""
    if tags := job.annotation.tags:
        with st.container(horizontal=True, gap="small"):
            for tag in tags:
                st.badge(plain(tag), icon=":material/label:", color="gray")
    if job.annotation.note:
        st.text(job.annotation.note)


def annotation_form(job: Job, usual: str) -> None:
    """Ask for a run's name, tags and note. usual: what it is called without a name."""
    own = job.annotation
    with (
        st.expander("Name, tags and note", key=f"annotate:{job.id}", icon=":material/edit_note:"),
        st.form(f"annotation:{job.id}:{digest(own.to_json())}", border=False),
    ):
        name = st.text_input("Name", own.name, LONGEST_NAME, placeholder=usual)
        tags = st.text_input("Tags, separated by commas", ", ".join(own.tags))
        note = st.text_area("Note", own.note, max_chars=LONGEST_NOTE)
        with error_box():
            if st.form_submit_button("Save", icon=":material/save:"):
                store().annotate(job.id, Annotation(name.strip(), tags_of(tags), note))
                st.rerun()
