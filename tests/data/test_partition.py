"""Partitions: every sample to one client, with the skew they promise."""

import numpy as np
import pytest

from core.data.dataset import Dataset, Split
from core.data.partition import (
    PARTITIONS,
    Dirichlet,
    EqualDirichlet,
    Even,
    QuantitySkew,
    Shards,
    label_counts,
    partition_clients,
)
from core.errors import SettingsError

LABELS = np.repeat(np.arange(5), 100)


def divided(partition, labels=LABELS, seed=0):
    return partition.divide(labels, np.random.default_rng(seed))


def data_set(labels=LABELS):
    images = np.arange(len(labels), dtype=np.int64)[:, None, None, None] % 256
    split = Split(images.astype(np.uint8), labels)
    return Dataset("counted", tuple("abcde"), split, split)


@pytest.mark.parametrize("name", sorted(PARTITIONS))
def test_every_sample_goes_to_exactly_one_client(name):
    parts = divided(PARTITIONS[name](clients=7))
    assert len(parts) == 7
    assert sorted(np.concatenate(parts)) == list(range(500))


@pytest.mark.parametrize("name", sorted(PARTITIONS))
def test_validation_images_are_all_asked_exactly_once(name):
    clients = partition_clients(data_set(), PARTITIONS[name](clients=7), seed=1)
    assert sum(len(client.validation_labels) for client in clients) == 500
    assert sum(len(client.train_labels) for client in clients) == 500
    assert all(len(client.train_labels) for client in clients)


def test_even_clients_have_equal_sizes_and_mixed_labels():
    parts = divided(Even(clients=5))
    assert [len(part) for part in parts] == [100] * 5
    assert label_counts(LABELS, parts, 5).min() > 5


@pytest.mark.parametrize("alpha", [0.05, 1.0, 1000.0])
def test_equal_dirichlet_clients_have_equal_sizes_whatever_their_labels(alpha):
    counts = label_counts(LABELS, divided(EqualDirichlet(clients=8, alpha=alpha)), 5)
    assert counts.sum(axis=1).tolist() == [63] * 4 + [62] * 4
    mixed = counts.max(axis=1).mean() / 62.5  # the largest label's part of a client
    assert mixed > 0.6 if alpha == 0.05 else True
    assert mixed < 0.35 if alpha == 1000.0 else True


def test_a_small_alpha_concentrates_labels_and_a_large_one_does_not():
    def largest_share(alpha):
        counts = label_counts(LABELS, divided(Dirichlet(clients=5, alpha=alpha)), 5)
        return counts.max(axis=0).mean() / 100

    assert largest_share(0.05) > 0.7
    assert largest_share(1000.0) < 0.25


def test_two_shards_hold_at_most_few_labels():
    counts = label_counts(LABELS, divided(Shards(clients=10)), 5)
    assert counts.sum(axis=1).tolist() == [50] * 10
    assert (counts > 0).sum(axis=1).max() <= 4


def test_quantity_skew_differs_in_size_but_not_in_labels():
    labels = np.tile(np.arange(5), 2000)
    parts = divided(QuantitySkew(clients=5, alpha=0.3), labels, seed=1)
    sizes = sorted(len(part) for part in parts)
    assert sizes[-1] > 3 * sizes[0]
    largest = max(parts, key=len)
    assert np.bincount(labels[largest]).std() < 0.1 * len(largest) / 5


def test_clients_are_asked_about_the_labels_they_hold():
    clients = partition_clients(data_set(), Shards(clients=5, shards_per_client=1), seed=0)
    for client in clients:
        assert set(client.validation_labels) == set(client.train_labels)


def test_nobody_is_left_without_samples():
    clients = partition_clients(data_set(), QuantitySkew(clients=50, alpha=0.01), seed=0)
    assert min(len(client.train_labels) for client in clients) == 1
    assert sum(len(client.train_labels) for client in clients) == 500


def test_images_arrive_as_floats_between_zero_and_one():
    client = partition_clients(data_set(), Even(clients=2), seed=0)[0]
    assert client.train_inputs.dtype == np.float32
    assert 0 <= client.train_inputs.min() < client.train_inputs.max() <= 1


def test_more_clients_than_images_are_refused():
    with pytest.raises(SettingsError, match="600 clients cannot share 500 training images"):
        partition_clients(data_set(), Even(clients=600), seed=0)
