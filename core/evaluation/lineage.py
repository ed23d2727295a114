"""Which network came from which step: dense, then pruned, then pruned again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.evaluation.point import Point


@dataclass(frozen=True)
class Node:
    """One network in the map. depth: steps from its root. row: place from the top, 0 first."""

    id: str
    parent: str
    depth: int
    row: float


def family(points: Sequence[Point]) -> list[Node]:
    """Return the tree (or trees) of the points, parents before children.

    Leaves get rows 0, 1, …, best accuracy first; a parent stands in the middle of its children.
    A point whose parent is not among the points, or that is its own ancestor, is a root.
    """
    known = {point.id: point for point in points}
    parents = {id: _parent(id, known) for id in known}
    children: dict[str, list[str]] = {}
    for point in sorted(points, key=lambda p: -p.accuracy):
        children.setdefault(parents[point.id], []).append(point.id)
    placed: dict[str, Node] = {}
    leaves = 0
    for root in children.get("", []):
        leaves = _place(root, 0, leaves, children, parents, placed)
    return sorted(placed.values(), key=lambda node: (node.depth, node.row))


def _parent(id: str, known: Mapping[str, Point]) -> str:
    parent, seen = known[id].parent, {id}
    while parent in known and parent not in seen:
        seen.add(parent)
        parent = known[parent].parent
    looped = parent in seen
    return known[id].parent if known[id].parent in known and not looped else ""


def _place(
    id: str,
    depth: int,
    leaves: int,
    children: Mapping[str, list[str]],
    parents: Mapping[str, str],
    placed: dict[str, Node],
) -> int:
    own = children.get(id, [])
    first = leaves
    for child in own:
        leaves = _place(child, depth + 1, leaves, children, parents, placed)
    leaves = leaves if own else first + 1
    placed[id] = Node(id, parents[id], depth, (first + leaves - 1) / 2)
    return leaves
