"""How a first sweep ends, and what it has by then: a sentence, images that it cost, a file."""

from pathlib import Path

import streamlit as st

from core.evaluation.file_names import cut_name
from core.evaluation.forgotten import (
    ANSWERS_FILE,
    Forgotten,
    ForgottenResult,
    ForgottenSpec,
    read_pictures,
)
from core.evaluation.frontier import best_by_validation
from core.evaluation.point import Point
from core.figures.image_strip import lost_sentence, tiles
from core.jobs.store.job import DONE, Job
from core.pruning.controls import contenders
from core.pruning.preview.first_cuts import IMAGES
from core.runs.activity import Family
from core.runs.finished.dataset_names import shown_names
from core.runs.finished.networks import Network, network_of
from core.runs.home.kept_cut import KeptCut, kept_cut
from core.runs.labels import method_labels
from core.runs.remarks import best_remark, cut_remark
from core.runs.specs import data_of, result_of
from core.text import percent, size
from pages.components.error_box import plain
from pages.components.image_strip import image_strip
from pages.components.session import ask, choice_images, store, sweep_now, workspace
from pages.components.views.frontier_views import living
from pages.components.views.job_progress import watch
from pages.components.views.preview.forgotten_view import asking
from pages.components.views.run_views import download

BEST = "Download the best network"


def sweep_outcome(sweep: str) -> None:
    """Show the outcome of a sweep as far as there is one, and at its end the whole of it."""
    with st.container(key="tour-outcome"):
        watch(lambda: living(sweep_now(sweep)), lambda _: _draw(sweep))


def _draw(sweep: str) -> None:
    found = sweep_now(sweep)
    best = best_by_validation(contenders(found.points))
    ended = not found.sweeps
    if best is not None and ended:
        _ended(found, best, sweep)
        return
    cut = kept_cut(store(), workspace(), sweep)
    if best is not None:
        _network(found, best, sweep, "so far")
    elif cut is not None:
        _cut(cut, sweep)
    elif found.cuts and found.learning and not ended:
        first = max(found.cuts, key=lambda each: (each.accuracy, each.sparsity))
        dense = found.learning[1]
        label, total = method_labels()[first.method], choice_images(_data(sweep))
        st.markdown(cut_remark(first, label, dense, IMAGES, total, alike=False))
    if cut is not None and cut.result.forgotten is not None and not ended:
        _forgotten_by(cut, cut.result.forgotten, sweep)


def _forgotten_by(cut: KeptCut, found: Forgotten, sweep: str) -> None:
    """Show what a cut lost; its name tells it from fine-tuned networks above it."""
    plan = cut.result.plan
    name = f"{method_labels()[plan.method]} {percent(plan.sparsity)}"
    said = lost_sentence(found, choice_images(_data(sweep)))
    st.caption(f"{name} before fine-tuning: {said}")
    _images(found, cut.folder / ANSWERS_FILE, sweep)


def _data(sweep: str) -> str:
    return data_of(store().get(sweep))


def _cut(cut: KeptCut, sweep: str) -> None:
    result = cut.result
    label = method_labels()[result.plan.method]
    looked_at, total = result.images, choice_images(_data(sweep))
    before = result.dense_accuracy
    st.markdown(cut_remark(result, label, before, looked_at, total, alike=True))
    st.download_button(
        f"{BEST} so far",
        cut.weights.read_bytes(),
        cut_name(cut.weights.name, result.plan.method, result.sparsity),
        "application/x-hdf5",
        key=f"outcome-cut:{sweep}",
        icon=":material/download:",
        on_click="ignore",
        help=f"{size(cut.weights.stat().st_size)}. Cut, not fine-tuned yet.",
    )


def _network(found: Family, best: Point, sweep: str, so_far: str = "") -> Network | None:
    """Show the sentence and the file of the best network."""
    label = method_labels().get(best.method, best.method)
    st.markdown(plain(best_remark(best, label, len(found.points))))
    network = network_of(store().get(best.id))
    if network is None:
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        label = f"{BEST} {so_far}".strip()
        download(network, f"outcome:{sweep}:{so_far}", "secondary" if so_far else "primary", label)
        if not so_far and found.dense is not None:
            st.page_link(
                "frontier.py",
                label="Compare it with the dense network",
                icon=":material/compare_arrows:",
                query_params={
                    "data": network.data,
                    "points": f"{found.dense.id},{best.id}",
                    "compare": "Predictions",
                },
            )
    return network


def _ended(found: Family, best: Point, sweep: str) -> None:
    network = _network(found, best, sweep)
    if network is None or found.dense is None:
        return
    spec = ForgottenSpec(data=data_of(network.job), dense=found.dense.id, network=best.id)
    job_id = ask(spec, priority=10)
    watch(lambda: [store().get(job_id)], lambda jobs: _forgotten(jobs[0], sweep))


def _forgotten(job: Job, sweep: str) -> None:
    result = result_of(job) if job.state == DONE else None
    if not isinstance(result, ForgottenResult):
        asking(job, f"outcome:{sweep}:images")
        return
    st.markdown(lost_sentence(result.forgotten, choice_images(_data(sweep))))
    _images(result.forgotten, workspace().artifacts(job.id) / ANSWERS_FILE, sweep)


def _images(found: Forgotten, pictures: Path, sweep: str) -> None:
    if not found.exemplars:
        return
    names = shown_names(workspace(), _data(sweep), found.class_names)
    shown = tiles(found.exemplars, names)
    image_strip("Images that the pruning cost", shown, read_pictures(pictures), f"lost:{sweep}")
