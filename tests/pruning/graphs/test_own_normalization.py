"""A network that is normalized after every convolution is worth what its weights are, at once."""

from functools import lru_cache

import numpy as np
import pytest

from core.data.dataset import Dataset, Split
from core.evaluation.accuracy import accuracy, predict
from core.networks.builder import Draft
from core.networks.initializers import initial_values
from core.networks.layers import LAYER_KINDS as K
from core.networks.prepare import prepare_for
from core.progress import Silent
from core.pruning.graphs.prune_network import prune_network
from core.pruning.plan import PrunePlan
from core.training.graph_architecture import fitting, graph_architecture
from core.training.network_statistics import with_statistics
from core.training.recipe import QUICK
from core.training.statistics import ENOUGH, SMALLEST, enough, kept_nonzero
from core.training.train import train
from tests.pruning.graphs.tiny import CLASSES, SIDE

FEW = 0.04  # of the accuracy
BATCH = 16


def images(count):
    """Each class lights up one third of the rows, without noise, at a place along them."""
    labels, bright = np.arange(count) % 3, 0.3 + 0.7 * (np.arange(count) % 7) / 6
    found = np.zeros((count, SIDE, SIDE, 1), np.float32)
    for index, label in enumerate(labels):
        found[index, 3 * label : 3 * label + 3, index % 5 :] = bright[index]
    return Split(found, labels.astype(np.int64))


@lru_cache(maxsize=1)
def network():
    """A small MobileNetV2: four residual blocks, each convolution with its own normalization."""
    draft = Draft((SIDE, SIDE, 1))
    trunk = _normalised(draft, "stem", K["Conv2D"](8, (3,), padding="same", use_bias=False))
    for name in ("block1", "block2", "block3", "block4"):
        wide = K["Conv2D"](16, (1,), use_bias=False)
        _normalised(draft, f"{name}_expand", wide, trunk)
        depthwise = K["DepthwiseConv2D"]((3,), padding="same", use_bias=False)
        _normalised(draft, f"{name}_depthwise", depthwise)
        draft.add(f"{name}_project", K["Conv2D"](8, (1,), use_bias=False))
        branch = draft.add(f"{name}_project_bn", K["BatchNormalization"]())
        trunk = draft.add(f"{name}_add", K["Add"](), trunk, branch)
    draft.add("flatten", K["Flatten"]())
    draft.add("head", K["Dense"](3, "softmax"))
    return draft.network()


def _normalised(draft, name, settings, *reads):
    draft.add(name, settings, *reads)
    draft.add(f"{name}_bn", K["BatchNormalization"]())
    return draft.add(f"{name}_relu", K["ReLU"](6.0))


@lru_cache(maxsize=1)
def read():
    parts = (images(480), images(105), images(105))
    return prepare_for(Dataset("rows", CLASSES, *parts), network())


@lru_cache(maxsize=1)
def dense():
    recipe = fitting(network(), QUICK)
    architecture = graph_architecture(network(), recipe, None, 15)
    start = initial_values(network(), 0)
    return train(start, network(), read(), recipe, 0, Silent(), architecture=architecture).weights


def score(weights):
    answers = predict(weights, network(), read().validation.images)
    return accuracy(answers, read().validation.labels)


@pytest.mark.slow  # TensorFlow
@pytest.mark.parametrize(
    ("method", "settings"),
    [("slimming", {"growth": 1e4}), ("structure_selection", {}), ("l1_filter", {})],
)
def test_one_epoch_leaves_statistics_that_belong_to_the_weights(method, settings):
    """Moving statistics lag behind scales that shrink, more with every layer: down to chance."""
    plan = PrunePlan(method=method, sparsity=0.4, epochs=1, batch_size=BATCH, settings=settings)
    found = prune_network(dense(), read(), plan, 1, Silent())
    renewed = with_statistics(network(), found.weights, read(), 0)
    assert abs(score(found.weights) - score(renewed)) <= FEW


def test_no_more_images_are_passed_than_statistics_need():
    batches = [(np.zeros((ENOUGH // 2, 1)), np.zeros(ENOUGH // 2))] * 5
    assert sum(map(len, enough(batches))) == ENOUGH
    assert sum(map(len, enough(batches[:1]))) == ENOUGH // 2


def test_the_mean_of_a_silenced_channel_does_not_count_as_pruned():
    before = {"bn/moving_mean": np.array([0.5, 0, 0.5]), "k/kernel": np.array([1.0])}
    after = {"bn/moving_mean": np.array([0, 0, 0.2]), "k/kernel": np.array([0.0])}
    found = kept_nonzero(after, before)
    assert found["bn/moving_mean"] == pytest.approx([SMALLEST, 0, 0.2], rel=1e-5)
    assert found["k/kernel"] == 0
