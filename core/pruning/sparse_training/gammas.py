"""What sparse training has made of the scales γ of batch normalisation: a note, and back."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from core.networks.network import Weights
from core.networks.topology import CHANNEL_LAYERS, READER, readers
from core.training.architecture import Values

START = 0.5
NEAR = START / 10  # a scale below a tenth of where it started is near zero

NOTE = re.compile(
    r"Scales γ after sparse training: (\d+) of the (\d+) that went were below [\d.]+; "
    r"those that stayed lay between ([\d.]+) and ([\d.]+)\."
)


@dataclass(frozen=True)
class Gammas:
    """near: how many of the `cut` scales that went were near zero. low, high: of those that stay.

    Read back from notes, of several rounds: the sums, and the last round's low and high.
    """

    near: int
    cut: int
    low: float
    high: float

    @property
    def note(self) -> str:
        """The same as a sentence of a run's notes."""
        return (
            f"Scales γ after sparse training: {self.near} of the {self.cut} that went were below "
            f"{NEAR:g}; those that stayed lay between {self.low:.3f} and {self.high:.3f}."
        )


def reached(scales: Mapping[str, np.ndarray], kept: Mapping[str, np.ndarray]) -> Gammas:
    """Return what became of the scales: layer -> (channels,), of which `kept` (indices) stay."""
    sizes = {layer: np.abs(scales[layer]) for layer in CHANNEL_LAYERS}
    cut = np.concatenate([np.delete(sizes[layer], kept[layer]) for layer in CHANNEL_LAYERS])
    stay = np.concatenate([sizes[layer][kept[layer]] for layer in CHANNEL_LAYERS])
    return Gammas(int((cut < NEAR).sum()), len(cut), float(stay.min()), float(stay.max()))


def gammas_of(notes: Iterable[str]) -> Gammas | None:
    """Return what a run's notes say of its scales, all rounds together; None if nothing."""
    found = [match.groups() for note in notes if (match := NOTE.fullmatch(note))]
    if not found:
        return None
    near, cut = (sum(int(each[place]) for each in found) for place in (0, 1))
    low, high = (float(found[-1][place]) for place in (2, 3))
    return Gammas(near, cut, low, high)


def gamma_name(layer: str) -> str:
    """Return the name of the layer's variable of scales."""
    return f"{layer}_norm/gamma"


def constants_kept(folded: Weights, values: Values, kept: Mapping[str, np.ndarray]) -> Weights:
    """Return plain weights whose biases hold what the channels that go emit on average.

    A channel whose γ is near zero emits relu(β) whatever it sees, which its readers have learnt to
    count on. values: of the batch-normalised network, of which `folded` are the plain weights.
    """
    weights = {name: value.copy() for name, value in folded.items()}
    for layer in CHANNEL_LAYERS:
        emitted = rectified_mean(values[gamma_name(layer)], values[f"{layer}_norm/beta"])
        emitted[kept[layer]] = 0.0
        moved = np.einsum("c,pco->o", emitted, readers(weights, layer))
        weights[f"{READER[layer]}/bias"] += moved.astype(np.float32)
    return weights


def rectified_mean(gamma: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """Return the mean of relu(γẑ + β), float64, for a standard normal ẑ: βΦ(β/|γ|) + |γ|φ(β/|γ|).

    Max-pooling and the zero padding of a reader are left out of it.
    """
    size, shift = np.abs(gamma).astype(np.float64), beta.astype(np.float64)
    ratio = shift / np.maximum(size, 1e-12)
    below = np.array([0.5 * (1 + math.erf(each / math.sqrt(2))) for each in ratio])
    return np.asarray(shift * below + size * np.exp(-0.5 * ratio**2) / math.sqrt(2 * math.pi))
