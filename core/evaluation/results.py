"""What a job that makes or judges networks leaves behind, and what it is told."""

from dataclasses import dataclass

from core.evaluation.point import Point
from core.networks.network import NetworkShape
from core.records import Record


@dataclass(frozen=True, kw_only=True)
class NetworkResult(Record):
    """A finished network. weights: name of its file. point: everything measured of it."""

    weights: str
    shape: NetworkShape
    point: Point
