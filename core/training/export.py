"""A compacted network as files that other programs run: Keras and LiteRT (TFLite), with latency."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from core.evaluation.cost import latency_seconds
from core.networks.forward import logits
from core.networks.network import NetworkShape, Weights, build, set_weights, shape_of

KERAS_FILE, TFLITE_FILE = "compact.keras", "compact.tflite"


def compact_export(
    small: Weights, input_shape: tuple[int, int, int], folder: Path
) -> dict[str, str | int | float]:
    """Write the small network into `folder` and return file names, sizes and latency.

    Keys: keras, keras_bytes, tflite, tflite_bytes, latency_seconds (median for one image by
    LiteRT on one thread of this machine).
    """
    shape = shape_of(small, input_shape)
    model = build(shape)
    set_weights(model, small)
    model.save(folder / KERAS_FILE)
    content = tflite(small, shape)
    (folder / TFLITE_FILE).write_bytes(content)
    return {
        "keras": KERAS_FILE,
        "keras_bytes": (folder / KERAS_FILE).stat().st_size,
        "tflite": TFLITE_FILE,
        "tflite_bytes": len(content),
        "latency_seconds": tflite_latency_seconds(content, shape),
    }


def tflite(weights: Weights, shape: NetworkShape) -> bytes:
    """Return the network as a LiteRT (TFLite) flat buffer for single images, float32."""
    import tensorflow as tf

    constants = {name: tf.constant(array) for name, array in weights.items()}
    specification = tf.TensorSpec((1, *shape.input_shape), tf.float32, name="images")

    def probabilities(images: Any) -> Any:
        return tf.nn.softmax(logits(constants, images))

    concrete = tf.function(probabilities).get_concrete_function(specification)
    return bytes(tf.lite.TFLiteConverter.from_concrete_functions([concrete]).convert())


def tflite_latency_seconds(content: bytes, shape: NetworkShape) -> float:
    """Return the median duration of one image on one thread."""
    run = tflite_runner(content)
    image = np.zeros((1, *shape.input_shape), np.float32)
    return latency_seconds(lambda: run(image))


def tflite_runner(content: bytes) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function from one image (1, height, width, channels) to (1, classes)."""
    interpreter = _interpreter(content)
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]["index"]
    target = interpreter.get_output_details()[0]["index"]

    def run(image: np.ndarray) -> np.ndarray:
        interpreter.set_tensor(source, image)
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(target))

    return run


def _interpreter(content: bytes) -> Any:
    import tensorflow as tf

    with warnings.catch_warnings():
        # TensorFlow announces the move of this class to a package we would need for nothing else.
        warnings.simplefilter("ignore", UserWarning)
        return tf.lite.Interpreter(model_content=content, num_threads=1)
