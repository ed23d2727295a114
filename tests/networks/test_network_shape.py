import pytest

from core.errors import SettingsError, WeightsError
from core.networks.network import REFERENCE, NetworkShape, initial_weights, shape_of

TINY = NetworkShape((14, 14, 3), 5, (2, 3, 4, 5, 6))


def test_the_reference_network_has_592933_parameters_layer_by_layer():
    shapes = REFERENCE.parameter_shapes()
    counts = {}
    for name, size in shapes.items():
        count = 1
        for side in size:
            count *= side
        counts[name.split("/")[0]] = counts.get(name.split("/")[0], 0) + count
    assert list(counts.values()) == [896, 9_248, 18_496, 36_928, 524_800, 2_565]
    assert REFERENCE.parameters == 592_933
    assert REFERENCE.positions == 16


def test_other_image_sizes_change_only_what_reads_the_final_map():
    # 28: 26 // 2 = 13, 11 // 2 = 5, so a 5 x 5 map of 64 channels.
    shapes = NetworkShape((28, 28, 1), 10).parameter_shapes()
    assert shapes["conv1/kernel"] == (3, 3, 1, 32)
    assert shapes["dense1/kernel"] == (5 * 5 * 64, 512)
    assert shapes["dense2/bias"] == (10,)


def test_images_too_small_for_two_poolings_are_refused():
    with pytest.raises(SettingsError, match="at least 10 x 10 pixels"):
        NetworkShape((9, 25, 3))
    assert NetworkShape((10, 10, 1)).positions == 1


def test_a_shape_survives_its_dictionary():
    assert NetworkShape.from_dict(TINY.to_dict()) == TINY


def test_initial_weights_depend_on_the_seed_only_and_biases_are_zero():
    first, again, other = (initial_weights(TINY, seed) for seed in (1, 1, 2))
    assert all((first[name] == again[name]).all() for name in first)
    assert (first["conv2/kernel"] != other["conv2/kernel"]).any()
    assert all((first[name] == 0).all() for name in first if name.endswith("bias"))


def test_initial_kernels_stay_within_the_glorot_limit():
    # conv1: fan in 9 * 3, fan out 9 * 2: limit sqrt(6 / 45) = 0.36515.
    kernel = initial_weights(TINY, 3)["conv1/kernel"]
    assert abs(kernel).max() <= 0.36515
    assert abs(kernel).max() > 0.25


def test_the_shape_is_read_from_the_weights():
    assert shape_of(initial_weights(TINY, 1), (14, 14, 3)) == TINY


def test_weights_that_do_not_fit_are_refused_by_name():
    weights = initial_weights(TINY, 1)
    with pytest.raises(WeightsError, match="dense1/kernel has the shape"):
        shape_of(weights, (25, 25, 3))
    del weights["conv3/bias"]
    with pytest.raises(WeightsError, match="lack conv3/bias"):
        shape_of(weights, (14, 14, 3))
