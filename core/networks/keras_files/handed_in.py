"""The weights of a file that should hold a network of a given architecture, however it is named."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.archives import sandbox
from core.archives.child import Source
from core.archives.limits import NETWORK_LIMITS
from core.errors import WeightsError
from core.networks.formats.hdf5_checks import names_attribute, shown, text_attribute
from core.networks.formats.hdf5_reader import SIGNATURE
from core.networks.graph import Layer, Network, check_parameters
from core.networks.keras_files import reader
from core.networks.keras_files.architecture import Architecture, Place, places_of
from core.networks.keras_files.orders import as_keras_lists, in_graph_order
from core.networks.keras_files.weights import View, read
from core.networks.layers.training_only import PASSING
from core.networks.network import Weights

Arrays = dict[str, np.ndarray]
Row = tuple[str, Mapping[str, Any], tuple[int, ...]]


def read_handed_in(
    content: Path | bytes, network: Network, *, scratch: Path | None = None
) -> tuple[Weights, tuple[str, ...]]:
    """Return the weights in a .keras or .h5 file by the network's own names, and what was noticed.

    Layers may be called otherwise, and those that act in training only may differ. A file of
    weights alone is read as the network's. Raises WeightsError for another architecture.
    """
    found = sandbox.run(
        "core.networks.keras_files.handed_in:parse_handed_in",
        content,
        {"network": network.to_dict()},
        limits=NETWORK_LIMITS,
        scratch=scratch,
    )
    arrays, notes = dict(found.arrays), tuple(found.fields["notes"])
    described = found.fields.get("described")
    if described is not None:
        if not found.fields["has_weights"]:
            raise WeightsError("The file has no weights. Hand in what model.save writes.")
        arrays = _renamed(Network.from_dict(described), arrays, network)
    check_parameters(network, arrays)
    return arrays, notes


def parse_handed_in(source: Source, network: dict[str, Any]) -> tuple[dict[str, Any], Arrays]:
    """Entry in the child: return (the network that the file describes, if any, notes; weights)."""
    head = source.read(8)
    source.seek(0)
    if head == SIGNATURE:
        content = memoryview(source.read())
        source.seek(0)
        alone = _weights_alone(content, Network.from_dict(network))
        if alone is not None:
            places, left = alone
            notes: list[str] = []
            arrays = read(content, Architecture(Network.from_dict(network), places, ()), notes)
            if left:  # after a layer that differs was named
                raise _of_another(left[0])
            return {"notes": notes}, arrays
    fields, arrays = reader.parse_upload(source)
    return {**fields, "described": fields["network"]}, arrays


def _weights_alone(
    content: memoryview, network: Network
) -> tuple[dict[str, Place], list[str]] | None:
    """Return where a file without a description has each layer's weights, None if it has one.

    And the layers that it has weights of beyond those. Keras 3 numbers the layers of a class, and
    Keras 2 lists all by their own names: those that have weights are taken in Keras's order.
    """
    import h5py

    network = as_keras_lists(network)
    places = places_of(network)
    try:
        with h5py.File(View(content), "r") as file:
            if text_attribute(file, "model_config"):
                return None
            if "layer_names" not in file.attrs:
                known = {place.groups[0] for place in places.values()}
                return places, [group for group in _with_weights(file) if group not in known]
            named = names_attribute(file, "layer_names")
            given = [n for n in named if names_attribute(file[n], "weight_names")]
    except (OSError, KeyError, ValueError, TypeError, RuntimeError, OverflowError):
        return places, []  # reading it says what is wrong
    wanted = [layer.name for layer in network.layers if _parts(network, layer)]
    places |= {n: Place((g,), (g,)) for n, g in zip(wanted, given, strict=False)}
    return places, given[len(wanted) :]


def _with_weights(file: Any) -> list[str]:
    """Return the layers of a file of Keras 3 that have weights, by their names in it."""
    layers = file.get("layers", {})
    return [name for name in layers if len(layers[name].get("vars", ()))]


def _of_another(layer: str) -> WeightsError:
    return WeightsError(
        f"The file holds another network: it has weights of {shown(layer)!r}, which the "
        "architecture that is asked for lacks. Hand in a network of that architecture."
    )


def _parts(network: Network, layer: Layer) -> list[str]:
    return list(layer.settings.parameter_shapes(network.input_shapes(layer)))


def _acting(network: Network) -> list[Layer]:
    return [layer for layer in network.layers if not isinstance(layer.settings, PASSING)]


def _rows(network: Network) -> list[Row]:
    """Return the layers that act when the network predicts, without names."""
    numbers: dict[str, int] = {}
    rows: list[Row] = []
    for layer in network.layers:
        read_ = tuple(numbers[name] for name in layer.inputs)
        if isinstance(layer.settings, PASSING):
            numbers[layer.name] = read_[0]
            continue
        numbers[layer.name] = len(rows)
        rows.append((layer.kind, _predicting(layer), read_))
    return rows


def _predicting(layer: Layer) -> dict[str, Any]:
    """Return the settings that change what a layer answers."""
    return {k: v for k, v in layer.settings.config().items() if k != "momentum"}


def _renamed(found: Network, arrays: Arrays, network: Network) -> Arrays:
    """Return the arrays under the network's own names. Raises WeightsError if they do not fit."""
    found, network = in_graph_order(found), in_graph_order(network)
    given, wanted = _rows(found), _rows(network)
    for number, (one, other) in enumerate(zip(given, wanted, strict=False)):
        if one != other:
            layer, asked = _acting(found)[number], _acting(network)[number]
            raise WeightsError(
                f"The file holds another network: its layer {layer.name[:60]!r} is not the "
                f"{asked.kind} that {asked.name[:60]!r} is, or has other settings or inputs. Hand "
                "in a network of the architecture that is asked for."
            )
    if len(given) != len(wanted):
        raise WeightsError(
            f"The file holds another network: {len(given)} layers that act in the place of "
            f"{len(wanted)}. Hand in a network of the architecture that is asked for."
        )
    return {
        f"{mine.name}/{part}": arrays[f"{theirs.name}/{part}"]
        for mine, theirs in zip(_acting(network), _acting(found), strict=True)
        for part in _parts(network, mine)
    }
