"""Sentences about federated runs follow the numbers: other numbers, other sentences."""

import math

import numpy as np
import pytest

from core.report.answers.convergence import convergence_answers
from core.report.answers.federated_evidence import diverged
from core.report.answers.heterogeneity import heterogeneity_answers
from core.runs.learning_curves import (
    common_target,
    is_iid,
    order,
    reached,
    rises,
    work_per_round,
)
from tests.runs.histories import history

FAST = [0.1, 0.5, 0.7, 0.8]
SLOW = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]


def sgd(accuracies: list[float], **settings: object):
    return history("SGD", accuracies, algorithm="minibatch_sgd", evaluations=1, **settings)


def text(answer) -> str:
    return " ".join(answer.sentences)


def test_the_first_round_at_the_target_counts() -> None:
    assert reached(history("a", FAST), 0.7) == 2
    assert math.isinf(reached(history("a", FAST), 0.9))
    assert reached(history("a", FAST, evaluations=10), 0.7, "gradient_evaluations") == 20


def test_the_common_target_is_the_whole_per_cent_that_all_reached() -> None:
    assert common_target([history("a", [0.1, 0.816]), history("b", [0.1, 0.754])]) == 0.75


def test_rises_count_the_rounds_in_which_the_loss_went_up() -> None:
    assert rises(history("a", [0.1] * 5, losses=[4.0, 3.0, 3.5, 2.0, 2.5])) == 0.5


def test_work_per_round_is_measured_from_the_run() -> None:
    assert work_per_round(history("a", FAST, evaluations=40)) == 40


def test_an_order_needs_three_quarters_of_the_pairs() -> None:
    assert order([1, 2, 3], [9, 5, 4]) == -1
    assert order([1, 2, 3], [1, 5, 4]) == 0  # two of three pairs rise: tau is one third
    assert order([1, 2], [math.inf, math.inf]) == 0


@pytest.mark.parametrize(
    ("settings", "iid"),
    [
        ({"data": "iid"}, True),
        ({"data": "synthetic:1,1"}, False),
        ({"data": "0123", "partition": {"name": "iid"}}, True),
        ({"data": "0123", "partition": {"name": "dirichlet"}}, False),
    ],
)
def test_data_is_iid_by_its_name_or_its_partition(settings: dict, iid: bool) -> None:
    assert is_iid(history("a", FAST, **settings)) is iid


def test_the_sentence_names_who_needs_fewer_iterations_and_changes_with_the_data() -> None:
    _, answer = convergence_answers([sgd(SLOW), history("FedAvg", FAST)])
    # FedAvg reaches 80 % in round 3, SGD in round 7: 7 / 3 = 2.3
    assert "FedAvg needs fewer server iterations: 3 to reach 80% validation accuracy" in text(
        answer
    )
    assert "against 7 (2.3 times as many) for SGD" in text(answer)
    _, answer = convergence_answers([sgd(FAST), history("FedAvg", SLOW)])
    assert "SGD needs fewer server iterations: 3" in text(answer)


def test_equal_iterations_are_called_equal() -> None:
    _, answer = convergence_answers([sgd(FAST), history("FedAvg", FAST)])
    assert "Both need 3 server iterations to 80% validation accuracy." in text(answer)


def test_the_price_in_passes_over_the_data_is_told() -> None:
    _, answer = convergence_answers([sgd(SLOW), history("FedAvg", FAST, evaluations=10)])
    # 3 rounds of 0.1 epochs against 7 of 0.01: 0.3 / 0.07 = 4.3
    assert "FedAvg spends 4.3 times as much, 0.3 epochs against 0.07 of SGD" in text(answer)


def test_more_local_steps_are_said_to_help_only_where_they_do() -> None:
    one = history("1 epoch", SLOW, local_epochs=1, evaluations=10)
    many = history("20 epochs", FAST, local_epochs=20, evaluations=200)
    _, answer = convergence_answers([sgd(SLOW), one, many])
    assert "More local work per round needs fewer rounds" in text(answer)
    one = history("1 epoch", FAST, local_epochs=1, evaluations=10)
    many = history("20 epochs", SLOW, local_epochs=20, evaluations=200)
    _, answer = convergence_answers([sgd(SLOW), one, many])
    assert "More local work per round needs more rounds" in text(answer)


def test_equal_local_work_is_not_taken_for_an_effect() -> None:
    _, answer = convergence_answers([sgd(SLOW), history("a", FAST), history("b", SLOW)])
    assert "its effect cannot be seen here" in text(answer)


def test_the_end_of_each_run_is_in_its_sentence() -> None:
    answer, _ = convergence_answers([sgd(SLOW), history("FedAvg", FAST)])
    assert "FedAvg: after 3 rounds the training loss went from 0.9 to 0.2" in text(answer)
    assert "2.0 points below training accuracy" in text(answer)


def test_a_missing_run_is_asked_for_instead_of_guessed() -> None:
    answer, _ = convergence_answers([history("FedAvg", FAST)])
    assert answer.sentences == ()
    assert "No run of mini-batch SGD on IID data was chosen" in answer.missing


def test_heterogeneous_data_is_compared_with_the_nearest_iid_run() -> None:
    mixed = history("Mixed", SLOW, data="synthetic:1,1", losses=[1, 2, 1, 2, 1, 2, 1, 2])
    answer, _ = heterogeneity_answers([history("Even", FAST), mixed])
    # the loss rises in 4 of 7 rounds, against none
    assert "rises in 57% of the rounds, against 0%: it is less steady" in text(answer)
    assert "Mixed ends at a training loss of 2, above the 0.2 of Even" in text(answer)
    assert "it takes 7 rounds instead of 3 rounds" in text(answer)


def test_a_calmer_run_on_heterogeneous_data_is_called_calmer() -> None:
    even = history("Even", SLOW, losses=[1, 2, 1, 2, 1, 2, 1, 2])
    mixed = history("Mixed", FAST, data="synthetic:0,0")
    answer, _ = heterogeneity_answers([even, mixed])
    assert "it is steadier" in text(answer)
    assert "below the 2 of Even" in text(answer)


def test_drift_is_blamed_only_where_it_is_larger() -> None:
    far = history("Mixed", SLOW, data="synthetic:1,1", drift=3.0)
    near = history("Mixed", SLOW, data="synthetic:1,1", drift=0.5)
    _, answer = heterogeneity_answers([history("Even", FAST, drift=1.0), far])
    assert "move 3.0 times as far apart" in text(answer)
    assert "pull towards different optima" in text(answer)
    _, answer = heterogeneity_answers([history("Even", FAST, drift=1.0), near])
    assert "only 50% as far" in text(answer)
    assert "So drift does not explain the difference here." in text(answer)


def test_local_work_on_heterogeneous_data_is_tied_to_drift_and_loss() -> None:
    some = {"data": "synthetic:1,1"}
    few = history("5 steps", FAST, **some, local_steps=5, evaluations=5, drift=1.0)
    many = history("100 steps", SLOW, **some, local_steps=100, evaluations=100, drift=4.0)
    _, answer = heterogeneity_answers([history("Even", FAST), few, many])
    assert "More local work means a higher drift (1 in 5 steps, 4 in 100 steps)" in text(answer)


def test_what_mends_it_is_said_from_its_numbers() -> None:
    mixed = history("Mixed", SLOW, data="synthetic:1,1", losses=[1, 2, 1, 2, 1, 2, 1, 2])
    prox = history("Prox", SLOW, data="synthetic:1,1", algorithm="fedprox")
    _, answer = heterogeneity_answers([history("Even", FAST), mixed, prox])
    assert "Prox ends at a lower training loss (0.2) than Mixed (2) and is steadier." in text(
        answer
    )


def test_without_drift_the_reason_is_left_open() -> None:
    bare = history("Even", FAST, drift=np.nan)
    _, answer = heterogeneity_answers([bare])
    assert "Drift is needed" in answer.missing


def test_the_untuned_learning_rate_is_not_held_against_sgd() -> None:
    slow, tuned = sgd([0.1, 0.3], learning_rate=0.01), sgd(FAST, learning_rate=1.0)
    answer, _ = convergence_answers([slow, tuned, history("FedAvg", FAST)])
    assert "SGD depends on its learning rate: 80.0% with 1, 30.0% with 0.01" in text(answer)


def test_data_is_compared_at_equal_local_work() -> None:
    even = history("Even", FAST, local_steps=20)
    same = history("Same", SLOW, data="synthetic:1,1", local_steps=20)
    longer = history("Longer", SLOW, data="synthetic:1,1", local_steps=100)
    answer, _ = heterogeneity_answers([even, same, longer])
    assert "Same ends at" in text(answer)
    assert "Longer ends at" not in text(answer)


def test_local_work_is_judged_among_runs_that_differ_in_nothing_else() -> None:
    one = history("1 step", SLOW, local_steps=1, evaluations=1)
    many = history("9 steps", FAST, local_steps=9, evaluations=9)
    other = history("linear", SLOW, local_steps=99, evaluations=99, hidden=0)
    _, answer = convergence_answers([sgd(SLOW), one, many, other])
    assert "1 step takes 7 rounds and 9 steps 3 rounds" in text(answer)


def test_data_is_compared_on_equal_networks() -> None:
    even = history("Even", FAST, hidden=0)
    same = history("Same", SLOW, data="synthetic:1,1", hidden=0)
    wide = history("Wide", SLOW, data="synthetic:1,1")
    answer, _ = heterogeneity_answers([even, same, wide])
    assert "Same ends at" in text(answer)
    assert "Wide ends at" not in text(answer)


def test_another_algorithm_is_compared_with_the_fedavg_nearest_in_work() -> None:
    some = {"data": "synthetic:1,1"}
    one = history("1 step", SLOW, **some, local_steps=1, evaluations=1)
    many = history("50 steps", SLOW, **some, local_steps=50, evaluations=50)
    other = history("Other", FAST, **some, algorithm="scaffold", local_steps=99, evaluations=99)
    _, answer = heterogeneity_answers([history("Even", FAST), one, many, other])
    assert "Other ends at a" in text(answer)
    assert "than 50 steps (" in text(answer)


def test_a_sampled_run_is_not_read_as_more_or_less_local_work() -> None:
    some = {"data": "synthetic:1,1"}
    sampled = history("2 epochs, 5 clients", SLOW, **some, local_epochs=2, clients_per_round=5)
    everybody = history("1 epoch, all", FAST, **some, evaluations=30)
    _, answer = heterogeneity_answers([history("Even", FAST), sampled, everybody])
    assert "Local work was not varied" in text(answer)


def test_a_cure_that_asks_more_clients_is_not_given_all_the_credit() -> None:
    some = {"data": "synthetic:1,1"}
    plain = history("FedAvg", SLOW, **some, clients_per_round=10)
    other = history("SCAFFOLD", FAST, **some, algorithm="scaffold")
    _, answer = heterogeneity_answers([history("Even", FAST), plain, other])
    assert "all clients in a round instead of 10 clients, which steadies it too" in text(answer)


@pytest.mark.parametrize(
    "other", [{"partition": {"name": "dirichlet", "alpha": 100}}, {"data_seed": 3}, {"data": "e"}]
)
def test_a_cure_is_seen_on_the_same_clients_only(other) -> None:
    some = {"data": "d", "partition": {"name": "shards"}, "data_seed": 0}
    plain = history("FedAvg", SLOW, **some)
    cured = history("Prox", FAST, **{**some, **other}, algorithm="fedprox")
    _, answer = heterogeneity_answers([history("Even", FAST), plain, cured])
    assert "Prox" not in text(answer)


def test_a_diverged_run_is_compared_with_nothing_and_said_to_have_diverged() -> None:
    some = {"data": "synthetic:1,1", "algorithm": "fedprox"}
    lost = history("Prox", FAST, **some, losses=[1, 9, np.nan, np.nan])
    plain = history("FedAvg", SLOW, data="synthetic:1,1")
    _, answer = heterogeneity_answers([history("Even", FAST), plain, lost])
    assert "Prox" not in text(answer)
    [sentence] = diverged([plain, lost])
    assert sentence.startswith("Prox diverged: its loss is not a number from round 2 on")


def test_the_price_of_fedavg_is_told_only_where_it_was_quicker() -> None:
    _, answer = convergence_answers([sgd(FAST), history("FedAvg", SLOW)])
    assert "Its price" not in text(answer)
    assert "Counted in passes over the data, FedAvg spends" in text(answer)
