"""The table at the top of docs/networks.md: every bar, its goal, and what was measured."""

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks import measured_page
from benchmarks.measured_cuts import BARS, NETWORKS, PEER
from benchmarks.results_page import table
from core.text import exact_percent, size

Rows = Mapping[str, Mapping[str, Any]]
ABSENT = "not measured yet"
MOST_BYTES, MOST_SECONDS = 4e9, 0.3


def lines(cut: str, exact: str, measured: Mapping[str, Rows], costs: Rows) -> Iterator[str]:
    """Yield the table. cut, exact: how many models of keras.applications are cut, and keep zeros.

    measured, costs: what the two other commands have stored.
    """
    rows = [
        ["Models of keras.applications cut, compact = masked", "at least 38 of 40", cut],
        ["Models with exactly 90% zeros in the file", "40 of 40", exact],
    ]
    for network in NETWORKS:
        for level in BARS:
            lead = measured_page.best_lead(measured.get(network, {}), level)
            found = f"{measured_page.difference(lead)} points" if lead else ABSENT
            name = f"{network}, {exact_percent(level)} fewer multiply-adds, beside {PEER}"
            rows.append([name, "at least as accurate", found])
    yield from table(["What", "Goal", "Measured"], rows + list(_costs(costs)))


def _costs(costs: Rows) -> Iterator[list[str]]:
    """Yield the rows of a network of 25 million parameters."""
    ratio = f"{costs['cut']['ratio']:.2f}" if "cut" in costs else ABSENT
    yield ["Time to group, cut and shrink ResNet-50", f"at most 1 × {PEER}'s", ratio]
    most = max((row["bytes"] for row in costs.get("memory", {}).values()), default=None)
    memory = size(most) if most else ABSENT
    yield ["Memory of its pruning", f"at most {size(MOST_BYTES)}", memory]
    slowest = max(costs.get("pages", {}).get("seconds", {}).values(), default=None)
    seconds = f"{1000 * slowest:.0f} ms" if slowest else ABSENT
    yield ["Slowest page script with it", f"at most {1000 * MOST_SECONDS:.0f} ms", seconds]
