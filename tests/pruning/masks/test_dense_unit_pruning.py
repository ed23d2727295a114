from dataclasses import replace

import numpy as np
import pytest

from core.pruning.masks.dead_units import living_units
from core.pruning.masks.dense_unit_pruning import POWER, surplus
from core.pruning.plan import PrunePlan
from core.pruning.unstructured import Cutter
from tests.pruning.tiny import SHAPE, data, weights

UNITS = SHAPE.units["dense1"]
PLAN = PrunePlan(method="magnitude", epochs=2)


def magnitudes():
    return {name: np.abs(value) for name, value in weights().items()}


def width(mask):
    return int(living_units(mask.arrays)["dense1"].sum())


@pytest.mark.parametrize(("sparsity", "left"), [(0.0, 16), (0.75, 7), (0.99, 2), (0.9999, 1)])
def test_a_power_of_the_density_is_left_of_the_units(sparsity, left):
    assert UNITS - surplus(magnitudes(), sparsity).sum() == left


def test_units_go_by_the_norm_of_their_inputs_times_that_of_their_readers():
    scores = {name: np.ones_like(value) for name, value in weights().items()}
    scores["dense1/kernel"][:, 3] = 0.1
    scores["dense2/kernel"][5, :] = 0.2
    scores["dense1/kernel"][:, 7] = 0.01  # but read a thousand times as strongly
    scores["dense2/kernel"][7, :] = 1000.0
    gone = surplus(scores, 1 - (14 / UNITS) ** (1 / POWER) + 1e-9)
    assert np.flatnonzero(gone).tolist() == [3, 5]


def test_a_unit_takes_its_inputs_its_bias_and_its_readers_with_it():
    gone = np.flatnonzero(surplus(magnitudes(), 0.75))
    found = Cutter(data(), PLAN, 0).scores(weights(), 0.75)
    assert (found["dense1/kernel"][:, gone] == -np.inf).all()
    assert (found["dense1/bias"][gone] == -np.inf).all()
    assert (found["dense2/kernel"][gone] == -np.inf).all()
    taken = sum(int((found[name] == -np.inf).sum()) for name in found)
    assert taken == len(gone) * (SHAPE.parameter_shapes()["dense1/kernel"][0] + 1 + 5)


@pytest.mark.parametrize("allocation", ["lamp", "uniform", "erk"])
def test_a_narrowed_cut_is_exact_and_its_few_units_have_more_inputs_each(allocation):
    plan = replace(PLAN, allocation=allocation)
    wide, _ = Cutter(data(), replace(plan, dense_unit_pruning=False), 0).mask(weights(), 0.8)
    narrow, _ = Cutter(data(), plan, 0).mask(weights(), 0.8)
    assert narrow.zeros == wide.zeros == round(0.8 * SHAPE.parameters)
    assert width(narrow) <= 8 < width(wide)


@pytest.mark.parametrize(("before", "after"), [(0.8, 0.9), (0.8559, 0.8561), (0.9, 0.9)])
def test_a_unit_stays_if_only_weights_gone_already_could_take_its_place(before, after):
    """One unit of sixteen holds more weights than a flat ramp's step takes: .8561 has 5, not 6."""
    cutter = Cutter(data(), PLAN, 0)
    earlier, _ = cutter.mask(weights(), before)
    later, _ = cutter.mask(earlier.apply(weights()), after)
    assert later.zeros == round(after * SHAPE.parameters)
    for name, kept in later.arrays.items():
        assert not (kept & ~earlier.arrays[name]).any()


def test_a_cut_without_retraining_stays_as_wide_as_its_scores():
    whole, _ = Cutter(data(), replace(PLAN, epochs=0), 0).mask(weights(), 0.5)
    assert width(whole) == UNITS
