import numpy as np
import pytest

from core.errors import SettingsError
from core.networks.network import LAYERS
from core.pruning.masks.connected import ALWAYS_KEPT, connected_cut, guarded_cut
from core.pruning.masks.dead_units import drop_dead_entries, living_units
from core.pruning.masks.mask import cut
from tests.pruning.tiny import SHAPE, weights


def magnitudes(seed=0):
    return {name: np.abs(value) for name, value in weights(seed).items()}


def collapsing():
    """Scores under which conv3 would lose every weight first."""
    return magnitudes() | {"conv3/kernel": np.full(SHAPE.parameter_shapes()["conv3/kernel"], -1.0)}


@pytest.mark.parametrize("sparsity", [0.0, 0.5, 0.9, 0.97])
def test_a_connected_cut_is_exact_and_keeps_nothing_dead(sparsity):
    mask, _ = connected_cut(magnitudes(), sparsity)
    assert mask.zeros == round(sparsity * SHAPE.parameters)
    assert drop_dead_entries(mask).zeros == mask.zeros


@pytest.mark.parametrize("sparsity", [0.85, 0.9, 0.95])
def test_no_unit_lives_without_the_bias_that_all_living_ones_keep(sparsity):
    for seed in range(10):
        biases = {name: value + 1e30 for name, value in magnitudes(seed).items() if "bias" in name}
        mask, _ = connected_cut(magnitudes(seed) | biases, sparsity)
        alive = living_units(mask.arrays)
        for layer, units in alive.items():
            assert mask.arrays[f"{layer}/bias"][units].all()


def test_a_plain_cut_wastes_entries_on_dead_units_where_a_connected_one_does_not():
    plain = cut(magnitudes(), 0.97)
    assert drop_dead_entries(plain).zeros > plain.zeros


def test_the_guard_keeps_a_path_and_says_so():
    mask, notes = guarded_cut(collapsing(), 0.9)
    assert mask.zeros == round(0.9 * SHAPE.parameters)
    assert notes == ("Layer-collapse guard: the best path through the network is kept.",)
    living = drop_dead_entries(mask)
    assert all(living.arrays[f"{layer}/kernel"].any() for layer in LAYERS)


def test_the_guard_keeps_quiet_where_nothing_dies():
    mask, notes = guarded_cut(magnitudes(), 0.5)
    assert notes == ()
    assert mask.same_as(cut(magnitudes(), 0.5))


def test_too_few_entries_for_one_path_are_refused():
    """Five of the six layers at least need an entry each, so three kept entries cannot do."""
    with pytest.raises(SettingsError, match="too few to connect 6 layers"):
        connected_cut(magnitudes(), 1 - 3 / SHAPE.parameters)


@pytest.mark.parametrize("seed", range(4))
def test_where_few_entries_are_left_the_waste_is_told(seed):
    mask, notes = connected_cut(magnitudes(seed), 0.995)
    assert mask.zeros == round(0.995 * SHAPE.parameters)
    wasted = drop_dead_entries(mask).zeros - mask.zeros
    told = [note for note in notes if "on no path" in note]
    assert [int(note.split()[0]) for note in told] == ([wasted] if wasted else [])


def test_the_guarded_path_keeps_the_biases_that_have_to_stay():
    stay = {name: np.full(value.shape, ALWAYS_KEPT) for name, value in magnitudes().items()}
    biases = {name: value for name, value in stay.items() if "bias" in name}
    mask, notes = guarded_cut(magnitudes() | biases, 1 - 14 / SHAPE.parameters)
    assert notes
    for layer, units in living_units(mask.arrays).items():
        assert mask.arrays[f"{layer}/bias"][units].all()
        assert units.any()
