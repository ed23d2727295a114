"""Which predictions changed: classes, confusion matrices and images."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from core.evaluation.behaviour import (
    PICTURES_FILE,
    Behaviour,
    BehaviourResult,
    BehaviourSpec,
    Change,
)
from core.evaluation.point import Point
from core.figures.per_class import class_bars, largest_count
from core.jobs.store.job import DONE, Job
from core.runs.finished.dataset_names import shown_names
from core.runs.finished.networks import Network
from core.runs.specs import data_of, result_of
from core.text import percent, plural, signed_points
from pages.components.error_box import plain
from pages.components.live_chart import live_chart
from pages.components.picture import picture_url
from pages.components.session import ask, store, workspace
from pages.components.views.confusions import confusions
from pages.components.views.job_progress import job_line, watch

PICTURE_WIDTH = 88
SOON = 10  # priority of a question that somebody looks at: before the waiting runs of a sweep


def predictions_view(chosen: Sequence[Network], dense: Network | None) -> None:
    """Ask a runner which predictions changed from the dense network, and show them."""
    if len(chosen) < 2:
        return  # the page asks for a second; nothing is computed before
    if dense is None:
        st.info(
            "These networks were not pruned from one dense network that is still here, so their "
            "predictions cannot be compared."
        )
        return
    compared = [network for network in chosen if network.job.id != dense.job.id]
    if not compared:
        st.info("Select at least one pruned network.")
        return
    ids = [dense.job.id, *(network.job.id for network in compared)]
    job_id = ask(BehaviourSpec(data=dense.data, points=tuple(ids)), priority=SOON)
    known = {network.job.id: network.point for network in (dense, *compared)}
    watch(lambda: [store().get(job_id)], lambda jobs: _behaviour(jobs[0], known))


def _behaviour(job: Job, known: Mapping[str, Point]) -> None:
    result = result_of(job) if job.state == DONE else None
    if not isinstance(result, BehaviourResult):
        job_line(job, "behaviour")
        return
    with np.load(workspace().artifacts(job.id) / PICTURES_FILE) as stored:
        pictures = dict(zip(stored["rows"].tolist(), stored["pictures"], strict=True))
    # The task does not know which networks share a name, the page that chose them does.
    networks = [replace(n, label=known[n.id].label) for n in result.networks if n.id in known]
    methods = {id: point.method for id, point in known.items()}
    names = shown_names(workspace(), data_of(job), result.class_names)
    called = replace(result, networks=tuple(networks), class_names=names)
    reference = known.get(result.reference)
    is_dense = reference is None or reference.method == "dense"
    of = "the dense network" if is_dense else f"“{plain(reference.label)}”" if reference else ""
    _draw(called, methods, pictures, of)


def _draw(
    result: BehaviourResult,
    methods: Mapping[str, str],
    pictures: dict[int, np.ndarray],
    of: str,
) -> None:
    """Show accuracy per class, confusion matrices and images whose prediction changed.

    of: what the network is called that the others are compared with.
    """
    names, networks = result.class_names, result.networks[1:]
    change = st.toggle(
        f"Show changes from {of}",
        True,
        key="compare-change",
        help="In the matrices, blue is better and pink is worse.",
    )
    shown = networks if change else result.networks
    values = {n.label: n.per_class_delta if change else n.per_class_accuracy for n in shown}
    bars = class_bars(values, names, change, [methods[n.id] for n in shown])
    live_chart(bars, "compare-classes", 320)
    _most_affected(result, pictures, of)
    matrices = {n.id: n.confusion_delta if change else n.confusion for n in networks}
    top = largest_count(list(matrices.values()))  # one scale for all
    for network in networks:
        st.subheader(plain(network.label), anchor=False)
        st.markdown(_sentence(network, result.images, of))
        confusions(matrices[network.id], names, f"confusion-{network.id}", change, top)
        new, fixed = network.new_errors_count, network.fixed_count
        _changed_images(f"Newly wrong: {new:,}", network.new_errors, pictures, names)
        _changed_images(f"Newly right: {fixed:,}", network.fixed, pictures, names)


def _sentence(network: Behaviour, images: int, of: str) -> str:
    return (
        f"Of {images:,} holdout images, {plural(network.new_errors_count, 'is', 'are')} newly "
        f"wrong and {network.fixed_count:,} newly right. The predictions agree with those of "
        f"{of} on {percent(network.agreement)} of the images. Mean confidence "
        f"{percent(network.confidence)} ({signed_points(network.confidence_delta)})."
    )


def _most_affected(result: BehaviourResult, pictures: dict[int, np.ndarray], of: str) -> None:
    names, lost = result.class_names, result.pruned_exemplars
    moved = [
        {
            "class": name,
            "images": row.images,
            "relabeled": row.relabelled,
            "share": percent(row.relabelled / row.images) if row.images else "–",
        }
        for name, row in zip(names, result.classes, strict=True)
    ]
    with st.expander("Most affected classes and images", expanded=True):
        st.caption(_relabelled([n.label for n in result.networks[1:]], of))
        st.dataframe(moved, hide_index=True)
        captions = [f"{names[p.label]}, lost {p.lost}×" for p in lost[:12]]
        if lost:
            shown = [picture_url(pictures[p.row]) for p in lost[:12]]
            st.image(shown, list(map(plain, captions)), PICTURE_WIDTH, alt=captions)


def _relabelled(labels: Sequence[str], of: str) -> str:
    """Return what the table of classes counts; two networks have no majority."""
    if len(labels) == 1:
        return (
            f"How many images of each class {plain(labels[0])} labels otherwise than {of}, and "
            "the first of those that it loses."
        )
    return (
        f"How many images of each class the {len(labels)} networks label otherwise than {of}, by "
        "their most frequent answer (of equally frequent ones the class that comes first), and "
        "the images that most of them lose (Hooker et al. 2019)."
    )


def _changed_images(
    title: str,
    changes: Sequence[Change],
    pictures: dict[int, np.ndarray],
    names: Sequence[str],
) -> None:
    if not changes:
        st.caption(f"{title}.")
        return
    captions = [_caption(change, names) for change in changes]
    with st.expander(title):
        st.image(
            [picture_url(pictures[change.row]) for change in changes],
            list(map(plain, captions)),
            PICTURE_WIDTH,
            alt=captions,
        )


def _caption(change: Change, names: Sequence[str]) -> str:
    before, after = names[change.before], names[change.after]
    return f"{before} {change.before_confidence:.0%} → {after} {change.after_confidence:.0%}"
