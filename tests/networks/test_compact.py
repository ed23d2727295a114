import numpy as np
import pytest

from core.errors import WeightsError
from core.networks.compact import compact, compact_shape, scatter
from core.networks.network import REFERENCE, NetworkShape, initial_weights
from core.networks.topology import CHANNEL_LAYERS
from tests.numpy_forward import probabilities

TINY = NetworkShape((14, 14, 3), 5, (2, 3, 4, 5, 6))
KEPT = dict(
    zip(
        CHANNEL_LAYERS,
        map(np.array, ([1], [0, 2], [0, 1, 3], [2, 4], [0, 1, 4, 5])),
        strict=True,
    )
)


def weights_with_biases(shape, seed):
    rng = np.random.default_rng(seed)
    return {
        name: array if name.endswith("kernel") else rng.normal(0, 0.3, array.shape).astype("f4")
        for name, array in initial_weights(shape, seed).items()
    }


def test_compacting_takes_exactly_the_kept_entries():
    weights = weights_with_biases(TINY, 1)
    small = compact(weights, KEPT)
    assert {name: array.shape for name, array in small.items()} == compact_shape(
        TINY, KEPT
    ).parameter_shapes()
    assert small["conv2/kernel"][1, 2, 0, 1] == weights["conv2/kernel"][1, 2, 1, 2]
    # Position 3, second kept channel (4) of five: row 3 * 5 + 4 = 19; small row 3 * 2 + 1 = 7.
    assert small["dense1/kernel"][7, 2] == weights["dense1/kernel"][19, 4]
    assert np.array_equal(small["dense2/bias"], weights["dense2/bias"])


def test_scattering_back_loses_nothing_and_fills_with_zeros():
    small = compact(weights_with_biases(TINY, 2), KEPT)
    full = scatter(small, KEPT, TINY)
    again = compact(full, KEPT)
    assert all(np.array_equal(small[name], again[name]) for name in small)
    assert sum(np.count_nonzero(a) for a in full.values()) == sum(
        np.count_nonzero(a) for a in small.values()
    )


def test_compacted_and_scattered_networks_answer_the_same():
    small = compact(weights_with_biases(TINY, 3), KEPT)
    images = np.random.default_rng(4).random((6, 14, 14, 3))
    full = scatter(small, KEPT, TINY)
    assert np.abs(probabilities(small, images) - probabilities(full, images)).max() < 1e-12


def test_keeping_everything_changes_nothing():
    weights = initial_weights(REFERENCE, 5)
    everything = {layer: np.arange(REFERENCE.units[layer]) for layer in CHANNEL_LAYERS}
    small = compact(weights, everything)
    full = scatter(small, everything, REFERENCE)
    assert all(np.array_equal(weights[name], full[name]) for name in weights)


def test_a_layer_without_channels_is_refused():
    with pytest.raises(WeightsError, match="conv3 must keep at least one channel"):
        compact(initial_weights(TINY, 1), {**KEPT, "conv3": np.array([], np.int64)})


def test_a_channel_that_does_not_exist_is_refused():
    with pytest.raises(WeightsError, match="conv1 has channels 0 to 1"):
        scatter(compact(initial_weights(TINY, 1), KEPT), {**KEPT, "conv1": np.array([2])}, TINY)
