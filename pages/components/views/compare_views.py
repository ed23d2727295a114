"""Comparing up to six networks: settings, layers, weights and predictions."""

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
from core.evaluation.differences import Difference
from core.evaluation.point import Point
from core.figures.per_class import class_bars, confusion_map, largest_count, map_height
from core.figures.weights import filter_picture, layer_bars, mask_picture, weight_histogram
from core.jobs.store.job import DONE, Job
from core.pruning.search.seeds import seed_place
from core.runs.results import Network, shown_names
from core.runs.setting_rows import network_differences, setting_text
from core.runs.specs import data_of, result_of, teachers_of
from core.runs.titles import gone_network
from core.text import percent, plural, score_text, signed, signed_points, size, unlike
from pages.components.architecture.architecture_view import architecture_view
from pages.components.error_box import error_box, plain
from pages.components.live_chart import live_chart
from pages.components.picture import picture_url
from pages.components.session import ask, store, workspace
from pages.components.views.job_progress import job_line, watch
from pages.components.views.weight_views import has_filters, kernels, weights_of

PICTURE_WIDTH = 88
MOST_BUTTONS = 8
SOON = 10  # priority of a question that somebody looks at: before the waiting runs of a sweep


def settings_view(
    networks: Sequence[Network], called: dict[str, str], baseline: Point | None = None
) -> None:
    """Show the measurements side by side, and only the settings that differ.

    called: id -> what a network is called that another one came from or learned from.
    baseline: stands first, and the others' numbers say how far they are from it.
    """
    points = [network.point for network in networks]
    others = [point for point in points if baseline is None or point.id != baseline.id]
    columns = [] if baseline is None else [(pinned(baseline), _measured(baseline))]
    columns += [(point.label, _measured(point, baseline)) for point in others]
    _side_by_side("Measure", columns)
    planned = [network for network in networks if network.point.plan]
    if len(planned) < 2:
        if len(points) > 1:  # of one alone, the page asks for a second
            st.caption("Select two pruned networks to see which settings differ.")
        return
    found = network_differences(planned)
    st.subheader("Settings that differ", anchor=False)
    if not found:
        st.caption("All settings are equal.")
        return
    taught = {id: gone_network(id) for each in planned for id in teachers_of(each.job)}
    told = [(each.point.label, _settings(found, each.point, taught | called)) for each in planned]
    _side_by_side("Setting", told)


def pinned(baseline: Point) -> str:
    """Return what the network is called that the others are compared with."""
    return f"{baseline.label} (baseline)"


def _side_by_side(rows: str, columns: Sequence[tuple[str, Mapping[str, str]]]) -> None:
    """Show a column for each network. rows: what the rows are. All cells are read whole.

    A table of plain text, which wraps: the grid of `st.dataframe` cuts what is wide.
    """
    names = list(columns[0][1])
    cells = [names, *([values[name] for name in names] for _, values in columns)]
    headers = unlike([rows, *(label for label, _ in columns)])
    table = {plain(h): list(map(plain, own)) for h, own in zip(headers, cells, strict=True)}
    st.table(table, border="horizontal")


def _settings(
    found: Sequence[Difference], point: Point, called: Mapping[str, str]
) -> dict[str, str]:
    """Return a network's values of the settings that differ, in the words of the forms."""
    return {
        _title(each.setting): setting_text(each.setting, each.values[point.id], called)
        for each in found
    }


def _title(setting: str) -> str:
    return setting.replace(".", ", ").replace("_", " ")


def _gain(value: float, other: float | None, text: str) -> str:
    """Return a share with its distance from the baseline's, in points."""
    if other is None:
        return text
    return f"{text} ({signed((value - other) * 100)})"


def _times(value: float, other: float | None, text: str) -> str:
    """Return a size or a cost with its share of the baseline's."""
    return text if not other else f"{text} (×\u00a0{value / other:.3g})"


def _measured(point: Point, baseline: Point | None = None) -> dict[str, str]:
    latency, base = point.latency_seconds, baseline
    was = (base.accuracy, base.gzip_bytes, base.multiply_adds) if base else (None, None, None)
    work = f"{point.multiply_adds / 1e6:.2f} M"
    return {
        "Accuracy": _gain(point.accuracy, was[0], percent(point.accuracy)),
        "Sparsity": percent(point.sparsity, 2),
        "Score": score_text(point.score),
        "Agreement with dense": "–" if point.agreement is None else percent(point.agreement),
        "Size": size(point.size_bytes),
        "Gzip": _times(point.gzip_bytes, was[1], size(point.gzip_bytes)),
        "Multiply-adds": _times(point.multiply_adds, was[2], work),
        "Latency": "–" if latency is None else f"{latency * 1e3:.2f} ms",
        "Epochs": f"{point.epochs:g}",
        "Seed": seed_place(point.seed),
    }


def layers_view(chosen: Sequence[Network]) -> None:
    """Show sparsity and dead units layer by layer, and the architecture of each network."""
    points = [network.point for network in chosen]
    live_chart(layer_bars(points), "compare-layers", 320)
    live_chart(layer_bars(points, dead=True), "compare-dead", 280)
    for network in chosen if len(chosen) > 1 else ():  # of one alone, its card has it
        st.caption(plain(network.point.label))
        architecture_view(network, f"compare:{network.job.id}")


def weights_view(chosen: Sequence[Network]) -> None:
    """Show masks, filters and the distribution of the remaining weights."""
    loaded = {}
    for network in chosen:
        with error_box():
            loaded[network.point.label] = weights_of(network)
    if not loaded:
        return
    every = [kernels(weights) for weights in loaded.values()]
    common = [layer for layer in every[0] if all(layer in each for each in every)]
    if not common:
        st.info("These networks have no layer in common: select networks of one architecture.")
        return
    layer = _layer(common)
    for place, (label, weights) in zip(
        st.columns(max(len(loaded), 1)), loaded.items(), strict=False
    ):
        with place:
            kernel = kernels(weights)[layer]
            left = np.count_nonzero(kernel) / kernel.size
            said = f"{label}: {percent(left)} of {layer} remains (blue)"
            shown = picture_url(mask_picture(kernel))
            st.image(shown, plain(said), width="stretch", alt=said)
            if layer == common[0] and has_filters(kernel):
                filters = f"Filters of {layer}, {label}"
                shown = picture_url(filter_picture(kernel))
                st.image(shown, plain(filters), width="stretch", alt=filters)
    methods = [network.point.method for network in chosen if network.point.label in loaded]
    live_chart(weight_histogram(loaded, methods), "compare-weights", 320)


def _layer(names: Sequence[str]) -> str:
    """Ask for a layer: by buttons where all of them fit into a row."""
    help_text = "Rows are inputs, columns are units."
    if len(names) > MOST_BUTTONS:
        return str(st.selectbox("Layer", names, key="compare-layers", help=help_text))
    chosen = st.segmented_control(
        "Layer", names, default=names[0], key="compare-layer", help=help_text, required=True
    )
    return str(chosen or names[0])


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
        chart = confusion_map(matrices[network.id], names, change, top)
        live_chart(chart, f"confusion-{network.id}", map_height(len(names)))
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
