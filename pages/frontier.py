"""Frontier: all networks on two axes, and a comparison of up to six of them."""

import json
import math
from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.data.store import list_stored
from core.evaluation.axes import ACCURACY, AXES, KEPT, Axis, all_axes
from core.evaluation.frontier import best_under
from core.evaluation.point import Point
from core.figures.comparison import area_bars
from core.figures.frontier.view import LOG, SCALED, written
from core.figures.model_map import model_map
from core.pruning.controls import contenders
from core.runs import selection
from core.runs.finished.dataset_names import class_names_of, data_names
from core.runs.finished.networks import Network, common_dense, relabelled
from core.runs.finished.samples import sample_points
from core.runs.labels import method_labels
from core.text import plural, size
from pages.components.address_state import choose, gone, say_missing, show_missing
from pages.components.error_box import error_box, plain
from pages.components.frontier_scale import (
    HEIGHT,
    back_to_the_list,
    card_place,
    choose_scale,
    side_by_side,
)
from pages.components.live_chart import live_chart, to_csv
from pages.components.search.importance_view import importance_view
from pages.components.session import get_ready, networks_now, recall, remember, workspace
from pages.components.views.baseline import choose_baseline, downloads
from pages.components.views.compare.predictions_view import predictions_view
from pages.components.views.compare.settings_table import settings_view
from pages.components.views.compare.weights_view import layers_view, weights_view
from pages.components.views.frontier_points import Key, points_of, shown
from pages.components.views.run_views import network_card

VIEWS = ("Settings", "Layers", "Weights", "Predictions")
SAMPLE: Key = ("", 0, "sample")
CONTROLS = (2, 2, 1.8, 2.2, 2)  # widths: data set, x axis, y axis, scale, budget
BUDGETS = ("gzip_bytes", "size_bytes", "multiply_adds", "latency_seconds", "nonzero")


def main() -> None:
    """Draw the page."""
    st.title("Frontier", anchor=False)
    edition = networks_now()
    if not edition.networks:
        _empty()
        return
    known = [network.job.id for network in edition.networks]
    data, *rest = st.columns(CONTROLS, gap="small")
    with data:
        networks = _of_one_data_set(edition.networks)
    key = (workspace().store_url, edition.number, networks[0].data)
    points = points_of(key, networks)
    labels = method_labels()
    chosen = _chosen(points, known)
    names = class_names_of(workspace(), networks[0])
    _scatter(key, points, labels, chosen, rest, names, _card_of(chosen, points, networks))
    picked = _choose(points, chosen)
    if picked:
        by_id = {point.id: point for point in points}
        _compare([by_id[id] for id in picked if id in by_id], networks, points)
    else:
        st.info("Click dots, or select networks above, to compare them.")
    _more(points, labels, picked)
    get_ready()  # a card asks what its network forgot: a click must not wait for an engine


def _empty() -> None:
    st.caption("Every network that you prune becomes a dot here. Below is a finished sample run.")
    with error_box():
        points = sample_points()
        _scatter(SAMPLE, points, method_labels(), [], st.columns(CONTROLS[1:], gap="small"))
    st.page_link("pruning.py", label="Prune your first network", icon=":material/cut:")


def _of_one_data_set(networks: Sequence[Network]) -> list[Network]:
    """Keep the networks of one data set: accuracies on different data do not compare."""
    digests = list(dict.fromkeys(network.data for network in networks))
    names = data_names(workspace(), digests)
    data = choose(
        "Data set", digests, "data", names.__getitem__, some=True, missing=_without_networks
    )
    return [network for network in networks if network.data == data]


def _without_networks(data: str) -> str:
    stored = {entry.digest: entry.name for entry in list_stored(workspace())}
    if data not in stored:
        return gone("data set", data)
    return f"No network of “{stored[data]}” has been measured yet. Another data set is shown."


def _card_of(
    chosen: list[str], points: Sequence[Point], networks: Sequence[Network]
) -> Network | None:
    """Return the network whose card is shown: the one that is chosen alone."""
    if len(chosen) != 1:
        return None
    label = next(point.label for point in points if point.id == chosen[0])
    found = next(network for network in networks if network.job.id == chosen[0])
    return relabelled(found, label)


def _scatter(
    key: Key,
    points: list[Point],
    labels: dict[str, str],
    chosen: list[str],
    controls: Sequence[DeltaGenerator],
    names: Sequence[str] = (),
    alone: Network | None = None,
) -> None:
    across, up, scaled, limit = controls
    axes = all_axes(names)
    with across:
        x = _axis("X axis", "x", axes, KEPT.key)
    with up:
        y = _axis("Y axis", "y", axes, ACCURACY.key)
    with scaled:
        scale = choose_scale("frontier") if x.key in SCALED else LOG
    budget = _budget(points, x, y, limit)
    chart, on_front, bend = shown(key, points, (x, y), labels, chosen, budget, scale)
    beside, told, below = side_by_side("frontier"), st.container(), st.container()
    with beside:
        live_chart(chart, "frontier-chart", HEIGHT, on_pick=_add_picked, beside=alone is not None)
        if alone is not None:
            with card_place("frontier"):
                back_to_the_list("frontier", _forget_chosen)
                with error_box():  # its file may be gone: the chart stays
                    network_card(alone, names, f"card:{alone.job.id}", below)
    told.caption(
        f"{on_front} of {plural(len(points), 'network')} on the front. "
        + (f"The knee is at {plain(bend.label)}: beyond it, each gain costs more." if bend else "")
    )


def _axis(label: str, name: str, axes: dict[str, Axis], usual: str) -> Axis:
    """Ask for an axis; the address remembers one that is not the usual."""
    return axes[choose(label, list(axes), name, lambda key: axes[key].label, usual, unsaid=True)]


def _budget(points: list[Point], x: Axis, y: Axis, place: DeltaGenerator) -> float | None:
    """Ask for a limit on size or speed and name the best network under it."""
    key = place.selectbox(
        "Budget", ("none", *BUDGETS), 0, lambda k: "No budget" if k == "none" else AXES[k].label
    )
    values = [] if key == "none" else [v for p in points if (v := AXES[key].value(p)) == v]
    if not values or min(values) == max(values):
        return None
    budget = _limit_slider(st.container(), key, values)
    best = best_under(contenders(points), AXES[key], budget, y)
    if best is not None:
        st.caption(
            f"Best within {_limit(key, budget)}: **{plain(best.label)}**, "
            f"{written(y, y.value(best))}."
        )
    return budget if key == x.key else None


def _limit_slider(place: DeltaGenerator, key: str, values: Sequence[float]) -> float:
    """Ask for the limit in the unit that people read: whole bytes or operations, milliseconds."""
    if key == "latency_seconds":
        low, high = min(values) * 1e3, max(values) * 1e3
        chosen = place.slider("Latency (ms per image)", low, high, high, format="%.3g")
        return float(chosen) / 1e3 if chosen < high else max(values)
    low, high = math.floor(min(values)), math.ceil(max(values))
    axis = AXES[key].title
    if key.endswith("bytes"):
        return _kilobytes(place, key, values)
    return float(place.slider(axis, low, high, high, format="localized", key=f"budget-{key}"))


def _kilobytes(place: DeltaGenerator, key: str, values: Sequence[float]) -> float:
    low, high = math.floor(min(values) / 1000), math.ceil(max(values) / 1000)
    label = f"{AXES[key].label} (kB)"
    return 1000.0 * place.slider(label, low, high, high, format="localized", key=f"budget-{key}")


def _limit(key: str, value: float) -> str:
    if key.endswith("bytes"):
        return size(value)
    return f"{value * 1e3:.3g} ms" if key == "latency_seconds" else f"{value:,.0f}"


def _chosen(points: list[Point], known: list[str]) -> list[str]:
    if "frontier-chosen" not in st.session_state:
        text = recall("points")
        st.session_state["frontier-chosen"] = selection.from_text(text, points)
        for part in selection.unknown(text, known):
            say_missing("points", gone("network", part, ""))
    show_missing("points")
    shown = {point.id for point in points}
    return [id for id in st.session_state["frontier-chosen"] if id in shown]


def _add_picked(picked: str) -> None:
    chosen = st.session_state.get("frontier-chosen", [])
    if picked not in chosen:
        st.session_state["frontier-chosen"] = [*chosen, picked][-selection.MOST :]


def _forget_chosen() -> None:
    st.session_state["frontier-chosen"] = []


def _choose(points: list[Point], chosen: list[str]) -> list[str]:
    st.session_state["frontier-chosen"] = chosen
    labels = {point.id: point.label for point in points}
    picked = st.multiselect(
        "Compare",
        list(labels),
        key="frontier-chosen",
        format_func=lambda id: labels.get(id, id),
        max_selections=selection.MOST,
        placeholder="Select up to six networks, or click dots",
    )
    remember("points", selection.to_text(picked) or None)
    return picked


def _compare(points: list[Point], networks: list[Network], every: list[Point]) -> None:
    """Show the networks of `points` beside one another; every: all that the page knows by name."""
    by_id = {network.job.id: network for network in networks}
    chosen = [relabelled(by_id[point.id], point.label) for point in points]
    if len(chosen) == 1:
        st.caption("Select a second network to compare the two.")
    start = recall("compare") or st.query_params.get("view")  # its name in older links
    view = st.segmented_control(
        "View",
        VIEWS,
        default=start if start in VIEWS else VIEWS[0],
        key="frontier-view",
        label_visibility="collapsed",
        required=True,
    )
    remember("compare", view)
    dense = common_dense(chosen, by_id)
    baseline = choose_baseline(chosen, dense)
    with_it = [baseline, *(each for each in chosen if each.job.id != baseline.job.id)]
    with_it = with_it if len(chosen) > 1 else chosen
    if view == "Layers":
        layers_view(with_it)
    elif view == "Weights":
        weights_view(with_it)
    elif view == "Predictions":
        predictions_view(chosen, baseline if dense else None)
    else:
        called = {point.id: point.label for point in every}
        settings_view(chosen, called, baseline.point if len(chosen) > 1 else None)
    if len(chosen) > 1:  # of one alone, its card has it
        downloads(with_it)


def _more(points: list[Point], labels: dict[str, str], picked: list[str]) -> None:
    lineage = st.expander(
        "Lineage: which network was pruned from which", key="frontier-lineage", on_change="rerun"
    )
    if lineage.open:
        with lineage:
            live_chart(model_map(points, labels, picked), "frontier-map", 420, on_pick=None)
    importance_view(points, "frontier-page", _add_picked)
    areas = st.expander(
        "Hypervolume: one number per method", key="frontier-areas", on_change="rerun"
    )
    if areas.open:
        with areas:
            _areas(points, labels)

    def csv() -> str:  # at the click: thousands of points take seconds
        return to_csv([point.to_json() for point in points])

    def as_json() -> str:
        return json.dumps([point.to_json() for point in points])

    with st.container(horizontal=True):
        st.download_button("Points, CSV", csv, "points.csv", "text/csv", on_click="ignore")
        st.download_button(
            "Points, JSON", as_json, "points.json", "application/json", on_click="ignore"
        )


def _areas(points: list[Point], labels: dict[str, str]) -> None:
    st.caption(
        "The area under each method's stepped front, sparsity × accuracy, over the sparsities "
        "that the methods share, with equal epochs. Larger is better; the report says whether "
        "by more than two standard errors."
    )
    live_chart(area_bars(points, AXES["sparsity"], AXES["accuracy"], labels), "areas", 320)


main()
