"""What a job that makes or judges networks leaves behind, and what it is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import JobError
from core.evaluation.point import Point
from core.networks.network import NetworkShape
from core.networks.network_store import NetworkSummary
from core.records import Record


@dataclass(frozen=True, kw_only=True)
class NetworkResult(Record):
    """A finished network. weights: name of its file. point: everything measured of it.

    shape: of the reference network, or what is to be known of another one. files: other files of
    the same network, by format.
    """

    weights: str
    shape: NetworkShape | NetworkSummary
    point: Point
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def reference_shape(self) -> NetworkShape:
        """The shape of the reference network. Raises JobError for another network."""
        if isinstance(self.shape, NetworkSummary):
            raise JobError(
                f"This is made for the reference network, and {self.point.label!r} is another "
                f"({self.shape.name}). Choose a run of the reference network."
            )
        return self.shape

    @property
    def summary(self) -> NetworkSummary | None:
        """What is to be known of a network that is not the reference, None for the reference."""
        return self.shape if isinstance(self.shape, NetworkSummary) else None

    def to_json(self) -> dict[str, Any]:
        """Return the result for JSON; a network of one file says nothing of others."""
        found = super().to_json()
        return found if self.files else {k: v for k, v in found.items() if k != "files"}
