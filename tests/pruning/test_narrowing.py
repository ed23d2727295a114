from dataclasses import replace

import numpy as np
import pytest

from core.models.topology import READER
from core.pruning.closure import living_units
from core.pruning.narrowing import POWER, surplus, without_units
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
    gone = np.arange(UNITS) == 4
    found = without_units(magnitudes(), gone, -1.0)
    assert (found["dense1/kernel"][:, 4] == -1).all()
    assert found["dense1/bias"][4] == -1
    assert (found[f"{READER['dense1']}/kernel"][4] == -1).all()
    changed = sum(int((found[name] == -1).sum()) for name in found)
    assert changed == SHAPE.parameter_shapes()["dense1/kernel"][0] + 1 + 5


@pytest.mark.parametrize("allocation", ["lamp", "uniform", "erk"])
def test_a_narrowed_cut_is_exact_and_its_few_units_have_more_inputs_each(allocation):
    plan = replace(PLAN, allocation=allocation)
    wide, _ = Cutter(data(), replace(plan, narrow=False), 0).mask(weights(), 0.8)
    narrow, _ = Cutter(data(), plan, 0).mask(weights(), 0.8)
    assert narrow.zeros == wide.zeros == round(0.8 * SHAPE.parameters)
    assert width(narrow) <= 8 < width(wide)


@pytest.mark.parametrize("before", [0.8, 0.89, 0.9])
def test_a_unit_stays_if_only_weights_gone_already_could_take_its_place(before):
    """One unit of sixteen holds more weights than a flat ramp's step takes."""
    cutter = Cutter(data(), PLAN, 0)
    earlier, _ = Cutter(data(), replace(PLAN, narrow=False), 0).mask(weights(), before)
    later, _ = cutter.mask(earlier.apply(weights()), 0.9)
    assert later.zeros == round(0.9 * SHAPE.parameters)
    for name, kept in later.arrays.items():
        assert not (kept & ~earlier.arrays[name]).any()


def test_a_cut_without_retraining_stays_as_wide_as_its_scores():
    whole, _ = Cutter(data(), replace(PLAN, epochs=0), 0).mask(weights(), 0.5)
    assert width(whole) == UNITS
