"""The JSON in which Keras describes a model: looked at, never built."""

import json
from typing import Any

from core.errors import WeightsError
from core.models.hdf5_checks import damaged

LARGEST_TEXT = 4_000_000  # bytes of a model's JSON description
# Layers that hold no weights or the ones we read; a description with any other is refused.
KNOWN_LAYERS = frozenset(
    (
        *("InputLayer", "Conv2D", "Dense", "MaxPooling2D", "AveragePooling2D", "Dropout"),
        *("Flatten", "Activation", "ReLU", "Softmax", "Rescaling"),
        *("Sequential", "Functional", "Model"),
    )
)
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


def _check_layer(entry: dict[str, Any]) -> None:
    name, module = entry.get("class_name", "Sequential"), entry.get("module") or "keras"
    if name not in KNOWN_LAYERS or entry.get("registered_name") not in (None, name, "Functional"):
        raise WeightsError(
            f"The model has a layer of the class {str(name)[:60]!r}, which the network does not "
            "have. Nothing in the file was run. Upload the weights of the reference network."
        )
    if str(module).split(".")[0] not in {m.split(".")[0] for m in KNOWN_MODULES}:
        raise WeightsError(
            f"The model asks for the Python module {str(module)[:60]!r}. Nothing was imported. "
            "Upload the weights only, as .h5."
        )
    config = entry.get("config")
    for key in ("units", "filters"):
        units = config.get(key, 1) if isinstance(config, dict) else 1
        if not isinstance(units, int) or not 0 < units <= LARGEST_UNITS:
            raise WeightsError(
                f"The model declares a {name} layer with {str(units)[:30]} {key}. Nothing was "
                "built. Upload the weights of the reference network."
            )
