"""Train: choose a recipe, watch it learn, stop, resume, take the weights in and out."""

from dataclasses import replace

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.data.store import StoredDataset
from core.errors import LabError
from core.graphics_cards import on_a_card
from core.jobs.store.job import Job
from core.networks.applications import PREFIX
from core.networks.formats import keras_h5
from core.networks.network_store import kept_network
from core.runs import activity
from core.runs.finished.networks import network_of
from core.runs.progress.pace import training_seconds
from core.runs.titles import job_title
from core.text import duration, percent
from core.training.recipe import PRESETS, Recipe
from core.training.spec import ImportSpec, TrainSpec
from pages.components.drafts import begun
from pages.components.error_box import error_box, plain
from pages.components.session import (
    VISIT,
    get_ready,
    remember,
    say_done,
    start,
    store,
    submit,
    workspace,
)
from pages.components.settings_form import settings_form
from pages.components.upload_errors import forget_upload_error, keep_upload_error, show_upload_error
from pages.components.views.data_views import choose_data
from pages.components.views.job_progress import watch
from pages.components.views.network_choice import REFERENCE, choose_network, network_form
from pages.components.views.run_views import choose_run, training_view

NOTED = f"{VISIT}noted"  # what reading the last weights file converted, until the page is left
ABOUT = {
    "quick": "A usable network in about half a minute on the sample.",
    "fast": "One-cycle learning rate, batch normalization: better in a fraction of the time.",
    "thorough": "The same for longer, with more augmentation: the most accurate preset.",
    "course": "The course's recipe, unchanged: Adam at 1e-4, batch size 32, 50 epochs.",
}


def main() -> None:
    """Draw the page."""
    st.title("Train", anchor=False)
    with error_box():
        data, network = st.columns(2, gap="medium")
        with data:
            chosen = choose_data()
        if chosen is None:
            return
        with network:
            name = choose_network()
        form, run = st.columns([2, 3], gap="large")
        with form:
            _recipe(chosen, name)
            _import(chosen)
        with run:
            _runs(chosen)
    get_ready(warm="tensorflow")


def _recipe(chosen: StoredDataset, name: str) -> None:
    st.subheader("Recipe", anchor=False)
    names = [each for each in ABOUT if each in PRESETS]
    preset_name = st.segmented_control(
        "Preset",
        names,
        default=begun("preset", names[0]),
        format_func=str.capitalize,
        key="preset",
        label_visibility="collapsed",
        required=True,
    )
    preset = PRESETS[preset_name]
    st.caption(f"{ABOUT[preset_name]} {preset.epochs} epochs.")
    with st.expander("Change the recipe", key="recipe", icon=":material/tune:"):
        recipe = settings_form(Recipe, f"recipe:{preset_name}", preset)
        seed = st.number_input(
            "Seed",
            0,
            2**31 - 1,
            begun("train-seed", 0),
            help="Another seed gives another network.",
            key="train-seed",
        )
    other = None
    if name != REFERENCE:
        other = network_form(name, chosen, (recipe or preset).batch_size)
    is_ready = recipe is not None and (name == REFERENCE or other is not None)
    spec = TrainSpec(data=chosen.digest, recipe=recipe or preset)
    if other is not None:
        spec = replace(spec, **vars(other))
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Start", type="primary", icon=":material/play_arrow:", disabled=not is_ready,
            shortcut="mod+enter",
        )  # fmt: skip
        if is_ready:
            st.markdown(_time(chosen, spec))
    if pressed:
        again = "Already run; the saved result is shown. Change the seed for another network."
        remember("run", start(spec, int(seed), again))
    say_done()


def _time(chosen: StoredDataset, spec: TrainSpec) -> str:
    """Return how long the training will take, as far as anything is known of its network."""
    work = None
    if spec.network and not spec.network.startswith(PREFIX):
        work = kept_network(workspace().networks, spec.network)[0].multiply_adds
    seconds = training_seconds(store(), chosen, spec, work)
    length, where = spec.recipe.length, on_a_card()
    if seconds is None:
        return f"{length}{where}; how long that takes is known after the first epoch."
    return f"{length}, about {duration(seconds)}{where}."


def _import(chosen: StoredDataset) -> None:
    with st.expander("Import weights", key="import", icon=":material/upload_file:"):
        st.caption(
            "A `.h5`, `.weights.h5`, `.keras`, `.pt`, `.safetensors` or `.npz` file of the "
            "course's network, or its pickled `get_weights()`. "
            "Nothing in it is executed; only the weights of a whole model are read."
        )
        number = st.session_state.setdefault("weight-uploads", 0)
        file = st.file_uploader("Weights", key=f"weights:{number}", max_upload_size=300)
        show_upload_error("weights")
        if file is not None:
            _read_weights(file, chosen)
    if noted := st.session_state.get(NOTED):
        st.info(plain(" ".join(noted)), icon=":material/info:")


def _read_weights(file: UploadedFile, chosen: StoredDataset) -> None:
    forget_upload_error("weights")
    st.session_state.pop(NOTED, None)
    try:
        with st.spinner("Reading"):
            weights, notes = keras_h5.read_upload(
                file.name, file.getvalue(), scratch=workspace().scratch
            )
            digest = keras_h5.keep(workspace().weights, weights)
        spec = ImportSpec(data=chosen.digest, weights=digest, name=file.name[:80])
        remember("run", submit(spec))
        st.session_state[NOTED] = notes
    except LabError as error:
        keep_upload_error("weights", str(error))
    st.session_state["weight-uploads"] += 1
    st.rerun()


def _runs(chosen: StoredDataset) -> None:
    found = activity.of_data(store(), (TrainSpec.kind, ImportSpec.kind), chosen.digest)
    job = choose_run(found, _label)
    if job is None:
        st.subheader("No network yet", anchor=False)
        st.markdown(
            "Press **Start**. Training and validation accuracy and loss appear here after the "
            "first epoch. You can close the page: the run continues."
        )
        return
    watch(lambda: [store().get(job.id)], lambda jobs: training_view(jobs[0]))


def _label(job: Job) -> str:
    network = network_of(job)
    accuracy = f" · {percent(network.point.accuracy)}" if network else ""
    return f"{job_title(job)}{accuracy}"


main()
