"""One client's samples in LEAF's JSON: a list x of numbers and a list y of class numbers."""

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.errors import UploadError
from core.names import plain_name

MOST_CLASSES = 10_000
MOST_FEATURES = 1_000_000  # of one sample
LOOKED_AT = 100  # samples of a client, for texts


def samples_of(entry: Any, user: str) -> tuple[np.ndarray, np.ndarray]:
    """Return (x (n, …) float32, y (n,) int64) of one entry of user_data.

    Labels may be a table's column or one-hot. Raises UploadError naming the user.
    """
    shown = plain_name(user)
    x, y = (entry.get(key) if isinstance(entry, dict) else None for key in "xy")
    if not isinstance(x, list) or not isinstance(y, list) or len(x) != len(y):
        raise UploadError(
            f"The client {shown} needs a list x and a list y of the same length. Export it again."
        )
    if not x:
        return np.empty((0, 0), np.float32), np.empty(0, np.int64)
    if any(map(_holds_text, x[:LOOKED_AT])):
        raise UploadError(
            f"The samples of client {shown} are texts; clients are trained on numbers. Export "
            "every sample as a list of the same number of numbers, such as its words' counts."
        )
    return _features(x, shown), _labels(y, shown)


def _holds_text(sample: Any) -> bool:
    """Tell whether a sample is a text, or lists one; digits in quotes are a number."""
    values = sample if isinstance(sample, list) else [sample]
    return any(isinstance(value, str) and not _is_number(value) for value in values)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _numbers(values: list[Any], refusal: str) -> np.ndarray:
    try:
        return np.array(values, dtype=np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise UploadError(refusal) from error


def _features(x: list[Any], shown: str) -> np.ndarray:
    features = _numbers(
        x,
        f"The samples of client {shown} are ragged or no numbers. "
        "Every sample must be a list of the same number of numbers.",
    )
    if features.ndim < 2 or features.size == 0:
        what = "single numbers" if features.ndim < 2 else "empty"
        raise UploadError(
            f"The samples of client {shown} are {what}. "
            "Every sample must be a list of the same number of numbers."
        )
    if math.prod(features.shape[1:]) > MOST_FEATURES:
        raise UploadError(
            f"The samples of client {shown} have the shape {features.shape[1:]}, more than "
            f"{MOST_FEATURES:,} numbers each. Export fewer features."
        )
    with np.errstate(over="ignore"):
        converted = features.astype(np.float32)
    if not np.isfinite(converted).all():
        raise UploadError(
            f"The samples of client {shown} contain null, NaN or infinite values. Replace them."
        )
    return converted


def _labels(y: list[Any], shown: str) -> np.ndarray:
    remedy = "Number the classes from 0."
    labels = _numbers(y, f"The labels of client {shown} are no numbers{_example(y)}. {remedy}")
    if labels.ndim == 2 and labels.shape[1] == 1:  # as a table's column
        labels = labels[:, 0]
    if labels.ndim == 2 and _is_one_hot(labels):
        labels = np.argmax(labels, axis=1).astype(np.float64)
    is_class = np.isfinite(labels) & (labels == np.floor(labels)) & (labels >= 0)
    if labels.ndim != 1 or not is_class.all():
        odd = y if labels.ndim != 1 else [y[int(np.argmin(is_class))]]
        raise UploadError(
            f"The labels of client {shown} are not class numbers from 0{_example(odd)}. {remedy}"
        )
    if labels.max() >= MOST_CLASSES:
        raise UploadError(
            f"The labels of client {shown} go up to {labels.max():,.0f}; at most "
            f"{MOST_CLASSES:,} classes are accepted. Number the classes from 0 without gaps."
        )
    return labels.astype(np.int64)


def _example(y: Sequence[Any]) -> str:
    return f" (found {plain_name(json.dumps(y[0]), longest=30)})"


def _is_one_hot(labels: np.ndarray) -> bool:
    return bool(np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all())
