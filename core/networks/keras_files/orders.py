"""The orders in which a network's layers can be listed: one of its graph alone, and Keras's own."""

from core.networks.graph import Network


def in_graph_order(network: Network) -> Network:
    """Return the network with its layers in an order that only the connections decide.

    Each layer comes after what it reads, in the order in which it reads it. Equal networks that two
    people listed in different orders are listed alike.
    """
    order: dict[str, None] = {}
    waiting = [(network.output.name, False)]
    while waiting:
        name, is_read = waiting.pop()
        if name in order:
            continue
        if is_read:
            order[name] = None
            continue
        inputs = network.by_name[name].inputs
        waiting += [(name, True), *((each, False) for each in reversed(inputs))]
    return Network(tuple(network.by_name[name] for name in order))


def as_keras_lists(network: Network) -> Network:
    """Return the network with its layers in the order of Keras's `model.layers`.

    By depth, the longest path to the output, and of one depth in the order in which Keras comes
    across them, going from the output to what each layer reads. Source: `map_graph` of Keras
    3.15, src/ops/function.py; Keras 2's does the same.
    """
    numbers = _met(network)
    depths = dict.fromkeys(numbers, 0)
    for layer in reversed(in_graph_order(network).layers):
        for name in layer.inputs:
            depths[name] = max(depths[name], depths[layer.name] + 1)
    listed = sorted(numbers, key=lambda name: (-depths[name], numbers[name]))
    return Network(tuple(network.by_name[name] for name in listed))


def _met(network: Network) -> dict[str, int]:
    """Return layer -> when a walk from the output, inputs first to last, first comes to it."""
    numbers: dict[str, int] = {}
    waiting = [network.output.name]
    while waiting:
        name = waiting.pop()
        if name not in numbers:
            numbers[name] = len(numbers)
            waiting += reversed(network.by_name[name].inputs)
    return numbers
