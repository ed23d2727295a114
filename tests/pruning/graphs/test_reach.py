"""How far cutting single weights reaches, said before anything is trained."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from core.commands.other_networks import check_reach
from core.errors import SettingsError
from core.progress import Silent
from core.pruning.graphs import single_weights
from core.pruning.graphs.prune_network import prune_network
from core.pruning.graphs.reach import Reach
from core.pruning.plan import PrunePlan
from tests.pruning.graphs.tiny import data, residual, weights


def test_the_sentence_counts_what_is_never_cut_and_what_can_be_zero():
    reach = Reach.of(residual())
    assert (reach.parameters, reach.never, reach.most) == (715, 91, 619)
    assert reach.sentence == (
        "By cutting single weights, at most 86.5% can be zero: 91 of 715 parameters are never "
        "cut, and one weight is left in every kernel."
    )


def test_the_highest_sparsity_passes_and_one_weight_more_is_refused():
    reach = Reach.of(residual())
    reach.check(reach.share)
    with pytest.raises(SettingsError, match=r"90% cannot be reached.*Choose at most 86\.57"):
        reach.check(0.9)


def test_a_form_begins_with_a_sparsity_that_can_be_reached():
    reach, usual = Reach.of(residual()), PrunePlan(method="magnitude", sparsity=0.9)
    assert reach.first(usual) == replace(usual, sparsity=0.86)
    for plan in (replace(usual, sparsity=0.5), replace(usual, method="l1_filter")):
        assert reach.first(plan) is plan


def test_only_plans_that_cut_single_weights_are_refused():
    reach = Reach.of(residual())
    reach.check_plans([PrunePlan(method="l1_filter", sparsity=0.95)])
    with pytest.raises(SettingsError, match="cannot be reached"):
        reach.check_plans([PrunePlan(sparsity=0.5), PrunePlan(sparsity=0.95)])


def test_nothing_is_trained_for_a_sparsity_that_only_the_last_cut_would_miss(monkeypatch):
    def trained(*_, **__):
        raise AssertionError("trained in vain")

    monkeypatch.setattr(single_weights, "retrained", trained)
    plan = PrunePlan(sparsity=0.95, epochs=2, batch_size=16)
    for schedule in ("gradual", "iterative"):
        told = replace(plan, schedule=schedule)
        with pytest.raises(SettingsError, match="cannot be reached"):
            prune_network(weights("residual"), data("residual"), told, 0, Silent())


def test_the_command_line_refuses_it_before_it_asks_for_a_run(monkeypatch):
    from core.commands import other_networks

    monkeypatch.setattr(other_networks, "network_of", lambda job: job)
    monkeypatch.setattr(other_networks, "reach_of", lambda network, place: Reach.of(residual()))
    session = SimpleNamespace(workspace=None)
    check_reach(session, "run", [PrunePlan(sparsity=0.8)])
    with pytest.raises(SettingsError, match="at most"):
        check_reach(session, "run", [PrunePlan(sparsity=0.9)])
