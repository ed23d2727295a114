"""The section of docs/networks.md on what a network of 25 million parameters costs."""

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.results_page import table
from core.pruning.methods import METHODS
from core.text import plural, size, thousands

Rows = Mapping[str, Mapping[str, Any]]


def lines(costs: Rows) -> Iterator[str]:
    """Yield the section; costs: what was measured -> its numbers."""
    yield "## A network of 25 million parameters\n"
    yield "Made by `python -m benchmarks.network_costs --install`.\n"
    for name, section in SECTIONS.items():
        yield from section(costs[name]) if name in costs else [f"Not measured yet: {name}.\n"]


def _cut(found: Mapping[str, Any]) -> Iterator[str]:
    torch, pruning = found["versions"]
    yield (
        "**Time to cut.** ResNet-50 with random weights is grouped, loses half of the units of "
        f"every group, and is made smaller in **{found['seconds']:.2f} s**; Torch-Pruning "
        f"{pruning} (torch {torch}) takes {found['peer_seconds']:.2f} s for the same network as "
        f"torchvision has it, in turns in one run: **{found['ratio']:.2f}** of its time, median of "
        "five. "
        f"Left are {thousands(found['left'])} parameters here and {thousands(found['peer_left'])} "
        "there, where running means and variances do not count.\n"
    )


def _memory(found: Mapping[str, Any]) -> Iterator[str]:
    each = next(iter(found.values()))
    yield (
        f"**Memory.** The largest resident memory of a pruning job of ResNet-50 "
        f"({thousands(each['parameters'])} parameters, images of 96 × 96, "
        f"{plural(each['epochs'], 'short epoch')} with distillation), as the kernel counts it: "
        + ", ".join(f"{size(row['bytes'])} ({METHODS[name].label})" for name, row in found.items())
        + ".\n"
    )


def _pages(found: Mapping[str, Any]) -> Iterator[str]:
    seconds = found["seconds"]
    slowest = max(seconds, key=lambda page: seconds[page])
    yield (
        "**Pages.** Processor seconds of each page's script in a workspace with a ResNet-50 of "
        f"1,000 classes ({thousands(found['parameters'])} parameters) and its pruned one, the "
        f"least of five; the slowest is {slowest} with **{1000 * seconds[slowest]:.0f} ms**.\n"
    )
    yield from table(list(seconds), [[f"{1000 * each:.0f} ms" for each in seconds.values()]])


SECTIONS = {"cut": _cut, "memory": _memory, "pages": _pages}
