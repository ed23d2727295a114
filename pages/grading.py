"""Grade: many weights files, one labelled set of images, a ranking with its evidence."""

from dataclasses import replace

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.data.store import StoredDataset
from core.errors import LabError
from core.evaluation.score import score
from core.grading.gradescope import persons
from core.grading.kept_uploads import keep
from core.grading.leaderboard import board_of, gradings
from core.grading.people import WEIGHTS_ENDINGS
from core.grading.spec import GradeResult, GradeSpec
from core.jobs.store.job import DONE, Job
from core.runs.specs import result_of, spec_of
from core.text import plural
from pages.components.drafts import begun
from pages.components.error_box import error_box, plain
from pages.components.session import recall, remember, store, submit, workspace
from pages.components.upload_errors import forget_upload_error, keep_upload_error, show_upload_error
from pages.components.views.autograder_view import autograder_view
from pages.components.views.data_views import choose_data
from pages.components.views.doctor_view import doctor_view
from pages.components.views.grading_views import (
    classes_view,
    downloads,
    grades_view,
    spread_view,
    tries_view,
)
from pages.components.views.job_progress import job_line, watch
from pages.components.views.network_choice import (
    REFERENCE,
    ChosenNetwork,
    choose_network,
    network_form,
)
from pages.components.views.run_views import missing_run

RUBRIC = """
**The rule.** Score = (accuracy + sparsity) / 2 when accuracy is above the threshold and sparsity is
above 0; otherwise 0. Sparsity counts exact zeros among all parameters, biases included, of the file
as it is read from disk.

**What to hand in.** `my_model_weights.h5` of the course's network (or `.keras`, `.pt`,
`.safetensors`, `.npz`, a pickled `get_weights()`), or the zip of a class as
Gradescope, Canvas, Moodle, Blackboard, Brightspace or GitHub Classroom export it, or with a folder
or zip a person: `anna/my_model_weights.h5`, `bob.zip`, … Everybody in it gets a row: a broken file,
a notebook or nothing at all gets 0 and its reason, and stops nobody. Every file is read in a
confined process with a time limit.
"""


def main() -> None:
    """Draw the page."""
    st.title("Grade", anchor=False)
    with error_box():
        chosen = choose_data()
        if chosen is None:
            st.markdown(RUBRIC)
            return
        form, board = st.columns([2, 3], gap="large")
        with form:
            _form(chosen)
        with board:
            _results(chosen)


def _form(chosen: StoredDataset) -> None:
    number = st.session_state.setdefault("grade-uploads", 0)
    files = st.file_uploader(
        "Weights files, or zips of them (a class as Canvas, Moodle and others export it)",
        type=[*(ending[1:] for ending in WEIGHTS_ENDINGS), "zip"],
        accept_multiple_files=True,
        key=f"grade-files:{number}",
        on_change=forget_upload_error,
        args=("grade",),
    )
    kind = choose_network("Handed in", "graded-network", made=False)
    network = None if kind == REFERENCE else network_form(kind, chosen, 1)
    fits = kind == REFERENCE or (network is not None and network.last_layer == "keep")
    hidden = _hidden(chosen, number)
    threshold = st.slider(
        "Threshold",
        0.0,
        1.0,
        begun("threshold", 0.6),
        0.01,
        help="A network at or below this accuracy scores 0.",
        key="threshold",
    )
    if st.button(
        "Grade", type="primary", icon=":material/leaderboard:",
        disabled=not files or not fits, shortcut="mod+enter",
    ):  # fmt: skip
        told = GradeSpec(data=chosen.digest, files="", threshold=threshold)
        _start(_of(told, network), files, hidden)
    show_upload_error("grade")
    if kind == REFERENCE:
        autograder_view(chosen, hidden, threshold)
        doctor_view(chosen)
    else:
        st.caption("The autograder's zip and the doctor are for hand-ins of the reference network.")
    with st.expander("How it is scored", expanded=not gradings(store(), chosen.digest)):
        st.markdown(RUBRIC)
        st.caption(
            f"Example: accuracy 74.6% and sparsity 97.0% score {score(0.746, 0.97):.3f}; "
            f"accuracy 58% and sparsity 99% score {score(0.58, 0.99):.0f} at a threshold of 0.6."
        )


def _hidden(chosen: StoredDataset, number: int) -> UploadedFile | None:
    """Ask for a hidden test set; without one, all test or validation images are used."""
    split = "test" if chosen.test else "validation"
    st.caption(
        f"Graded on all {chosen.test or chosen.validation:,} {split} images of this data set, or "
        "on a hidden test set of your own, which is not listed among the data sets."
    )
    return st.file_uploader(
        "Hidden test set (optional)",
        type=["npz", "gz", "zip"],
        key=f"grade-hidden:{number}",
        help="One .npz with test_images and test_labels, numbered like this data set's classes.",
    )


def _of(told: GradeSpec, network: ChosenNetwork | None) -> GradeSpec:
    """Return what a grading is told where another architecture than the reference is handed in."""
    if network is None:
        return told
    return replace(told, network=network.network, pixels=network.pixels)


def _start(told: GradeSpec, files: list[UploadedFile], hidden: UploadedFile | None) -> None:
    """Keep the uploads for the job, forget their bytes here, and start it."""
    forget_upload_error("grade")
    folder = workspace().uploads
    try:
        digest = keep([(file.name, file.getvalue()) for file in files], folder)
        test_set = keep([(hidden.name, hidden.getvalue())], folder) if hidden else None
        remember("run", submit(replace(told, files=digest, hidden=test_set)))
    except LabError as error:
        keep_upload_error("grade", str(error))
    st.session_state["grade-uploads"] += 1
    st.rerun()


def _results(chosen: StoredDataset) -> None:
    found = gradings(store(), chosen.digest)
    wanted = recall("run")
    if wanted and (why := missing_run(wanted)):
        st.warning(plain(why), icon=":material/link_off:")
    if not found:
        st.subheader("Leaderboard", anchor=False)
        st.info("Upload weights files and press Grade; the ranking appears here.")
        return
    job = next((job for job in found if job.id == wanted), found[0])
    watch(lambda: [store().get(job.id)], lambda jobs: _grading(jobs[0], chosen))
    board = board_of(found, job)
    if len(board) and sum(len(entry.history) for entry in board) > len(board):
        tries_view(board)


def _grading(job: Job, chosen: StoredDataset) -> None:
    st.subheader("Leaderboard", anchor=False)
    job_line(job, f"grading:{job.id}")
    if job.state != DONE or job.result is None:
        return
    spec, result = spec_of(job), result_of(job)
    if not isinstance(spec, GradeSpec) or not isinstance(result, GradeResult):
        return
    grades, threshold = list(result.grades), spec.threshold
    broken = sum(grade.error is not None for grade in grades)
    people = len(persons(grades))
    of_people = f" of {plural(people, 'person', 'people')}" if people != len(grades) else ""
    st.caption(
        f"{plural(len(grades), 'file')}{of_people} on {result.images:,} {_which(spec)}, "
        f"threshold {threshold:g}"
        + (f"; {plural(broken, 'file')} could not be graded." if broken else ".")
    )
    grades_view(grades, threshold)
    spread_view(grades)
    downloads(grades, threshold)
    classes_view(grades, chosen.class_names)


def _which(spec: GradeSpec) -> str:
    return "hidden images" if spec.hidden else "images"


main()
