"""Divide a data set among clients: evenly, by label skew, by shards, or by quantity.

Every training image goes to exactly one client. Validation images are dealt so that a client is
asked about the labels it holds; together the clients' validation sets are the data set's own.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from core.data.dataset import Dataset, Split
from core.data.synthetic import ClientData
from core.errors import SettingsError
from core.randomness import generator
from core.settings import Settings, Value, from_dict, setting, to_dict

Parts = list[np.ndarray]


@dataclass(frozen=True)
class Partition(Settings, ABC):
    """How samples are divided; its settings are the fields of its class."""

    name: ClassVar[str]
    label: ClassVar[str]

    clients: int = setting(10, low=1, high=10_000, help="Number of clients.")

    @abstractmethod
    def divide(self, labels: np.ndarray, rng: np.random.Generator) -> Parts:
        """Return the sample indices of every client; disjoint, together all."""

    def to_dict(self) -> dict[str, Value]:
        """Return name and settings for JSON."""
        return {"name": self.name, **to_dict(self)}

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> "Partition":
        """Return the partition that `to_dict` described, an even one if no name is given.

        Raises SettingsError for an unknown name or setting.
        """
        own = dict(values)
        return from_dict(partition_called(str(own.pop("name", Even.name))), own)


@dataclass(frozen=True)
class Even(Partition):
    """Every client gets a random share of the same size: IID."""

    name: ClassVar[str] = "iid"
    label: ClassVar[str] = "IID"

    def divide(self, labels: np.ndarray, rng: np.random.Generator) -> Parts:
        """Deal shuffled samples."""
        return np.array_split(rng.permutation(len(labels)), self.clients)


def _concentration() -> Any:
    return setting(
        0.3, low=0.001, high=1000.0, help="Small: few labels a client. Large: almost IID."
    )


@dataclass(frozen=True)
class Dirichlet(Partition):
    """Every label is divided among the clients in proportions drawn from Dirichlet(alpha).

    Clients end up with different numbers of samples.
    Source: Yurochkin et al. 2019, arXiv:1905.12022, section 4.
    """

    name: ClassVar[str] = "dirichlet"
    label: ClassVar[str] = "Dirichlet label skew"

    alpha: float = _concentration()

    def divide(self, labels: np.ndarray, rng: np.random.Generator) -> Parts:
        """Cut every label's shuffled samples at drawn proportions."""
        parts: list[list[np.ndarray]] = [[] for _ in range(self.clients)]
        for label in np.unique(labels):
            own = rng.permutation(np.flatnonzero(labels == label))
            proportions = rng.dirichlet(np.full(self.clients, self.alpha))
            cuts = np.rint(np.cumsum(proportions)[:-1] * len(own)).astype(int)
            for part, piece in zip(parts, np.split(own, cuts), strict=True):
                part.append(piece)
        return [np.concatenate(part) for part in parts]


@dataclass(frozen=True)
class EqualDirichlet(Partition):
    """Every client draws its mix of labels from Dirichlet(alpha x the labels' shares).

    All have the same number of samples, drawn without replacement; a label that runs out leaves
    its part of the mix to the others.
    Source: Hsu et al. 2019, arXiv:1909.06335, section 3.
    """

    name: ClassVar[str] = "equal_dirichlet"
    label: ClassVar[str] = "Dirichlet label skew, equal sizes"

    alpha: float = _concentration()

    def divide(self, labels: np.ndarray, rng: np.random.Generator) -> Parts:
        """Let the clients draw sample by sample, one client after the other."""
        known, counts = np.unique(labels, return_counts=True)
        left = [rng.permutation(np.flatnonzero(labels == label)).tolist() for label in known]
        parts = []
        for size in map(len, np.array_split(labels, self.clients)):
            mix = rng.dirichlet(self.alpha * counts / len(labels))
            parts.append(np.array([_draw(mix, left, rng) for _ in range(size)], np.int64))
        return parts


def _draw(mix: np.ndarray, left: list[list[int]], rng: np.random.Generator) -> int:
    """Return one sample of a label drawn from the mix of those that are not used up."""
    odds = np.where([bool(own) for own in left], np.maximum(mix, 1e-12), 0.0)
    return left[int(rng.choice(len(odds), p=odds / odds.sum()))].pop()


@dataclass(frozen=True)
class Shards(Partition):
    """Samples sorted by label, cut into equal shards, a few dealt to every client.

    Source: McMahan et al. 2017, arXiv:1602.05629 (two shards a client).
    """

    name: ClassVar[str] = "shards"
    label: ClassVar[str] = "Shards of labels"

    shards_per_client: int = setting(
        2, low=1, high=100, help="About how many labels a client sees."
    )

    def divide(self, labels: np.ndarray, rng: np.random.Generator) -> Parts:
        """Deal shuffled shards."""
        count = self.clients * self.shards_per_client
        shuffled = rng.permutation(len(labels))
        by_label = shuffled[np.argsort(labels[shuffled], kind="stable")]
        shards = np.array_split(by_label, count)
        dealt = rng.permutation(count).reshape(self.clients, self.shards_per_client)
        return [np.concatenate([shards[shard] for shard in own]) for own in dealt]


@dataclass(frozen=True)
class QuantitySkew(Partition):
    """Clients hold the same mix of labels but very different numbers of samples.

    Sizes are proportional to a draw from Dirichlet(alpha).
    Source: Li et al. 2022, arXiv:2102.02079.
    """

    name: ClassVar[str] = "quantity"
    label: ClassVar[str] = "Quantity skew"

    alpha: float = setting(
        0.5, low=0.001, high=1000.0, help="Small: one client holds most. Large: equal sizes."
    )

    def divide(self, labels: np.ndarray, rng: np.random.Generator) -> Parts:
        """Cut the shuffled samples at drawn proportions."""
        proportions = rng.dirichlet(np.full(self.clients, self.alpha))
        cuts = np.rint(np.cumsum(proportions)[:-1] * len(labels)).astype(int)
        return np.split(rng.permutation(len(labels)), cuts)


PARTITIONS: dict[str, type[Partition]] = {
    cls.name: cls for cls in (Even, Dirichlet, EqualDirichlet, Shards, QuantitySkew)
}


def partition_called(name: str) -> type[Partition]:
    """Return the partition of this name. Raises SettingsError with the known ones."""
    if name not in PARTITIONS:
        known = ", ".join(PARTITIONS)
        raise SettingsError(f"There is no partition {name!r}. Choose: {known}.")
    return PARTITIONS[name]


def partition_clients(dataset: Dataset, partition: Partition, seed: int) -> list[ClientData]:
    """Return every client's images as float32 in [0, 1], (n, height, width, channels).

    A client that drew nothing gets one sample from the largest client, so that every client has
    something to train on. Raises SettingsError if there are more clients than training images.
    """
    train, validation = dataset.train, dataset.validation
    if partition.clients > len(train):
        raise SettingsError(
            f"{partition.clients} clients cannot share {len(train)} training images. "
            f"Choose at most {len(train)} clients."
        )
    parts = _nobody_empty(partition.divide(train.labels, generator(seed, "partition")))
    counts = label_counts(train.labels, parts, len(dataset.class_names))
    asked = _dealt_like(validation.labels, counts, generator(seed, "partition", "validation"))
    return [_client(train, validation, *own) for own in zip(parts, asked, strict=True)]


def label_counts(labels: np.ndarray, parts: Parts, classes: int) -> np.ndarray:
    """Return how many samples of each label each client holds, (clients, classes)."""
    return np.stack([np.bincount(labels[part], minlength=classes) for part in parts])


def _nobody_empty(parts: Parts) -> Parts:
    filled = list(parts)
    for client, part in enumerate(parts):
        if len(part) == 0:
            largest = max(range(len(filled)), key=lambda k: len(filled[k]))
            filled[client], filled[largest] = filled[largest][:1], filled[largest][1:]
    return filled


def _dealt_like(labels: np.ndarray, counts: np.ndarray, rng: np.random.Generator) -> Parts:
    """Return validation indices per client, each label dealt in proportion to `counts`."""
    parts: list[list[np.ndarray]] = [[] for _ in counts]
    for label in np.unique(labels):
        held = counts[:, label] if counts[:, label].any() else counts.sum(axis=1)
        own = rng.permutation(np.flatnonzero(labels == label))
        cuts = np.rint(np.cumsum(held)[:-1] / held.sum() * len(own)).astype(int)
        for part, piece in zip(parts, np.split(own, cuts), strict=True):
            part.append(piece)
    return [np.concatenate(part) for part in parts]


def _client(train: Split, validation: Split, own: np.ndarray, asked: np.ndarray) -> ClientData:
    mine, questions = train.take(np.sort(own)), validation.take(np.sort(asked))
    return ClientData(mine.as_float(), mine.labels, questions.as_float(), questions.labels)
