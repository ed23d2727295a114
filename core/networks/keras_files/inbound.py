"""What a layer of a functional model reads, in the ways of Keras 2 and Keras 3."""

from collections.abc import Mapping
from typing import Any

from core.errors import WeightsError
from core.networks.keras_files.entries import Entry, refusal

HARMLESS = frozenset({"training", "mask", "name"})


def read_by(entry: Entry) -> list[str]:
    """Return the names of the layers that a layer reads; none for an input.

    Raises WeightsError if it is used twice, or reads anything but one output of another.
    """
    nodes = entry.raw.get("inbound_nodes") or []
    if not isinstance(nodes, list):
        raise refusal(entry, "what it reads is not listed. Save the model again.")
    if len(nodes) > 1:
        raise refusal(
            entry,
            f"it is used {len(nodes)} times with the same weights, which is not supported. Give "
            "each place a layer of its own.",
        )
    if not nodes:
        return []
    node = nodes[0]
    return _of_keras3(entry, node) if isinstance(node, Mapping) else _of_keras2(entry, node)


def constant_of(entry: Entry) -> tuple[float, bool] | None:
    """Return the number in a calculation such as x + 3, and whether it comes first; else None."""
    nodes = entry.raw.get("inbound_nodes")
    node = nodes[0] if isinstance(nodes, list) and len(nodes) == 1 else None
    arguments = node.get("args") if isinstance(node, Mapping) else None
    if not entry.is_operation or not isinstance(arguments, list) or len(arguments) != 2:
        return None
    numbers = [type(each) in (int, float) for each in arguments]
    return (float(arguments[numbers.index(True)]), numbers[0]) if sum(numbers) == 1 else None


def _of_keras3(entry: Entry, node: Mapping[str, Any]) -> list[str]:
    named = node.get("kwargs") or {}
    odd = [key for key, value in named.items() if key not in HARMLESS or isinstance(value, dict)]
    arguments = node.get("args") or []
    if odd and not arguments and set(named) <= {"x1", "x2", "x", "inputs"}:
        arguments = list(named.values())
    elif odd:
        raise refusal(entry, f"its argument {odd[0]!r} is not supported. Leave it out.")
    if constant_of(entry) is not None:
        arguments = [each for each in arguments if isinstance(each, Mapping)]
    found = []
    for argument in arguments:
        for each in argument if isinstance(argument, list) else [argument]:
            found.append(_history(entry, each))
    return found


def _history(entry: Entry, tensor: Any) -> str:
    config = tensor.get("config") if isinstance(tensor, Mapping) else None
    history = config.get("keras_history") if isinstance(config, Mapping) else None
    if not isinstance(history, list) or not history:
        raise with_constant(entry)
    return _reference(entry, history)


def with_constant(entry: Entry) -> WeightsError:
    """Return the refusal of a calculation with a constant that no layer does."""
    return refusal(
        entry,
        "it calculates with a constant, which is not supported. Use Rescaling for a constant "
        "factor or summand, and ReLU for a smallest or largest value.",
    )


def _of_keras2(entry: Entry, node: Any) -> list[str]:
    found = []
    for each in node if isinstance(node, list) else []:
        if not isinstance(each, list) or not each:
            raise refusal(entry, "what it reads is not listed. Save the model again.")
        options = each[3] if len(each) > 3 and isinstance(each[3], Mapping) else {}
        odd = [key for key in options if key not in HARMLESS]
        if odd:
            raise refusal(entry, f"its argument {odd[0]!r} is not supported. Leave it out.")
        found.append(_reference(entry, each))
    return found


def _reference(entry: Entry, history: list[Any]) -> str:
    if len(history) > 2 and history[2] not in (0, None):
        raise refusal(entry, "it reads a second output of a layer, which is not supported.")
    return str(history[0])


def ends(config: Mapping[str, Any], key: str) -> list[str]:
    """Return the names in `input_layers` or `output_layers` of a functional model.

    Raises WeightsError if they are not listed.
    """
    listed = config.get(key)
    if isinstance(listed, Mapping):
        listed = list(listed.values())
    if not isinstance(listed, list) or not listed:
        raise WeightsError(f"The architecture has no {key}. Save the model again with Keras.")
    if isinstance(listed[0], str):
        return [listed[0]]
    return [str(each[0]) if isinstance(each, list) and each else str(each) for each in listed]
