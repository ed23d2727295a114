"""The weights of a file that should hold a network of a given architecture, however it is named."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.archives import sandbox
from core.archives.child import Source
from core.archives.limits import NETWORK_LIMITS
from core.errors import WeightsError
from core.networks.formats.hdf5_checks import names_attribute, text_attribute
from core.networks.formats.hdf5_reader import SIGNATURE
from core.networks.graph import Layer, Network, check_parameters
from core.networks.keras_files import reader
from core.networks.keras_files.architecture import Architecture, Place, places_of
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
        places = _places_of_weights_alone(content, Network.from_dict(network))
        if places is not None:
            notes: list[str] = []
            architecture = Architecture(Network.from_dict(network), places, ())
            return {"notes": notes}, read(content, architecture, notes)
    fields, arrays = reader.parse_upload(source)
    return {**fields, "described": fields["network"]}, arrays


def _places_of_weights_alone(content: memoryview, network: Network) -> dict[str, Place] | None:
    """Return where a file without a description has each layer's weights, None if it has one.

    Keras 2 lists the layers by their own names: those that have weights are taken in order.
    """
    import h5py

    try:
        with h5py.File(View(content), "r") as file:
            if text_attribute(file, "model_config"):
                return None
            places = places_of(network)
            if "layer_names" not in file.attrs:
                return places
            named = names_attribute(file, "layer_names")
            given = [n for n in named if names_attribute(file[n], "weight_names")]
    except (OSError, KeyError, ValueError, TypeError, RuntimeError, OverflowError):
        return places_of(network)  # reading it says what is wrong
    with_weights = [layer.name for layer in network.layers if _parts(network, layer)]
    return {**places, **{n: Place((g,), (g,)) for n, g in zip(with_weights, given, strict=False)}}


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
