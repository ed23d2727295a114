"""The entries of a Keras configuration: which class a layer has, and whether it is supported.

A configuration is text of a stranger: nothing in it is imported, called or built.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import SettingsError, WeightsError
from core.networks.formats import wrappers
from core.networks.formats.hdf5_checks import BEFORE_QUANTIZING, shown
from core.networks.layers import LAYER_KINDS
from core.networks.layers.kind import Kind

MODELS = frozenset({"Sequential", "Functional", "Model"})
OPERATIONS = frozenset({"Add", "Subtract", "Multiply", "Maximum", "Minimum"})
ROOTS = frozenset({"keras", "tensorflow", "tf_keras", "builtins"})
LONGEST_NAME = 200
REMEDIES = {
    "Lambda": "Nothing in the file was run. Put a layer of Keras in its place, such as Rescaling "
    "or Activation, or cut the network before it",
    "TFOpLambda": "Put the layer of Keras in place of the TensorFlow operation",
    "SlicingOpLambda": "Put Cropping1D or Cropping2D in place of the slice",
    "GetItem": "Put Cropping1D or Cropping2D in place of the slice",
    "TimeDistributed": "Apply the layer inside it directly: Dense and convolutions need no wrapper",
    "Resizing": "Resize the images before the network",
}
SEQUENCES = ("LSTM", "GRU", "RNN", "Embedding", "Attention", "Bidirectional", "Transformer")


@dataclass(frozen=True)
class Entry:
    """One layer as a configuration lists it, its parts checked to be of JSON's right types."""

    name: str
    kind: str
    config: Mapping[str, Any]
    module: str
    registered: str
    raw: Mapping[str, Any]

    @property
    def is_model(self) -> bool:
        """Whether the layer is a network of layers."""
        return self.kind in MODELS

    @property
    def is_operation(self) -> bool:
        """Whether it is a calculation in code, such as x + y, and no layer."""
        return ".ops." in self.module


def entry_of(raw: Any) -> Entry:
    """Return one entry. Raises WeightsError if it is none."""
    if not isinstance(raw, Mapping) or not isinstance(raw.get("class_name"), str):
        raise WeightsError(
            "The architecture lists something that is no layer. Save the model again with Keras."
        )
    config = raw.get("config")
    config = {"layers": config} if isinstance(config, list) else config  # Keras 1's Sequential
    if not isinstance(config, Mapping):
        raise WeightsError(f"The layer {shown(raw['class_name'])} has no settings. Save it again.")
    name = str(raw.get("name") or config.get("name") or raw["class_name"])
    if len(name) > LONGEST_NAME:
        raise WeightsError(
            f"The layer {shown(name[:40])!r}... ({shown(raw['class_name'])}): its name has "
            f"{len(name):,} characters. Give it one of at most {LONGEST_NAME}."
        )
    module, registered = (str(raw.get(key) or "") for key in ("module", "registered_name"))
    return Entry(name, raw["class_name"], config, module, registered, raw)


def settings_of(entry: Entry, notes: list[str]) -> Kind:
    """Return the settings of a layer. Raises WeightsError with layer, class and remedy."""
    kind = kind_of(entry)
    check_precision(entry, notes)
    try:
        return kind.read(entry.config)
    except SettingsError as error:
        raise refusal(entry, str(error)) from error
    except TypeError as error:  # an option without which the layer cannot be
        raise refusal(entry, "an option that it needs is missing. Save the model again.") from error


def kind_of(entry: Entry) -> type[Kind]:
    """Return the row of LAYER_KINDS of a layer of Keras's. Raises WeightsError for any other."""
    wrappers.check_class(entry.kind)
    kind = LAYER_KINDS.get(entry.kind)
    if kind is None:
        raise refusal(entry, f"this class is not supported. {_remedy(entry.kind)}.")
    foreign = entry.module and entry.module.partition(".")[0] not in ROOTS
    own = entry.registered not in ("", entry.kind) or (entry.registered and not entry.module)
    if foreign or own:
        raise refusal(
            entry,
            "this class is somebody's own. Nothing in the file was run. Put layers of Keras in "
            "its place.",
        )
    if entry.is_operation and entry.kind not in OPERATIONS:
        raise refusal(entry, "a calculation in code is not supported. Put a layer in its place.")
    return kind


def refusal(entry: Entry, reason: str) -> WeightsError:
    """Return the refusal of a layer, with its name and class."""
    return WeightsError(f"The layer {shown(entry.name)!r} ({shown(entry.kind)}): {reason}")


def _remedy(kind: str) -> str:
    if kind in REMEDIES:
        return REMEDIES[kind]
    if any(part in kind for part in SEQUENCES):
        return (
            "Embeddings, recurrence and attention are not; networks of convolutions and dense "
            "layers are, for images, sequences and rows"
        )
    if kind.startswith("Random"):
        return "Augment the images outside the network and leave the layer out"
    return f"Supported are {', '.join(name for name in LAYER_KINDS)}"


def check_precision(entry: Entry, notes: list[str]) -> None:
    """Raise WeightsError for a quantized layer; note one that computed in half precision."""
    policy = entry.config.get("dtype")
    if isinstance(policy, Mapping):
        if "Quantized" in str(policy.get("class_name")):
            raise refusal(entry, f"it is quantized. {BEFORE_QUANTIZING}.")
        within = policy.get("config")
        policy = within.get("name") if isinstance(within, Mapping) else None
    if entry.config.get("quantization_config") or str(policy).startswith(("int", "float8")):
        raise refusal(entry, f"it is quantized. {BEFORE_QUANTIZING}.")
    note = f"Layers of {policy} are computed in float32."
    if policy not in (None, "float32") and note not in notes:
        notes.append(note)
