"""docs/networks.md, from what benchmarks.networks and its neighbours have measured."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks import measured_page, network_costs_page, networks_bars
from benchmarks.results_page import table
from core.networks import applications
from core.text import thousands

ROOT = Path(__file__).resolve().parents[1]
ROWS, PAGE = ROOT / "benchmarks" / "networks.json", ROOT / "docs" / "networks.md"
MEASURED = ROOT / "benchmarks" / "measured_networks.json"
COSTS = ROOT / "benchmarks" / "network_costs.json"
SPARSITY, TOLERANCE = 0.9, 1e-4
COLUMNS = {
    "parameters": "Parameters",
    "free": "Free groups",
    "units": "Their units",
    "left": "Parameters at half of the units",
    "multiply_adds": "Multiply-adds left",
    "apart": "Compact − masked",
    "signal": "Image − image",
    "zeros": "Exact zeros at 90%, re-read",
    "seconds": "Seconds to group, cut and compact",
}
Rows = Mapping[str, Mapping[str, Any]]


def stored(path: Path) -> dict[str, Any]:
    """Return what a file holds, nothing where there is none."""
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def write_page() -> None:
    """Write docs/networks.md from everything that is measured."""
    rows, measured, costs = stored(ROWS), stored(MEASURED), stored(COSTS)
    counts = [f"{count} of {len(applications.NAMES)}" for count in counts_of(rows)]
    lines = [
        "# Any Keras network\n",
        "How each number is measured stands above its table.\n",
        *networks_bars.lines(*counts, measured, costs),
        *applications_lines(rows),
        *measured_page.lines(measured),
        *network_costs_page.lines(costs),
    ]
    PAGE.write_text("\n".join(lines).rstrip() + "\n")


def counts_of(rows: Rows) -> tuple[int, int]:
    """Return how many models are cut within the tolerance, and how many keep exact zeros."""
    found = [row for row in rows.values() if "refused" not in row]
    cut = [row for row in found if _apart(row) <= min(TOLERANCE, row["signal"] / 10)]
    return len(cut), sum(map(_is_exact, found))


def applications_lines(rows: Rows) -> Iterator[str]:
    """Yield the section of the models of keras.applications."""
    measured = [row for row in rows.values() if "refused" not in row]
    cut, exact = counts_of(rows)
    again = [row for row in measured if "apart_float64" in row]
    missing = [name for name in applications.NAMES if name not in rows]
    yield "## keras.applications\n"
    yield (
        "Made by `python -m benchmarks.networks`. Every model of `keras.applications`, with random "
        "weights and images of 96 × 96 pixels where the model reads such, else of its smallest: "
        "read from its configuration; half of the units of every free group removed (those with "
        "the smallest L1 norm over all layers that make them) and the network made physically "
        "smaller; and, separately, the smallest weights of all kernels set to zero until 90% of "
        "all parameters are, written as `.keras` and read again.\n"
    )
    yield (
        "Compact − masked: the largest difference of the logits of the small network and of the "
        "full one with zeros, over the largest logit. Image − image: the same of two different "
        "images, to show that the logits depend on what the network sees.\n"
    )
    yield (
        f"**{cut} of {len(applications.NAMES)}** models are cut with a difference of at most "
        f"{TOLERANCE:g}; **{exact} of {len(applications.NAMES)}** keep exactly 90% zeros in "
        "the file.\n"
    )
    yield from table(["Model", "Pixels", *COLUMNS.values()], [_cells(row) for row in measured])
    for row in again:
        yield (
            f"{row['name']} differs by {row['apart']:.1e} in float32 and by "
            f"{row['apart_float64']:.1e} in float64, by NumPy alone: with random weights, whose "
            "normalization fits no image, this depth multiplies rounding errors, so that two ways "
            "to add the same numbers end far apart; a wrong cut would differ in float64 too. The "
            "table and the count have the latter.\n"
        )
    yield from (f"* {row['name']}: {row['refused']}" for row in rows.values() if "refused" in row)
    if missing:
        yield f"Not measured yet: {', '.join(missing)}.\n"


def _apart(row: Mapping[str, Any]) -> float:
    return float(row.get("apart_float64", row["apart"]))


def _is_exact(row: Mapping[str, Any]) -> bool:
    return bool(row["exact"]) and row["zeros"] == round(SPARSITY * row["parameters"])


def _cells(row: Mapping[str, Any]) -> list[str]:
    return [
        row["name"],
        f"{row['side']}",
        thousands(row["parameters"]),
        f"{row['free']} of {row['groups']}",
        thousands(row["units"]),
        thousands(row["left"]),
        f"{row['multiply_adds']:.1%}",
        f"{_apart(row):.1e}{' (float64)' if 'apart_float64' in row else ''}",
        f"{row['signal']:.1e}",
        f"{thousands(row['zeros'])}{'' if _is_exact(row) else ' (not exact)'}",
        f"{row['seconds']:.2f}",
    ]


if __name__ == "__main__":
    write_page()
