from dataclasses import replace

import numpy as np
import pytest

from core.progress import Silent, Stopped
from core.pruning.proposals import START, Entry, plan_of, propose
from core.pruning.search import FIRST_RUNG, SECOND_RUNG, compete
from tests.pruning.tiny import SHAPE, StopsAfter, data, weights

MINUTES = 0.01


def entry(score, **values):
    return Entry({**START, **values}, 3, 2 * score - 0.98, 0.98, score, 1.0)


def unseen():
    """Data whose holdout cannot be read: the competition must never look at it."""
    return replace(data(), holdout=None)


def test_the_first_proposal_is_the_known_good_start():
    assert propose([], 0) == START


def test_proposals_depend_on_what_was_tried_and_the_seed_only():
    tried = [entry(0.8), entry(0.85, sparsity=0.985)]
    assert propose(tried, 3) == propose(tried, 3)
    assert propose(tried, 3) != propose(tried, 4)
    assert propose(tried, 3) != propose(tried[:1], 3)


@pytest.mark.parametrize("seed", range(5))
def test_every_proposal_is_a_valid_plan(seed):
    tried = [entry(0.8 + 0.01 * index, dropout=0.1 * index) for index in range(5)]
    plan = plan_of(propose(tried, seed), 4)
    assert 0.97 <= plan.sparsity <= 0.99
    assert plan.epochs == 4


def test_a_competition_halves_its_field_and_never_looks_at_the_holdout():
    found = compete(unseen(), MINUTES, 1, Silent(), dense=weights())
    assert len(found.entries) == FIRST_RUNG + SECOND_RUNG + 1
    first, second, final = found.entries[:6], found.entries[6:8], found.entries[8]
    assert {e.epochs for e in second} == {2 * first[0].epochs}
    assert final.epochs >= second[0].epochs
    best_two = sorted(first, key=lambda e: -e.score)[:2]
    assert [e.values for e in second] == [e.values for e in best_two]
    assert final.values in [e.values for e in second]
    assert found.best.sparsity == final.sparsity
    assert found.best.mask.zeros == round(final.values["sparsity"] * SHAPE.parameters)


def test_an_interrupted_competition_keeps_what_it_tried():
    stopped = StopsAfter(25)
    with pytest.raises(Stopped):
        compete(unseen(), MINUTES, 1, stopped)
    finished = [name for name in stopped.state if name.endswith("/finished")]
    assert "dense/finished" in finished
    resumed = Silent()
    resumed.state = stopped.state
    found = compete(unseen(), MINUTES, 1, resumed)
    dense = {name: stopped.state[f"dense/result/weights:{name}"] for name in found.dense}
    assert all(np.array_equal(found.dense[name], dense[name]) for name in dense)
    assert len(found.entries) == FIRST_RUNG + SECOND_RUNG + 1
