"""All clients' samples in two flat arrays, each client a slice: nothing is copied per client."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.digests import digest_of
from core.errors import SettingsError

ClientArrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Samples:
    """Samples sorted by client; client k owns rows offsets[k] to offsets[k + 1].

    inputs: (n, features) or (n, height, width, channels) float. labels: (n,) int64.
    """

    inputs: np.ndarray
    labels: np.ndarray
    offsets: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def sizes(self) -> np.ndarray:
        """Samples per client, (clients,)."""
        return np.diff(self.offsets)

    @cached_property
    def owner(self) -> np.ndarray:
        """The client every sample belongs to, (n,)."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    def of(self, client: int) -> tuple[np.ndarray, np.ndarray]:
        """Return one client's inputs and labels."""
        rows = slice(self.offsets[client], self.offsets[client + 1])
        return self.inputs[rows], self.labels[rows]

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Return the sum over each client's samples, (clients,), in float64."""
        return np.bincount(self.owner, weights=values, minlength=len(self.sizes))


@dataclass(frozen=True)
class Clients:
    """The federation's data, and what to call them."""

    name: str
    train: Samples
    validation: Samples
    classes: int

    def __len__(self) -> int:
        return len(self.train.sizes)

    @property
    def shares(self) -> np.ndarray:
        """Every client's share of all training samples, (clients,)."""
        return np.asarray(self.train.sizes / len(self.train))

    @property
    def features(self) -> int:
        """Numbers in one input."""
        return int(np.prod(self.train.inputs.shape[1:]))

    def label_counts(self) -> np.ndarray:
        """Return the training samples of each label at each client, (clients, classes)."""
        cells = self.train.owner * self.classes + self.train.labels
        counts = np.bincount(cells, minlength=len(self) * self.classes)
        return counts.reshape(len(self), self.classes)

    @cached_property
    def digest(self) -> str:
        """The identity of the content: 16 hex digits."""
        both = (self.train, self.validation)
        return digest_of(*(a for s in both for a in (s.inputs, s.labels, s.offsets)))


def join_clients(name: str, clients: Sequence[ClientArrays], classes: int | None = None) -> Clients:
    """Return the clients as one federation.

    clients: (train inputs, train labels, validation inputs, validation labels) of each.
    Raises SettingsError if there is no client, or one without training samples.
    """
    empty = [k for k, client in enumerate(clients) if len(client[1]) == 0]
    if not clients or empty:
        what = f"Client {empty[0]} has no training samples" if empty else "There are no clients"
        raise SettingsError(f"{what}. Use fewer clients or more data.")
    train = _join([client[0] for client in clients], [client[1] for client in clients])
    validation = _join([client[2] for client in clients], [client[3] for client in clients])
    if len(validation) == 0:
        raise SettingsError(
            f"None of the {len(clients)} clients has samples for validation: all are too small to "
            "hold any back. Use fewer clients, or give each more samples."
        )
    largest = int(max(train.labels.max(), validation.labels.max())) + 1
    return Clients(name, train, validation, classes or largest)


def _join(inputs: Sequence[np.ndarray], labels: Sequence[np.ndarray]) -> Samples:
    offsets = np.concatenate([[0], np.cumsum([len(own) for own in labels])]).astype(np.int64)
    return Samples(np.concatenate(inputs), np.concatenate(labels).astype(np.int64), offsets)
