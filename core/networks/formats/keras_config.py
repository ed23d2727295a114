"""The JSON in which Keras describes a model: looked at, never built."""

import json
from typing import Any

from core.errors import WeightsError
from core.networks.formats import wrappers
from core.networks.formats.architecture import SILENT, WEIGHTLESS
from core.networks.formats.hdf5_checks import damaged

LARGEST_TEXT = 4_000_000  # bytes of a model's JSON description
# Layers that hold no weights or the ones we read; a description with any other is refused.
MODELS = frozenset(("Sequential", "Functional", "Model", "Pipeline"))
KNOWN_LAYERS = SILENT | WEIGHTLESS | MODELS | {"Conv2D", "Dense"}
KNOWN_MODULES = ("keras", "tensorflow.keras", "tf_keras", "tensorflow.python.keras", "builtins")
LARGEST_UNITS = 100_000


def check_description(text: bytes | str) -> None:
    """Raise WeightsError if a model's JSON names anything that is not a plain layer."""
    if not text:
        return
    if len(text) > LARGEST_TEXT:
        raise WeightsError("The model's description is too long. Upload the weights only.")
    try:
        description = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise damaged(error) from error
    for layer in _layer_entries(description):
        _check_layer(layer)
    for entry in _entries_within(description):
        _check_origin(entry)


def _layer_entries(description: Any) -> list[dict[str, Any]]:
    """Return the model and its layers, nested models included, without recursion."""
    found, waiting = [], [description]
    while waiting:
        entry = waiting.pop()
        if not isinstance(entry, dict):
            continue
        found.append(entry)
        config = entry.get("config")
        layers = config.get("layers") if isinstance(config, dict) else config
        waiting.extend(layers if isinstance(layers, list) else [])
    return found


def _entries_within(description: Any) -> list[dict[str, Any]]:
    """Return every class that the network's description names, as deep as it may lie."""
    found, waiting = [], [description.get("config") if isinstance(description, dict) else None]
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, dict):
            waiting.extend(entry.values())
            found.extend([entry] if "class_name" in entry else [])
        elif isinstance(entry, list):
            waiting.extend(entry)
    return found


def _check_origin(entry: dict[str, Any]) -> None:
    """Raise WeightsError if a class, as an initializer's, is neither Keras's nor built in."""
    module, registered = entry.get("module"), entry.get("registered_name")
    # Keras writes a registered name without a module, or package>name, for a person's own class.
    if registered is not None and (not module or ">" in str(registered)):
        raise _custom_class(entry["class_name"])
    _check_module(module)


def _check_module(module: Any) -> None:
    if str(module or "keras").split(".")[0] not in {m.split(".")[0] for m in KNOWN_MODULES}:
        raise WeightsError(
            f"The model asks for the Python module {str(module)[:60]!r}. Nothing was imported. "
            "Upload the weights only, as .h5."
        )


def _custom_class(name: Any) -> WeightsError:
    return WeightsError(
        f"The model uses the class {str(name)[:60]!r}, which the network does not have. "
        "Nothing in the file was run. Upload the weights of the reference network alone, as "
        "model.save_weights writes them."
    )


def _check_layer(entry: dict[str, Any]) -> None:
    name = entry.get("class_name", "Sequential")
    wrappers.check_class(str(name))
    if name not in KNOWN_LAYERS or entry.get("registered_name") not in (None, name, "Functional"):
        raise _custom_class(name)
    _check_module(entry.get("module"))
    config = entry.get("config")
    if name == "Normalization" and isinstance(config, dict) and config.get("mean") is None:
        raise wrappers.normalised_images(str(config.get("name", name)))
    for key in ("units", "filters"):
        units = config.get(key, 1) if isinstance(config, dict) else 1
        if not isinstance(units, int) or not 0 < units <= LARGEST_UNITS:
            raise WeightsError(
                f"The model declares a {name} layer with {str(units)[:30]} {key}. Nothing was "
                "built. Upload the weights of the reference network."
            )
