"""From Keras's description of a model to a `Network`; nested models are flattened."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.errors import SettingsError, WeightsError
from core.networks.formats.hdf5_checks import damaged, shown
from core.networks.graph import MOST_LAYERS, Layer, Network
from core.networks.keras_files.entries import Entry, check_precision, entry_of, kind_of, settings_of
from core.networks.keras_files.inbound import constant_of, ends, read_by, with_constant
from core.networks.layers.reshaping import InputLayer
from core.networks.layers.scaling import Rescaling

LARGEST_TEXT = 32_000_000  # bytes; NASNetLarge takes 1 MB
DEEPEST = 16  # models within models


@dataclass(frozen=True)
class Place:
    """Where a layer's weights lie: the layers around it and itself, by name and by class."""

    names: tuple[str, ...]
    groups: tuple[str, ...]  # as Keras 3 names them: conv2d, conv2d_1, ...


@dataclass
class Reading:
    """What has been read of a description so far."""

    layers: list[Layer] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    input_shape: Sequence[int] | None = None
    names: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Architecture:
    """A network, where its layers' weights lie in the file, and what was changed in reading."""

    network: Network
    places: Mapping[str, Place]
    notes: tuple[str, ...]


def parse(description: bytes | str, input_shape: Sequence[int] | None = None) -> Architecture:
    """Return the architecture in a model's JSON.

    input_shape: of what the network is to read, where the description leaves it open. Raises
    WeightsError naming the layer, its class and the remedy.
    """
    if len(description) > LARGEST_TEXT:
        raise WeightsError("The model's description is far too long. Save the model again.")
    try:
        entry = entry_of(json.loads(description))
    except (ValueError, RecursionError) as error:
        raise damaged(error) from error
    if not entry.is_model:
        raise WeightsError(
            f"The description is of a {shown(entry.kind)}, not of a Sequential or functional "
            "model. A model class of your own has to be rebuilt with keras.Model(inputs, outputs)."
        )
    reading = Reading(input_shape=input_shape)
    _model(entry, None, Place((), ()), reading)
    try:
        network = Network(_ordered(reading.layers))
    except SettingsError as error:
        raise WeightsError(str(error)) from error
    return Architecture(network, reading.places, tuple(reading.notes))


def _model(entry: Entry, given: str | None, place: Place, reading: Reading) -> str:
    """Read one model's layers; given: what it reads, None for the outermost. Return its output."""
    check_precision(entry, reading.notes)
    if len(place.names) > DEEPEST:
        raise WeightsError(f"Models are nested more than {DEEPEST} deep at {shown(entry.name)}.")
    listed = entry.config.get("layers")
    if not isinstance(listed, list) or not listed:
        raise WeightsError(f"The model {shown(entry.name)!r} lists no layers. Save it again.")
    if len(listed) + len(reading.layers) > MOST_LAYERS:
        raise WeightsError(f"The model has more than {MOST_LAYERS:,} layers, which is too many.")
    entries = [entry_of(raw) for raw in listed]
    places = _places(entries, place)
    if entry.kind == "Sequential":
        return _sequential(entry, entries, places, given, reading)
    return _functional(entry, entries, places, given, reading)


def _places(entries: Sequence[Entry], outer: Place) -> list[Place]:
    groups = _groups([entry.kind for entry in entries])
    return [
        Place((*outer.names, entry.name), (*outer.groups, group))
        for entry, group in zip(entries, groups, strict=True)
    ]


def places_of(network: Network) -> dict[str, Place]:
    """Return layer -> where Keras 3 puts its weights in a file without a description."""
    groups = _groups([layer.kind for layer in network.layers])
    layers = zip(network.layers, groups, strict=True)
    return {layer.name: Place((layer.name,), (group,)) for layer, group in layers}


def _groups(kinds: Sequence[str]) -> list[str]:
    """Return a name for each layer, of its class and number: conv2d, conv2d_1, ..."""
    counts: dict[str, int] = {}
    found = []
    for kind in kinds:
        group = _snake_case(kind)
        number = counts[group] = counts.get(group, -1) + 1
        found.append(f"{group}_{number}" if number else group)
    return found


def _snake_case(name: str) -> str:
    """Return a class's name as Keras 3 names its group in a file."""
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def _sequential(
    model: Entry,
    entries: Sequence[Entry],
    places: Sequence[Place],
    given: str | None,
    reading: Reading,
) -> str:
    last = given
    for number, (entry, place) in enumerate(zip(entries, places, strict=True)):
        if entry.kind == "InputLayer" and number == 0 and given is not None:
            continue
        if last is None and entry.kind != "InputLayer" and not entry.is_model:
            shape = _batch_shape(entry.config) or model.config.get("build_input_shape")
            last = _input("input", shape, reading)
        last = _layer(entry, [] if last is None else [last], place, reading)
    if last is None:
        raise WeightsError(f"The model {shown(model.name)!r} lists no layers. Save it again.")
    return last


def _functional(
    model: Entry,
    entries: Sequence[Entry],
    places: Sequence[Place],
    given: str | None,
    reading: Reading,
) -> str:
    """Read a functional model's layers in an order in which each comes after what it reads."""
    outputs = ends(model.config, "output_layers")
    inputs = ends(model.config, "input_layers")
    for what, names in (("input", inputs), ("output", outputs)):
        if len(names) != 1:
            listed = ", ".join(shown(name) for name in names[:5])
            raise WeightsError(
                f"The model {shown(model.name)!r} has {len(names)} {what}s ({listed}); networks "
                f"with one {what} are supported. Keep the part that classifies one image."
            )
    for entry in entries:  # first, as what such a layer reads may be written in other ways
        if not entry.is_model and constant_of(entry) is None:
            kind_of(entry)
    finals: dict[str, str] = {}
    reads = {entry.name: read_by(entry) for entry in entries}
    if len(reads) != len(entries):
        raise WeightsError(f"Two layers of {shown(model.name)!r} have one name. Rename one.")
    by_name = {entry.name: (entry, place) for entry, place in zip(entries, places, strict=True)}
    for name in _in_order(reads):
        entry, place = by_name[name]
        if entry.kind == "InputLayer" and given is not None:
            finals[name] = given
        else:
            finals[name] = _layer(entry, [finals[each] for each in reads[name]], place, reading)
    if outputs[0] not in finals:
        raise WeightsError(f"The output {shown(outputs[0])!r} is no layer. Save the model again.")
    return finals[outputs[0]]


def _in_order(reads: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the names, each after those it reads, else as listed. Raises WeightsError."""
    done: dict[str, None] = {}
    waiting = list(reads)
    while waiting:
        left = []
        for name in waiting:
            if all(each in done for each in reads[name]):
                done[name] = None
            else:
                left.append(name)
        if len(left) == len(waiting):
            unknown = [each for name in left for each in reads[name] if each not in reads]
            why = f"{shown(unknown[0])!r} is no layer" if unknown else "they read one another"
            raise WeightsError(
                f"The layers cannot be put in order from {shown(left[0])!r} on: {why}. "
                "Save the model again with Keras."
            )
        waiting = left
    return list(done)


def _layer(entry: Entry, inputs: list[str], place: Place, reading: Reading) -> str:
    """Read one layer or nested model and return the name of what others read of it."""
    if entry.is_model:
        if len(inputs) > 1:
            raise WeightsError(f"The model {shown(entry.name)!r} reads {len(inputs)} tensors.")
        return _model(entry, inputs[0] if inputs else None, place, reading)
    if entry.kind == "InputLayer":
        return _input(entry.name, _batch_shape(entry.config), reading)
    name = _unique(entry.name, place, reading.names)
    settings = scaled(entry) or settings_of(entry, reading.notes)
    reading.layers.append(Layer(name, settings, tuple(inputs)))
    reading.places[name] = place
    return name


def scaled(entry: Entry) -> Rescaling | None:
    """Return a calculation with one number, such as x * 2 or 3 - x, as the layer that does it.

    Raises WeightsError if no layer does.
    """
    found = constant_of(entry)
    if found is None:
        return None
    number, is_first = found
    known = {"Add": (1.0, number), "Multiply": (number, 0.0)}
    known["Subtract"] = (-1.0, number) if is_first else (1.0, -number)
    if number and not is_first:
        known["TrueDivide"] = (1 / number, 0.0)
    if entry.kind not in known:
        raise with_constant(entry)
    scale, offset = known[entry.kind]
    return Rescaling((scale,), (offset,))


def _batch_shape(config: Mapping[str, Any]) -> Any:
    return config.get("batch_shape") or config.get("batch_input_shape")


def _input(name: str, batch_shape: Any, reading: Reading) -> str:
    sizes = batch_shape[1:] if isinstance(batch_shape, list) else []
    fixed = [size if type(size) is int else None for size in sizes]
    if None in fixed and len(reading.input_shape or ()) == len(fixed):
        pairs = zip(fixed, reading.input_shape or (), strict=True)
        fixed = [given if size is None else size for size, given in pairs]
    if not fixed or None in fixed:
        raise WeightsError(
            f"The input {shown(name)!r} has no fixed size ({str(batch_shape)[:60]}). Build the "
            "network with the size of its images, such as keras.Input((96, 96, 3)), and copy the "
            "weights."
        )
    found = _unique(name, Place((name,), ()), reading.names)
    try:
        reading.layers.append(Layer(found, InputLayer(tuple(size or 0 for size in fixed))))
    except SettingsError as error:
        raise WeightsError(f"The input {shown(name)!r}: {error}") from error
    return found


def _unique(name: str, place: Place, names: set[str]) -> str:
    """Return a name for a layer: its own, else with the models' around it, else with a number."""
    found = name if name not in names else "_".join(place.names)
    number = 1
    while found in names:
        number += 1
        found = f"{name}_{number}"
    names.add(found)
    return found


def _ordered(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """Return the layers with the input first, else as they are."""
    return tuple(sorted(layers, key=lambda layer: layer.kind != "InputLayer"))
