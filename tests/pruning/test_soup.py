import numpy as np
import pytest

from core.errors import WeightsError
from core.networks.inference import layer_outputs
from core.pruning.soup import soup
from core.training.network_statistics import with_statistics
from tests.pruning.graphs.tiny import NETWORKS, data, weights

ONE = {"a": np.array([[1, 0, 3]], np.float32), "b": np.array([2.0, 0.0], np.float32)}
OTHER = {"a": np.array([[2, 0, 5]], np.float32), "b": np.array([4.0, 1.0], np.float32)}
DENSE = {"a": np.array([[1, 2, 3]], np.float32), "b": ONE["b"]}
EMPTY = {name: np.zeros_like(array) for name, array in ONE.items()}


def test_a_soup_is_the_mean_and_as_sparse_as_each():
    """A bias that happens to be 0 in one of them is a bias."""
    for networks in ([ONE, OTHER], [OTHER, ONE]):
        found = soup(networks)
        assert found["a"].tolist() == [[1.5, 0.0, 4.0]]
        assert found["b"].tolist() == [3.0, 0.5]
        assert found["a"].dtype == np.float32


def test_a_soup_of_one_network_is_that_network():
    rng = np.random.default_rng(0)
    alone = {"a": rng.normal(size=(10, 10)).astype(np.float32)}
    assert np.array_equal(soup([alone])["a"], alone["a"])
    assert np.array_equal(soup([alone, alone, alone])["a"], alone["a"])


@pytest.mark.parametrize(
    ("networks", "message"),
    [
        ([], "none was given"),
        ([ONE, {"a": ONE["a"]}], "Network 2 has other layers than the first"),
        ([ONE, OTHER, DENSE], "Network 3 has other zeros than the first in a, so the mean"),
        ([DENSE, ONE], "Network 2 has other zeros than the first in a, so the mean"),
        ([ONE, EMPTY], "Network 2 has other zeros than the first in a, so the mean"),
        (
            [{n: np.full((1, 2), v) for n in "abcde"} for v in (1, 0)],
            "zeros than the first in a, b, c and 2 more, so",
        ),
    ],
)
def test_networks_that_have_no_mean_are_refused(networks, message):
    with pytest.raises(WeightsError, match=message):
        soup(networks)


@pytest.mark.slow
def test_the_statistics_of_a_soup_are_those_of_its_own_activations():
    """The stem's convolution is linear: its mean over all images is what is normalised by."""
    network, first = NETWORKS["residual"], weights("residual")
    second = {name: value + np.float32(0.1) for name, value in first.items()}
    mixed = soup([first, second])
    found = with_statistics(network, mixed, data("residual"), 1)
    images = data("residual").train.images
    before = np.concatenate(
        [part["stem"] for part in layer_outputs(network, mixed, ["stem"], images)]
    )
    assert len(images) <= 64  # one batch
    assert found["stem_bn/moving_mean"] == pytest.approx(before.mean(axis=(0, 1, 2)), abs=1e-5)
    assert found["stem_bn/moving_variance"] == pytest.approx(before.var(axis=(0, 1, 2)), rel=2e-3)
    same = {name for name in mixed if np.array_equal(mixed[name], found[name])}
    assert {name for name in mixed if "moving" not in name} <= same


def test_a_network_without_normalization_has_nothing_to_renew():
    plain = weights("plain")
    assert with_statistics(NETWORKS["plain"], plain, data("plain"), 1) is plain
