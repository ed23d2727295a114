"""Windows that slide over an image: sizes, padding as TensorFlow pads, and views of them."""

from collections.abc import Sequence

import numpy as np

from core.errors import SettingsError


def output_sizes(
    sizes: Sequence[int],
    window: Sequence[int],
    strides: Sequence[int],
    padding: str,
    dilation: Sequence[int],
) -> tuple[int, ...]:
    """Return the number of windows along each axis. Raises SettingsError if there are none."""
    if padding not in ("same", "valid"):
        raise SettingsError(f"padding is {padding!r}; supported are 'same' and 'valid'.")
    found = tuple(
        -(-size // stride) if padding == "same" else (size - (width - 1) * step - 1) // stride + 1
        for size, width, stride, step in zip(sizes, window, strides, dilation, strict=True)
    )
    if min(found) < 1:
        raise SettingsError(f"its window {tuple(window)} is larger than its input {tuple(sizes)}.")
    return found


def padded(
    images: np.ndarray,
    window: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
    value: float,
) -> np.ndarray:
    """Return images (n, ..., channels) padded for "same": an odd pixel goes to the end."""
    widths = same_borders(images.shape[1:-1], window, strides, dilation)
    return np.pad(images, [(0, 0), *widths, (0, 0)], constant_values=value)


def same_borders(
    sizes: Sequence[int], window: Sequence[int], strides: Sequence[int], dilation: Sequence[int]
) -> list[tuple[int, int]]:
    """Return (before, after) for each axis of what "same" pads: an odd pixel goes to the end."""
    borders = []
    for size, width, stride, step in zip(sizes, window, strides, dilation, strict=True):
        missing = max(0, (-(-size // stride) - 1) * stride + (width - 1) * step + 1 - size)
        borders.append((missing // 2, missing - missing // 2))
    return borders


def onnx_window(
    sizes: Sequence[int],
    window: Sequence[int],
    strides: Sequence[int],
    padding: str,
    dilation: Sequence[int],
) -> dict[str, tuple[int, ...]]:
    """Return the attributes of a sliding window in ONNX: all borders before, then all after."""
    borders = [(0, 0)] * len(window)
    if padding == "same":
        borders = same_borders(sizes, window, strides, dilation)
    return {
        "kernel_shape": tuple(window),
        "strides": tuple(strides),
        "dilations": tuple(dilation),
        "pads": (*(before for before, _ in borders), *(after for _, after in borders)),
    }


def sliding(
    images: np.ndarray, window: Sequence[int], strides: Sequence[int], dilation: Sequence[int]
) -> np.ndarray:
    """Return a view (n, ..., channels, *window) of every window of (n, ..., channels)."""
    rank = len(window)
    reach = [(width - 1) * step + 1 for width, step in zip(window, dilation, strict=True)]
    axes = tuple(range(1, rank + 1))
    views = np.lib.stride_tricks.sliding_window_view(images, reach, axes)
    steps = [slice(None), *(slice(None, None, stride) for stride in strides), slice(None)]
    return views[tuple(steps) + tuple(slice(None, None, step) for step in dilation)]
