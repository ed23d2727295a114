"""LASSO on Gram matrices against arithmetic by hand and against scikit-learn."""

import numpy as np
import pytest
from sklearn.linear_model import Lasso

from core.pruning.reconstruction import lasso

pytestmark = pytest.mark.slow  # scikit-learn


def problem(rows: int = 200, variables: int = 12, seed: int = 0):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(rows, variables)) @ rng.normal(size=(variables, variables))
    y = z @ rng.normal(size=variables) + rng.normal(size=rows)
    return z, y, z.T @ z / rows, z.T @ y / rows


def test_an_orthonormal_problem_is_soft_thresholding():
    # G = I: β = soft(h, 0.5), so 2 → 1.5, −0.4 → 0, −1 → −0.5.
    beta = lasso.solve(np.eye(3), np.array([2.0, -0.4, -1.0]), 0.5)
    np.testing.assert_allclose(beta, [1.5, 0.0, -0.5])


def test_two_correlated_variables_by_hand():
    # G = [[1, ½], [½, 1]], h = (2, 2), penalty 1: by symmetry β + β/2 = 2 − 1, β = 2/3.
    beta = lasso.solve(np.array([[1.0, 0.5], [0.5, 1.0]]), np.array([2.0, 2.0]), 1.0)
    np.testing.assert_allclose(beta, [2 / 3, 2 / 3], rtol=1e-5)


@pytest.mark.parametrize("penalty", [0.01, 0.3, 3.0, 30.0])
def test_agrees_with_scikit_learn(penalty):
    z, y, gram, correlation = problem()
    theirs = Lasso(alpha=penalty, fit_intercept=False, tol=1e-12, max_iter=100_000).fit(z, y).coef_
    ours = lasso.solve(gram, correlation, penalty)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    assert np.array_equal(ours == 0, theirs == 0)


def test_a_variable_that_leaves_again_is_gone():
    # Here the path drops variables on its way; scikit-learn solves each penalty on its own.
    z, y, gram, correlation = problem(rows=30, variables=25, seed=5)
    path, sizes = lasso.Path(gram, correlation), []
    while path.step() and path.penalty > 1e-3:
        sizes.append(len(path.active))
    assert np.min(np.diff(sizes)) == -1
    for penalty in (1.0, 0.1, 0.01):
        theirs = Lasso(alpha=penalty, fit_intercept=False, tol=1e-14, max_iter=1_000_000)
        ours = lasso.solve(gram, correlation, penalty)
        np.testing.assert_allclose(ours, theirs.fit(z, y).coef_, atol=1e-4)


def test_of_two_variables_that_say_the_same_one_is_kept():
    z, y, _, _ = problem()
    z[:, 3] = z[:, 7]
    path = lasso.Path(z.T @ z / len(z), z.T @ y / len(z))
    while path.step():
        pass
    assert len(path.active) == 11
    best = z @ path.beta
    np.testing.assert_allclose(best, z @ np.linalg.lstsq(z, y)[0], atol=1e-6)


def test_a_variable_that_is_always_zero_stays_at_zero():
    gram = np.diag([1.0, 0.0])
    np.testing.assert_array_equal(lasso.solve(gram, np.array([1.0, 0.0]), 0.1), [0.9, 0.0])


@pytest.mark.parametrize("count", range(1, 12))
def test_choose_keeps_exactly_the_wanted_number(count):
    _, _, gram, correlation = problem(seed=count)
    chosen = lasso.choose(gram, correlation, count)
    assert len(chosen) == count
    assert np.all(np.diff(chosen) > 0)


def test_choose_keeps_the_variables_that_scikit_learn_keeps_at_the_same_count():
    z, y, gram, correlation = problem(seed=3)
    wanted = {}
    for penalty in np.geomspace(60, 0.01, 400):
        theirs = Lasso(alpha=penalty, fit_intercept=False, tol=1e-8, max_iter=100_000).fit(z, y)
        kept = np.flatnonzero(theirs.coef_)
        wanted.setdefault(len(kept), set()).add(tuple(kept))
    for count in (3, 6, 9):
        assert tuple(lasso.choose(gram, correlation, count)) in wanted[count]


def test_choose_splits_twins_that_no_penalty_separates():
    # Both variables leave at the same penalty: no penalty keeps exactly one of them.
    chosen = lasso.choose(np.eye(2), np.array([1.0, 1.0]), 1)
    np.testing.assert_array_equal(chosen, [0])


def test_choose_of_more_than_are_alive_fills_up_with_dead_ones():
    chosen = lasso.choose(np.diag([0.0, 1.0, 0.0]), np.array([0.0, 1.0, 0.0]), 2)
    np.testing.assert_array_equal(chosen, [0, 1])
