"""How well a network classifies: probabilities, accuracy, loss, per class, confusion."""

import numpy as np

from core.networks import inference
from core.networks.forward import predict_logits
from core.networks.graph import Network
from core.networks.network import NetworkShape, Weights, check_weights
from core.networks.output_layer import ends_in, is_left_out

SMALLEST_PROBABILITY = 1e-7


def predict(
    weights: Weights, shape: NetworkShape | Network, images: np.ndarray, batch: int = 500
) -> np.ndarray:
    """Return the (n, classes) float32 probabilities of images (n, height, width, channels)."""
    check_weights(weights, shape)
    if isinstance(shape, Network):
        return _of_network(shape, weights, images)
    return softmax(predict_logits(weights, images, batch))


def _of_network(network: Network, weights: Weights, images: np.ndarray) -> np.ndarray:
    """Return probabilities of which the largest is the class that the network's file chooses."""
    logits = inference.logits(network, weights, images)
    found = softmax(logits)
    if not is_left_out(network):
        return _choosing(found, logits)
    if ends_in(network) == "softmax":
        return found
    return _choosing(found, inference.outputs(network, weights, images))


def _choosing(found: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Return the probabilities with the largest where the outputs have theirs.

    Rounding makes outputs equal whose logits are not (a sigmoid's above 17), and the other way
    round; the class that is chosen is the outputs' first largest.
    """
    rows = np.flatnonzero(found.argmax(axis=1) != outputs.argmax(axis=1))
    right, wrong = outputs[rows].argmax(axis=1), found[rows].argmax(axis=1)
    largest = np.nextafter(found[rows, wrong], np.float32(2))
    found[rows, wrong], found[rows, right] = found[rows, right], largest
    return found


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return rows of positive numbers that sum to 1."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def accuracy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of images whose most probable class is the label."""
    return float(np.mean(probabilities.argmax(axis=1) == labels))


def loss(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean cross-entropy in nats."""
    chosen = probabilities[np.arange(len(labels)), labels]
    return float(-np.mean(np.log(np.maximum(chosen, SMALLEST_PROBABILITY), dtype=np.float64)))


def confusion(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return (classes, classes) counts: row = true class, column = predicted class."""
    classes = probabilities.shape[1]
    pairs = labels * classes + probabilities.argmax(axis=1)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def per_class_accuracy(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return (classes,) shares of each class's images found; NaN for a class without images."""
    counts = confusion(probabilities, labels)
    images = counts.sum(axis=1)
    found = np.full(len(images), np.nan)
    np.divide(np.diag(counts), images, out=found, where=images > 0)
    return found


def class_accuracies(probabilities: np.ndarray, labels: np.ndarray) -> tuple[float | None, ...]:
    """Return each class's share of right predictions, None for a class without images."""
    shares = per_class_accuracy(probabilities, labels)
    return tuple(None if np.isnan(share) else float(share) for share in shares)


def agreement(probabilities: np.ndarray, others: np.ndarray) -> float:
    """Return the share of images on which two networks choose the same class."""
    return float(np.mean(probabilities.argmax(axis=1) == others.argmax(axis=1)))
