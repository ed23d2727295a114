"""The section of docs/networks.md on what large networks cost in time and memory."""

from collections.abc import Iterator, Mapping
from typing import Any

Rows = Mapping[str, Mapping[str, Any]]


def lines(costs: Rows) -> Iterator[str]:
    """Yield the section; costs: what was measured -> its numbers."""
    yield from ()
