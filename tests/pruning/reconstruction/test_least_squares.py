"""Least squares on moments against NumPy's on the raw rows."""

import numpy as np
import pytest

from core.pruning.reconstruction.least_squares import (
    Moments,
    moments,
    refit,
    refit_masked,
    stack,
    unstack,
    with_constant,
)


def rows_and_outputs():
    rng = np.random.default_rng(0)
    x = rng.normal(1, 1, (400, 7)).astype(np.float32)
    y = (x @ rng.normal(size=(7, 3)) + rng.normal(size=(400, 3))).astype(np.float32)
    return x, y


def test_moments_by_hand():
    # Rows 1 and 3, outputs 2 and 4, with the constant: mean x² = 5, mean x = 2, mean xy = 7.
    of = moments(np.array([[1.0], [3.0]]), np.array([[2.0], [4.0]]))
    np.testing.assert_allclose(of.gram, [[5, 2], [2, 1]])
    np.testing.assert_allclose(of.target, [[7], [3]])


def test_refit_without_ridge_is_ordinary_least_squares_with_intercept():
    x, y = rows_and_outputs()
    wanted = np.linalg.lstsq(with_constant(x), y, rcond=None)[0]
    np.testing.assert_allclose(refit(moments(x, y), np.zeros((8, 3)), 0.0), wanted, atol=1e-4)


def test_a_strong_ridge_stays_at_the_old_weights():
    x, y = rows_and_outputs()
    old = np.random.default_rng(1).normal(size=(8, 3))
    np.testing.assert_allclose(refit(moments(x, y), old, 1e9), old, atol=1e-6)


def test_refit_minimises_the_ridge_objective():
    x, y = rows_and_outputs()
    old, ridge = np.ones((8, 3)), 0.3
    of = moments(x, y)
    strength = ridge * np.trace(of.gram) / 8

    def objective(matrix):
        error = np.square(y - with_constant(x) @ matrix).sum(axis=1).mean()
        return error + strength * np.square(matrix - old).sum()

    best = refit(of, old, ridge)
    rng = np.random.default_rng(2)
    assert all(
        objective(best) < objective(best + 0.01 * rng.normal(size=best.shape)) for _ in range(20)
    )


@pytest.mark.parametrize("ridge", [0.0, 0.1])
def test_masked_refit_is_each_units_own_least_squares(ridge):
    x, y = rows_and_outputs()
    rng = np.random.default_rng(3)
    kept = rng.random((8, 3)) < 0.6
    old = rng.normal(size=(8, 3))
    of = moments(x, y)
    got = refit_masked(of, old, kept, ridge, iterations=30)
    strength = ridge * np.trace(of.gram) / 8
    for unit in range(3):
        own = np.flatnonzero(kept[:, unit])
        system = of.gram[np.ix_(own, own)] + strength * np.eye(len(own))
        wanted = np.linalg.solve(system, of.target[own, unit] + strength * old[own, unit])
        np.testing.assert_allclose(got[own, unit], wanted, atol=1e-6)


def test_masked_entries_stay_exactly_zero():
    x, y = rows_and_outputs()
    kept = np.random.default_rng(3).random((8, 3)) < 0.5
    got = refit_masked(moments(x, y), np.ones((8, 3)), kept, 1e-3, iterations=10)
    assert not got[~kept].any()
    assert not np.signbit(got[~kept]).any()


def test_a_unit_without_kept_inputs_stays_zero_and_finite():
    of = Moments(np.eye(3), np.ones((3, 2)))
    kept = np.array([[True, False]] * 3)
    got = refit_masked(of, np.zeros((3, 2)), kept, 0.0, iterations=5)
    np.testing.assert_allclose(got, [[1, 0]] * 3)


def test_stack_and_unstack_are_inverse():
    rng = np.random.default_rng(0)
    kernel = rng.normal(size=(3, 3, 2, 4)).astype(np.float32)
    bias = rng.normal(size=4).astype(np.float32)
    back_kernel, back_bias = unstack(stack(kernel, bias), kernel.shape)
    np.testing.assert_array_equal(back_kernel, kernel)
    np.testing.assert_array_equal(back_bias, bias)
