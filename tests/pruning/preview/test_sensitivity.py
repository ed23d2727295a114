import json
from dataclasses import replace

import numpy as np
import pytest

from core.evaluation.accuracy import accuracy, predict
from core.networks.network import LAYERS
from core.networks.topology import CHANNEL_LAYERS
from core.progress import Stopped
from core.pruning.preview.sensitivity import LEVELS, analyse, drops_of, sensitivity, table_of
from core.pruning.preview.spec import SensitivityResult
from core.pruning.prune import PrunePlan
from tests.pruning.tiny import SHAPE, StopsAfter, data, weights

pytestmark = pytest.mark.slow  # TensorFlow

WEIGHTS = PrunePlan(method="magnitude", epochs=0)
CHANNELS = PrunePlan(method="l1_filter", epochs=0)


def test_a_table_has_a_row_for_every_layer_and_a_column_for_every_level():
    table = sensitivity(weights(), data(), WEIGHTS)
    assert table.layers == LAYERS
    assert table.accuracies.shape == (len(LAYERS), len(LEVELS))
    assert ((table.accuracies >= 0) & (table.accuracies <= 1)).all()


def test_channels_are_analysed_for_the_layers_that_have_them():
    table = sensitivity(weights(), data(), CHANNELS)
    assert table.layers == CHANNEL_LAYERS


def test_a_layer_that_does_nothing_costs_nothing():
    """conv3 has no positive output, so that pruning any of it changes no answer."""
    network = weights()
    network["conv3/bias"][:] = -100.0
    table = sensitivity(network, data(), WEIGHTS)
    row = table.accuracies[table.layers.index("conv2")]
    assert row == pytest.approx(np.full(len(LEVELS), table.dense))


def test_drops_start_at_nothing_and_end_at_everything():
    table = sensitivity(weights(), data(), WEIGHTS)
    for sparsities, drops in drops_of(table).values():
        assert (sparsities[0], drops[0]) == (0.0, 0.0)
        assert (sparsities[-1], drops[-1]) == (1.0, table.dense)
        assert (drops >= 0).all()


def test_an_interrupted_analysis_resumes_with_the_next_layer():
    whole = analyse(weights(), data(), WEIGHTS, 0, StopsAfter(99))
    progress = StopsAfter(3)
    with pytest.raises(Stopped):
        analyse(weights(), data(), WEIGHTS, 0, progress)
    assert len(progress.state) == 1 + 3
    progress.left = 99
    resumed = analyse(weights(), data(), WEIGHTS, 0, progress)
    assert np.array_equal(table_of(resumed).accuracies, table_of(whole).accuracies)


def test_a_table_survives_json():
    result = sensitivity(weights(), data(), CHANNELS).result("l1_filter")
    read = SensitivityResult.from_json(json.loads(json.dumps(result.to_json())))
    assert read == result
    assert read.layers == tuple(CHANNEL_LAYERS)
    assert len(read.accuracies[0]) == len(read.levels)


def test_all_classes_are_looked_at_even_if_the_images_come_class_by_class():
    validation = data().validation
    by_class = validation.take(np.argsort(validation.labels, kind="stable"))
    table = sensitivity(weights(), replace(data(), validation=by_class), CHANNELS, images=10)
    few = by_class.take(np.linspace(0, len(by_class) - 1, 10).round().astype(int))
    assert set(few.labels) == set(validation.labels)
    expected = accuracy(predict(weights(), SHAPE, few.images), few.labels)
    assert table.dense == pytest.approx(expected)
