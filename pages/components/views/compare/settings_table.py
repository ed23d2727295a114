"""Measurements and settings of several networks side by side."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.evaluation.differences import Difference
from core.evaluation.point import Point
from core.pruning.search.seeds import seed_place
from core.runs.finished.networks import Network
from core.runs.setting_rows import network_differences, setting_text
from core.runs.specs import teachers_of
from core.runs.titles import gone_network
from core.text import percent, score_text, signed, size, unlike
from pages.components.error_box import plain

ABOUT_LATENCY = (
    "Latency is the median of a few passes, taken on the machine of the run when it ended. What "
    "else ran there at that time makes it longer: only runs from a quiet machine compare."
)


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
    if any(values["Latency"] != "–" for _, values in columns):
        st.caption(ABOUT_LATENCY)
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
