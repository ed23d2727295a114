"""Any network as files that other programs run, each read again: Keras, LiteRT (TFLite), ONNX."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import WeightsError
from core.evaluation.cost import latency_seconds
from core.networks.formats.onnx_file import onnx_bytes, onnx_runner
from core.networks.graph import Network
from core.networks.keras_files.writer import write_network
from core.networks.keras_model import build, put
from core.randomness import generator
from core.training.export import KERAS_FILE, TFLITE_FILE, tflite_runner

ONNX_FILE = "compact.onnx"
TOLERANCE = 1e-5  # of the largest output
IMAGES = 2
Files = dict[str, str | int | float]


def compact_files(
    network: Network, weights: Mapping[str, np.ndarray], folder: Path, scratch: Path | None = None
) -> Files:
    """Write the network into `folder` and return file names, sizes and latency.

    Keys: keras, keras_bytes, tflite, tflite_bytes, latency_seconds (median for one image by LiteRT
    on one thread of this machine), onnx, onnx_bytes. A LiteRT or ONNX file that predicts
    differently is not written: then tflite_refused or onnx_refused says why. Raises WeightsError if
    the Keras file does not hold the network.
    """
    write_network(folder / KERAS_FILE, network, weights, scratch=scratch)
    found: Files = {"keras": KERAS_FILE, "keras_bytes": (folder / KERAS_FILE).stat().st_size}
    model = build(network)
    put(model, network, weights)
    return (
        found | _litert_file(model, network, folder) | _onnx_file(model, network, weights, folder)
    )


def _litert_file(model: Any, network: Network, folder: Path) -> Files:
    try:
        content = litert(model, network)
    except WeightsError as error:  # hours of pruning are not lost for one of its formats
        return {"tflite_refused": str(error)}
    (folder / TFLITE_FILE).write_bytes(content)
    run, image = tflite_runner(content), np.zeros((1, *network.input_shape), np.float32)
    return {
        "tflite": TFLITE_FILE,
        "tflite_bytes": len(content),
        "latency_seconds": latency_seconds(lambda: run(image)),
    }


def _onnx_file(
    model: Any, network: Network, weights: Mapping[str, np.ndarray], folder: Path
) -> Files:
    try:
        content = onnx_bytes(network, weights)
        check_same(model, onnx_runner(content), network, "ONNX")
    except WeightsError as error:
        return {"onnx_refused": str(error)}
    (folder / ONNX_FILE).write_bytes(content)
    return {"onnx": ONNX_FILE, "onnx_bytes": len(content)}


def litert(model: Any, network: Network) -> bytes:
    """Return the network as a LiteRT (TFLite) flat buffer for single images, float32.

    model: the network in Keras. Raises WeightsError unless LiteRT's own interpreter predicts the
    same with it.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    specification = tf.TensorSpec((1, *network.input_shape), tf.float32, name="images")

    def predict(images: Any) -> Any:
        return model(images, training=False)

    concrete = tf.function(predict, autograph=False).get_concrete_function(specification)
    frozen = convert_variables_to_constants_v2(concrete)
    try:
        content = bytes(tf.lite.TFLiteConverter.from_concrete_functions([frozen]).convert())
    except Exception as error:  # the converter raises its own class for layers it does not know
        reason = " ".join(str(error).split())[:200]
        raise WeightsError(f"LiteRT cannot take this network ({reason}).") from error
    check_same(model, tflite_runner(content), network, "LiteRT")
    return content


def check_same(model: Any, run: Any, network: Network, format_: str) -> None:
    """Raise WeightsError unless `run` answers single random images as the Keras model does."""
    images = generator(0, "exported").random((IMAGES, *network.input_shape)).astype(np.float32)
    wanted = np.asarray(model(images, training=False))
    found = np.concatenate([np.asarray(run(image[None])) for image in images])
    apart = float(np.abs(wanted - found).max() / max(np.abs(wanted).max(), 1e-30))
    if not apart <= TOLERANCE:
        raise WeightsError(
            f"The {format_} file predicts differently (by {apart:.1e}), so it is not offered. "
            "Please report this with the network."
        )
