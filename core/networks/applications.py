"""The models of keras.applications as networks, from their configurations; no weights are fetched.

Keras names the models, so asking for one imports it.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from core.errors import NotFoundError, SettingsError
from core.networks.graph import Network
from core.networks.keras_files.architecture import Architecture, parse

PREFIX = "applications:"
# Those of Keras 3.15; listing them needs no Keras. A test compares them with Keras's own.
NAMES = (
    *("ConvNeXtTiny", "ConvNeXtSmall", "ConvNeXtBase", "ConvNeXtLarge", "ConvNeXtXLarge"),
    *("DenseNet121", "DenseNet169", "DenseNet201"),
    *(f"EfficientNetB{number}" for number in range(8)),
    *(f"EfficientNetV2{size}" for size in ("B0", "B1", "B2", "B3", "S", "M", "L")),
    *("InceptionResNetV2", "InceptionV3"),
    *("MobileNet", "MobileNetV2", "MobileNetV3Small", "MobileNetV3Large"),
    *("NASNetMobile", "NASNetLarge"),
    *("ResNet50", "ResNet101", "ResNet152", "ResNet50V2", "ResNet101V2", "ResNet152V2"),
    *("VGG16", "VGG19", "Xception"),
)


@lru_cache(maxsize=4)
def application(
    name: str, input_shape: tuple[int, int, int] = (224, 224, 3), classes: int = 1000
) -> Network:
    """Return a model of keras.applications without weights.

    Raises NotFoundError for an unknown name, SettingsError for images that the model cannot read.
    """
    return _described(model(name, input_shape, classes)).network


def model(name: str, input_shape: Sequence[int], classes: int) -> Any:
    """Return Keras's model with random weights.

    Raises NotFoundError for an unknown name, SettingsError for images that the model cannot read.
    """
    if name not in NAMES:
        raise NotFoundError(f"keras.applications has no {name[:60]!r}. It has {', '.join(NAMES)}.")
    import keras

    try:
        return getattr(keras.applications, name)(
            weights=None, input_shape=tuple(input_shape), classes=classes
        )
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise SettingsError(
            f"{name} cannot read images of {tuple(input_shape)}: {reason}"
        ) from error


def _described(model: Any) -> Architecture:
    """Return the architecture of a Keras model that this program made."""
    return parse(json.dumps({"module": "keras", **json.loads(model.to_json())}))
