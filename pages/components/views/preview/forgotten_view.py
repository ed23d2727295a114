"""What did it forget? The same few images before and after a cut, wherever a network is shown."""

import streamlit as st

from core.evaluation.forgotten import (
    ANSWERS_FILE,
    Forgotten,
    ForgottenResult,
    ForgottenSpec,
    read_pictures,
)
from core.figures.image_strip import forgotten_sentence, legend, tiles
from core.jobs.store.job import DONE, Job
from core.runs.finished.dataset_names import shown_names
from core.runs.finished.networks import Network, dense_of
from core.runs.specs import data_of, result_of
from pages.components.error_box import error_box
from pages.components.image_strip import image_strip
from pages.components.session import ask, choice_images, store, workspace
from pages.components.views.job_progress import job_line, watch

TITLE = "What did it forget?"
CHOSEN = (
    "The same images for every cut of this network, as many of each class: some that are forgotten "
    "first, some later, some that the dense network nearly gets right, and sure ones. So more of "
    "them change than of all images, which the sentence counts. They are validation images, which "
    "choices may see; the holdout is not among them."
)


def forgotten_strip(job: Job, found: Forgotten, key: str) -> None:
    """Show the strip of an answer. job: the one whose folder has the pictures."""
    path = workspace().artifacts(job.id) / ANSWERS_FILE
    if not path.is_file():
        return
    said = forgotten_sentence(found, choice_images(data_of(job)))
    st.markdown(f"**{TITLE}** {said}", help=CHOSEN)
    names = shown_names(workspace(), data_of(job), found.class_names)
    shown = tiles(found.images, names)
    image_strip(TITLE, shown, read_pictures(path), key, legend(found))


def network_strip(network: Network, key: str) -> None:
    """Show what a finished network forgot; nothing for one that was not cut from a dense one."""
    dense = dense_of(store(), network)
    if dense is None:
        return
    with error_box():
        spec = ForgottenSpec(data=network.data, dense=dense, network=network.job.id)
        job_id = ask(spec, priority=10)
        watch(lambda: [store().get(job_id)], lambda jobs: _answer(jobs[0], key))


def _answer(job: Job, key: str) -> None:
    result = result_of(job) if job.state == DONE else None
    if isinstance(result, ForgottenResult):
        forgotten_strip(job, result.forgotten, f"{key}:strip")
        return
    st.markdown(f"**{TITLE}**", help=CHOSEN)
    asking(job, f"{key}:forgotten")


def asking(job: Job, key: str) -> None:
    """Say that an answer is on its way, or why there is none; nobody has to stop a question."""
    if job.ended:
        job_line(job, key)
        return
    st.caption("Asking both networks about the same images; the first time takes some seconds.")
