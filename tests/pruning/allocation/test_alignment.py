import pytest

from core.networks.network import REFERENCE, NetworkShape
from core.networks.topology import CHANNEL_LAYERS, parameters_of
from core.pruning.allocation.alignment import CONVOLUTIONS, STEP, aligned
from core.pruning.allocation.channels import channel_counts
from tests.pruning.allocation.test_channels import scores
from tests.pruning.tiny import SHAPE


def widths(*counts):
    return dict(zip(CHANNEL_LAYERS, counts, strict=True))


def test_the_nearest_aligned_widths_are_found_by_hand():
    """Of conv3's 8, 16, 24, … 24 is nearest to 22; dense1 takes what that leaves."""
    wanted = widths(32, 32, 22, 64, 17)
    target = parameters_of(widths(32, 32, 24, 64, 17), REFERENCE)
    assert aligned(wanted, REFERENCE, target) == widths(32, 32, 24, 64, 17)


@pytest.mark.parametrize("sparsity", [0.3, 0.8, 0.9, 0.95, 0.98, 0.99])
def test_balanced_convolutions_are_multiples_of_eight(sparsity):
    counts = channel_counts(scores(REFERENCE), REFERENCE, "balanced", sparsity)
    assert all(counts[layer] % STEP == 0 for layer in CONVOLUTIONS)
    a_unit = REFERENCE.positions * counts["conv4"] + 1 + REFERENCE.classes
    left = parameters_of(counts, REFERENCE)
    assert abs(left - (1 - sparsity) * REFERENCE.parameters) <= a_unit / 2 + 1


def test_the_papers_allocations_are_left_to_the_channel():
    counts = channel_counts(scores(REFERENCE), REFERENCE, "uniform", 0.9)
    assert any(counts[layer] % STEP for layer in CONVOLUTIONS)


def test_widths_stay_as_they_are_where_none_is_near():
    few = widths(2, 2, 3, 3, 4)
    assert aligned(few, SHAPE, parameters_of(few, SHAPE)) == few


def test_a_layer_narrowed_before_may_keep_its_width():
    narrowed = NetworkShape((25, 25, 3), 5, (12, 32, 64, 64, 20))
    whole = widths(12, 32, 64, 64, 20)
    assert aligned(whole, narrowed, narrowed.parameters) == whole
