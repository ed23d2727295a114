"""What a described model does otherwise than the course's network, in a few words each.

Only what changes an answer counts: dropout and augmentation do nothing when a network predicts.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

MOST_DIFFERENCES = 5
MOST_STEPS = 200  # comparing them takes time that grows with their number
MOST_SHOWN = 60  # characters of one value
# Layers that do nothing when a network predicts.
SILENT = frozenset(
    (
        *("Dropout", "SpatialDropout2D", "AlphaDropout", "GaussianDropout", "GaussianNoise"),
        *("ActivityRegularization", "InputLayer", "Identity", "RandAugment"),
        *("RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom", "RandomContrast"),
        *("RandomBrightness", "RandomHue", "RandomSaturation", "RandomColorJitter"),
        *("RandomColorDegeneration", "RandomGrayscale", "RandomGaussianBlur", "RandomInvert"),
        *("RandomPosterization", "RandomSharpness", "RandomShear", "RandomErasing"),
        *("RandomPerspective", "RandomElasticTransform", "RandomHeight", "RandomWidth"),
        *("MixUp", "CutMix", "AugMix", "MaxNumBoundingBoxes"),
    )
)
# Layers without weights that do something; each is said where the course's network has none.
WEIGHTLESS = frozenset(
    (
        *("MaxPooling2D", "AveragePooling2D", "Flatten", "Activation", "ReLU", "Softmax"),
        *("LeakyReLU", "ELU", "ThresholdedReLU", "Rescaling", "Resizing", "CenterCrop"),
        *("RandomCrop", "ZeroPadding2D", "Cropping2D", "UpSampling2D", "Reshape", "Permute"),
        *("AutoContrast", "Solarization", "Equalization", "Normalization"),
        "ContrastLimitedAdaptiveHistogramEqualization",
    )
)
ACTIVATIONS = {"ReLU": "relu", "Softmax": "softmax", "LeakyReLU": "leaky_relu", "ELU": "elu"}
# What must be said of the settings of each kind of layer, and what Keras takes without them.
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "Conv2D": {
        "kernel_size": [3, 3],
        "padding": "valid",
        "strides": [1, 1],
        "dilation_rate": [1, 1],
        "groups": 1,
        "data_format": "channels_last",
    },
    "MaxPooling2D": {"pool_size": [2, 2], "strides": None, "padding": "valid"},
    "Flatten": {"data_format": "channels_last"},
}
PLAIN_RELU = {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}


@dataclass
class Step:
    """One layer as it predicts: what it is, its settings that matter, its activation."""

    kind: str
    settings: dict[str, object] = field(default_factory=dict)
    activation: str = "linear"


def _step(kind: str, activation: str = "linear", **settings: Any) -> Step:
    return Step(kind, {**SETTINGS.get(kind, {}), **settings}, activation)


COURSE = (
    _step("Conv2D", "relu", padding="same"),
    _step("Conv2D", "relu"),
    _step("MaxPooling2D"),
    _step("Conv2D", "relu", padding="same"),
    _step("Conv2D", "relu"),
    _step("MaxPooling2D"),
    _step("Flatten"),
    _step("Dense", "relu"),
    _step("Dense", "softmax"),
)


def note_differences(text: bytes | str, images: Sequence[int] | None, notes: list[str]) -> None:
    """Add a note if the model's JSON, which was checked before, describes another network.

    images: (height, width, channels) that it is measured on, None when they are not known.
    """
    found = differences(json.loads(text), images) if text else []
    if found:
        more = [f"and {len(found) - MOST_DIFFERENCES} more"] * (len(found) > MOST_DIFFERENCES)
        notes.append(
            "The file describes another network than the course's: "
            f"{'; '.join(found[:MOST_DIFFERENCES] + more)}. {_what_it_means(found)}"
        )


def _what_it_means(found: Sequence[str]) -> str:
    if list(found) == [f"{_name_of(len(COURSE) - 1)} has the activation linear, not softmax"]:
        return "The class it chooses is the same."
    return (
        "It is measured as the course's network, so its accuracy may differ from the one seen in "
        "training."
    )


def differences(description: Any, images: Sequence[int] | None = None) -> list[str]:
    """Return what the described model does otherwise than the course's network."""
    entries = _entries(description)
    steps = _steps(entries)
    if not steps:  # a class of somebody's own describes no layers
        return []
    if len(steps) > MOST_STEPS:
        return [f"{len(steps):,} layers"]
    kinds, wanted = [step.kind for step in steps], [step.kind for step in COURSE]
    found = _other_images(entries, images)
    for change, i, j, k, m in SequenceMatcher(None, wanted, kinds, autojunk=False).get_opcodes():
        if change == "equal":
            for number in range(j - i):
                found += _settings_changed(i + number, steps[k + number])
        else:
            found += _layers_changed(COURSE[i:j], steps[k:m], k == 0)
    return found


def _other_images(
    entries: Sequence[tuple[str, dict[str, Any]]], images: Sequence[int] | None
) -> list[str]:
    for _, config in entries:
        shape = config.get("batch_shape", config.get("batch_input_shape"))
        if images is not None and isinstance(shape, list) and len(shape) == 4:
            known = all(isinstance(side, int) for side in shape[1:])
            same = shape[1:] == list(images)
            return [f"it reads images of {tuple(shape[1:])}"] if known and not same else []
    return []


def _layers_changed(wanted: Sequence[Step], given: Sequence[Step], first: bool) -> list[str]:
    place = "in front" if first else "in addition"
    changed = [
        f"{_shown(there)} instead of {step.kind}"
        for step, there in zip(wanted, given, strict=False)
    ]
    missing = [f"no {step.kind}" for step in wanted[len(given) :]]
    added = [f"{_shown(step)} {place}" for step in given[len(wanted) :]]
    return changed + missing + added


def _shown(step: Step) -> str:
    values = ", ".join(f"{name}={str(value)[:MOST_SHOWN]}" for name, value in step.settings.items())
    return f"{step.kind}({values})" if values else step.kind


def _settings_changed(place: int, step: Step) -> list[str]:
    wanted, name = COURSE[place], _name_of(place)
    found = [
        f"{name} has {setting}={str(step.settings.get(setting))[:MOST_SHOWN]}, not {value}"
        for setting, value in wanted.settings.items()
        if not _same(step.settings.get(setting), value)
    ]
    if step.activation != wanted.activation:
        found.append(f"{name} has the activation {step.activation}, not {wanted.activation}")
    return found


def _same(given: Any, wanted: Any) -> bool:
    """Return whether a setting is what it should be; pooling's strides default to its size."""
    if wanted is None:
        return given in (None, [2, 2])
    return bool(given == wanted or (isinstance(wanted, list) and given == wanted[0]))


def _name_of(place: int) -> str:
    kind = COURSE[place].kind
    number = sum(step.kind == kind for step in COURSE[: place + 1])
    names = {"Conv2D": "conv", "Dense": "dense", "MaxPooling2D": "pooling "}
    return f"{names[kind]}{number}" if kind in names else kind


def _steps(entries: Sequence[tuple[str, dict[str, Any]]]) -> list[Step]:
    """Return the layers as they predict, with the activations put where they act."""
    steps: list[Step] = []
    for kind, config in entries:
        if kind in SILENT or _does_nothing(kind, config):
            continue
        activation = _activation(kind, config)
        if kind in ("Activation", *ACTIVATIONS) and steps:
            if activation != "linear":
                _where_it_acts(steps).activation = activation
            continue
        settings = {n: config.get(n, default) for n, default in SETTINGS.get(kind, {}).items()}
        if kind in ("Rescaling", "AveragePooling2D", "Normalization"):
            told = ("scale", "offset", "pool_size", "mean", "variance")
            settings = {name: config[name] for name in told if name in config}
        steps.append(Step(kind, settings, activation))
    return steps


def _where_it_acts(steps: Sequence[Step]) -> Step:
    """Return the layer an activation belongs to: the largest after it is the largest before it."""
    pooled = len(steps) > 1 and steps[-1].kind == "MaxPooling2D"
    return steps[-2 if pooled else -1]


def _entries(description: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return (class, config) of every layer that is no model, in order, nested models entered."""
    found, waiting = [], [description]
    while waiting:
        entry = waiting.pop()
        config = entry.get("config") if isinstance(entry, dict) else None
        layers = config.get("layers") if isinstance(config, dict) else config
        if isinstance(layers, list):
            waiting.extend(reversed(layers))
        elif isinstance(config, dict):
            found.append((str(entry.get("class_name")), config))
    return found


def _does_nothing(kind: str, config: Mapping[str, Any]) -> bool:
    return kind == "Rescaling" and (config.get("scale"), config.get("offset", 0)) == (1, 0)


def _activation(kind: str, config: Mapping[str, Any]) -> str:
    """Return the activation's name; one with settings of its own is another."""
    if kind == "ReLU":
        odd = {
            n: config[n]
            for n, plain in PLAIN_RELU.items()
            if config.get(n, plain) not in (plain, 0)
        }
        return f"relu with {odd}"[:MOST_SHOWN] if odd else "relu"
    if kind in ACTIVATIONS:
        return ACTIVATIONS[kind]
    given = config.get("activation", "linear")
    name = given.get("class_name", given) if isinstance(given, dict) else given
    return str(name or "linear")[:MOST_SHOWN]
