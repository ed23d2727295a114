"""Clients joined into flat arrays."""

import numpy as np
import pytest

from core.errors import SettingsError
from core.federated.clients import join_clients
from tests.federated.federations import client


def test_every_client_keeps_its_own_rows():
    joined = join_clients("two", [client(3), client(2, label=1)])
    inputs, labels = joined.train.of(1)
    assert inputs.tolist() == [[0, 1], [2, 3]]
    assert labels.tolist() == [1, 1]
    assert joined.train.sizes.tolist() == [3, 2]
    assert (len(joined), joined.features, joined.classes) == (2, 2, 2)


def test_the_heat_map_counts_labels_per_client():
    joined = join_clients("two", [client(3), client(2, label=1)])
    assert joined.label_counts().tolist() == [[3, 0], [0, 2]]


def test_sums_add_up_each_clients_samples():
    joined = join_clients("two", [client(3), client(2)])
    assert joined.train.sums(np.array([1.0, 1, 1, 5, 5])).tolist() == [3.0, 10.0]


def test_a_client_without_samples_is_refused():
    with pytest.raises(SettingsError, match="Client 1 has no training samples"):
        join_clients("two", [client(3), client(0)])


def test_no_clients_are_refused():
    with pytest.raises(SettingsError, match="There are no clients"):
        join_clients("none", [])


def test_the_digest_follows_the_content():
    one, again, other = (join_clients("x", [client(n)]).digest for n in (3, 3, 4))
    assert one == again != other
