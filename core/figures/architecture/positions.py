"""Where the layers of a network are drawn, and the lines between them."""

from core.networks.graph import Layer, Network
from core.networks.layers.training_only import PASSING

SHORTCUT = 0.4  # of a lane, below it
Coordinates = dict[str, tuple[float, float]]  # layer -> (how deep, how far from the middle)


def coordinates_of(network: Network) -> Coordinates:
    """Return where each layer that acts is drawn.

    Its depth is that of the deepest layer that it reads, and one. The longest way through the
    network is in the middle; a branch is beside it, next to what it leaves.
    """
    depth, way = _depths(network)
    taken: set[tuple[int, int]] = set()
    at: Coordinates = {}
    for layer in network.layers:
        lane = 0
        if layer.name not in way:
            read = [at[name][1] for name in layer.inputs]
            lane = round(max(read, default=0.0)) or 1
        while (depth[layer.name], lane) in taken:
            lane += 1
        taken.add((depth[layer.name], lane))
        at[layer.name] = (depth[layer.name], lane)
    return {layer.name: at[layer.name] for layer in network.layers if _acts(layer)}


def _acts(layer: Layer) -> bool:
    return not isinstance(layer.settings, PASSING)


def _depths(network: Network) -> tuple[dict[str, int], set[str]]:
    """Return how deep every layer is, and the layers on the longest way to the output."""
    depth: dict[str, int] = {}
    deepest: dict[str, str] = {}
    for layer in network.layers:
        before = max(layer.inputs, key=depth.__getitem__, default="")
        deepest[layer.name] = before
        depth[layer.name] = depth[before] + _acts(layer) if before else 0
    way, name = set(), network.output.name
    while name:
        way.add(name)
        name = deepest[name]
    return depth, way


def line_between(start: tuple[float, float], end: tuple[float, float]) -> list[tuple[float, float]]:
    """Return the points of a line; what goes around layers on its own lane passes below them."""
    if start[1] != end[1] or end[0] - start[0] <= 1:
        return [start, end]
    below = start[1] - SHORTCUT
    return [start, (start[0] + 0.5, below), (end[0] - 0.5, below), end]


def acting(network: Network, name: str) -> str:
    """Return the layer whose output a layer passes on, itself if it acts."""
    while not _acts(network.by_name[name]):
        name = network.by_name[name].inputs[0]
    return name
