import pytest

from core.pruning.plan import PrunePlan
from core.pruning.schedule import (
    alternation_over,
    divided,
    gradual_sparsity,
    ramp_over,
    round_sparsities,
    rounds_of,
    shares_of,
)


def test_the_gradual_schedule_is_cubic():
    """s_f + (s_i - s_f)(1 - t)³: 0.8 - 0.8 * 0.5³ = 0.7 half way."""
    assert gradual_sparsity(0.0, 0.8) == 0.0
    assert gradual_sparsity(0.5, 0.8) == pytest.approx(0.7)
    assert gradual_sparsity(1.0, 0.8) == 0.8
    assert gradual_sparsity(3.0, 0.8) == 0.8
    assert gradual_sparsity(0.5, 0.8, initial=0.4) == pytest.approx(0.8 - 0.4 * 0.125)


def test_rounds_take_the_same_share_of_the_survivors():
    """To keep 1/8 in three rounds each keeps half: 0.5, 0.75, 0.875."""
    assert round_sparsities(0.875, 3) == pytest.approx([0.5, 0.75, 0.875])
    assert round_sparsities(0.9, 1) == [0.9]


def test_epochs_divide_over_rounds_without_loss():
    assert divided(12, 3) == [4, 4, 4]
    assert sum(divided(7, 3)) == 7
    assert min(divided(7, 3)) >= 2


def test_a_ramp_ends_on_its_target_at_a_step_where_the_mask_changes():
    ramp = ramp_over(1000, 0.5, 0.9, updates=10)
    assert (ramp.every, ramp.last_step) == (50, 500)
    assert ramp.sparsity_at(ramp.last_step) == 0.9
    found = [ramp.sparsity_at(step) for step in range(0, 501, 50)]
    assert found == sorted(found)
    assert 0 < found[0] < 0.9


def test_a_network_that_is_sparse_already_is_not_filled_again():
    ramp = ramp_over(1000, 0.5, 0.95, updates=10, initial=0.9)
    found = [ramp.sparsity_at(step) for step in range(0, 501, 50)]
    assert found == sorted(found)
    assert (found[0] > 0.9, found[-1]) == (True, 0.95)
    rounds = rounds_of(PrunePlan(sparsity=0.95, epochs=6, schedule="iterative"), initial=0.9)
    assert [share for share, _ in rounds] == pytest.approx([0.9206, 0.9370, 0.95], abs=1e-4)


def test_a_network_that_is_sparser_than_asked_goes_to_what_is_asked_at_once():
    ramp = ramp_over(1000, 0.5, 0.8, initial=0.9)
    assert {ramp.sparsity_at(step) for step in range(0, 1000, 100)} == {0.8}
    rounds = rounds_of(PrunePlan(sparsity=0.8, epochs=6, schedule="iterative"), initial=0.9)
    assert [share for share, _ in rounds] == pytest.approx([0.8, 0.8, 0.8])


def test_a_ramp_without_length_prunes_at_once():
    ramp = ramp_over(1000, 0.0, 0.9)
    assert ramp.last_step == 0
    assert ramp.sparsity_at(0) == 0.9


def test_a_short_run_keeps_a_step_after_its_ramp():
    assert ramp_over(2, 0.95, 0.9).last_step <= 1


def test_alternating_phases_begin_and_end_compressed():
    """Two pairs in the first 40 of 100 steps: ten steps each, compressed, dense, and 60 at last."""
    phases = alternation_over(100, 0.4, 2)
    expected = 10 * [True] + 10 * [False] + 10 * [True] + 10 * [False] + 60 * [True]
    assert [phases.is_compressed(step) for step in range(100)] == expected
    assert (phases.every, phases.last_step) == (10, 40)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.95])
@pytest.mark.parametrize("rounds", [1, 3, 100])
@pytest.mark.parametrize("steps", [1, 2, 3, 7, 57, 4224])
def test_every_alternation_ends_compressed_and_changes_at_the_borders_only(steps, rounds, share):
    phases = alternation_over(steps, share, rounds)
    turns = [phases.is_compressed(step) for step in range(steps)]
    assert turns[0]
    assert turns[-1]
    borders = [step for step in range(1, steps) if turns[step] != turns[step - 1]]
    assert borders == list(range(phases.every, phases.last_step + 1, phases.every))
    assert len(borders) == 2 * min(rounds, min(int(steps * share), steps - 1) // 2)


def test_one_shot_and_gradual_are_one_round_iterative_several():
    assert rounds_of(PrunePlan(sparsity=0.9, epochs=6)) == [(0.9, 6)]
    rounds = rounds_of(PrunePlan(sparsity=0.875, epochs=6, schedule="iterative", rounds=3))
    assert [epochs for _, epochs in rounds] == [2, 2, 2]
    assert rounds[-1][0] == 0.875


def test_there_are_never_more_rounds_than_epochs():
    assert len(rounds_of(PrunePlan(epochs=2, schedule="iterative", rounds=5))) == 2


def test_shares_of_the_phases_follow_the_epochs():
    shares = shares_of(PrunePlan(sparsity=0.9, epochs=6, schedule="iterative", rounds=3))
    assert list(shares) == ["cut 1", "training 1", "cut 2", "training 2", "cut 3", "training 3"]
    assert shares["training 2"] == 2
