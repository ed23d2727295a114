"""Sentences about federated runs follow the numbers: other numbers, other sentences."""

import math
from dataclasses import replace

import numpy as np
import pytest

from core.report.answers.convergence import convergence_answers
from core.report.answers.experiments import experiments
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
    assert "FedAvg needs fewer server iterations than SGD: 3 rounds against 7 rounds" in text(
        answer
    )
    assert "2.3 times as many, for 80% validation accuracy, which both reach" in text(answer)
    _, answer = convergence_answers([sgd(FAST), history("FedAvg", SLOW)])
    assert "SGD needs fewer server iterations than FedAvg: 3 rounds" in text(answer)


def test_equal_iterations_are_called_equal() -> None:
    _, answer = convergence_answers([sgd(FAST), history("FedAvg", FAST)])
    assert "SGD and FedAvg both need 3 rounds for 80% validation accuracy" in text(answer)


def test_the_price_in_passes_over_the_data_is_told() -> None:
    _, answer = convergence_answers([sgd(SLOW), history("FedAvg", FAST, evaluations=10)])
    # 3 rounds of 0.1 epochs against 7 of 0.01: 0.3 / 0.07 = 4.3
    assert "FedAvg spends 4.3 times as much for it: 0.3 epochs against 0.07 of SGD" in text(answer)


def test_more_local_steps_are_said_to_help_only_where_they_do() -> None:
    one = history("1 epoch", SLOW, local_epochs=1, evaluations=10)
    many = history("20 epochs", FAST, local_epochs=20, evaluations=200)
    _, answer = convergence_answers([sgd(SLOW), one, many])
    assert "more of it means fewer rounds to 80%" in text(answer)
    one = history("1 epoch", FAST, local_epochs=1, evaluations=10)
    many = history("20 epochs", SLOW, local_epochs=20, evaluations=200)
    _, answer = convergence_answers([sgd(SLOW), one, many])
    assert "more of it means more rounds to 80%" in text(answer)


def test_equal_local_work_is_not_taken_for_an_effect() -> None:
    _, answer = convergence_answers([sgd(SLOW), history("a", FAST), history("b", SLOW)])
    assert "its effect cannot be seen here" in text(answer)


def test_the_end_of_each_run_is_in_its_sentence() -> None:
    answer, _ = convergence_answers([sgd(SLOW), history("FedAvg", FAST)])
    assert "FedAvg: after 3 rounds, 0.3 epochs, the training loss went from 0.9 to 0.2." in text(
        answer
    )
    assert "2.0 points below training accuracy" in text(answer)


def test_a_missing_run_is_asked_for_instead_of_guessed() -> None:
    answer, _ = convergence_answers([history("FedAvg", FAST)])
    assert answer.sentences == ()
    assert "No run of mini-batch SGD on IID data was chosen" in answer.missing


def test_heterogeneous_data_is_compared_with_the_nearest_iid_run() -> None:
    mixed = history("Mixed", SLOW, data="synthetic:1,1", losses=[1, 2, 1, 2, 1, 2, 1, 2])
    answer, _ = heterogeneity_answers([history("Even", FAST), mixed])
    # 1, 2, 1, 2, …: four rises of 1, against none
    assert "Its rises add up to 4, against 0: less steady." in text(answer)
    assert "Mixed ends at a training loss of 2, above the 0.2 of Even" in text(answer)
    assert "it takes 7 rounds, and 3 rounds on IID data" in text(answer)


def test_a_calmer_run_on_heterogeneous_data_is_called_calmer() -> None:
    even = history("Even", SLOW, losses=[1, 2, 1, 2, 1, 2, 1, 2])
    mixed = history("Mixed", FAST, data="synthetic:0,0")
    answer, _ = heterogeneity_answers([even, mixed])
    assert "Its rises add up to 0, against 4: steadier." in text(answer)
    assert "below the 2 of Even" in text(answer)


def test_drift_is_blamed_only_where_it_is_larger() -> None:
    worse = {"data": "synthetic:1,1", "losses": [0.9] * 8}
    far = history("Mixed", SLOW, **worse, drift=3.0)
    near = history("Mixed", SLOW, **worse, drift=0.5)
    _, answer = heterogeneity_answers([history("Even", FAST, drift=1.0), far])
    assert "move 3.0 times as far apart" in text(answer)
    assert "pull towards different optima" in text(answer)
    _, answer = heterogeneity_answers([history("Even", FAST, drift=1.0), near])
    assert "only 50% as far" in text(answer)
    assert "So drift does not explain a worse outcome here." in text(answer)


def test_local_work_on_heterogeneous_data_is_tied_to_drift_and_loss() -> None:
    some = {"data": "synthetic:1,1"}
    few = history("5 steps", FAST, **some, local_steps=5, evaluations=5, drift=1.0)
    many = history("100 steps", SLOW, **some, local_steps=100, evaluations=100, drift=4.0)
    _, answer = heterogeneity_answers([history("Even", FAST), few, many])
    assert "more work means a higher drift and neither clearly higher nor lower final" in text(
        answer
    )


def test_what_mends_it_is_said_from_its_numbers() -> None:
    mixed = history("Mixed", SLOW, data="synthetic:1,1", losses=[1, 2, 1, 2, 1, 2, 1, 2])
    prox = history("Prox", SLOW, data="synthetic:1,1", algorithm="fedprox")
    _, answer = heterogeneity_answers([history("Even", FAST), mixed, prox])
    assert "Prox ends at a lower training loss (0.2) than Mixed (2)." in text(answer)
    assert "Its rises add up to 0, against 4: steadier." in text(answer)


def test_without_drift_the_reason_is_left_open() -> None:
    bare = history("Even", FAST, drift=np.nan)
    _, answer = heterogeneity_answers([bare])
    assert "Drift is needed" in answer.missing


def test_the_untuned_learning_rate_is_not_held_against_sgd() -> None:
    slow, tuned = sgd([0.1, 0.3], learning_rate=0.01), sgd(FAST, learning_rate=1.0)
    answer, _ = convergence_answers([slow, tuned, history("FedAvg", FAST)])
    assert (
        "learning rate was chosen by training loss among 0.01 and 1: 1. It is the largest"
        in text(answer)
    )


def test_a_rate_that_diverged_was_tried_as_well() -> None:
    low, lost = sgd(FAST, learning_rate=1.0), sgd(FAST, learning_rate=10.0)
    lost = replace(lost, rows=(*lost.rows[:-1], {**lost.rows[-1], "train_loss": math.nan}))
    runs = [sgd([0.1, 0.3], learning_rate=0.1), low, lost, history("FedAvg", FAST)]
    said = text(convergence_answers(runs)[0])
    assert "chosen by training loss among 0.1, 1 and 10, of which 10 diverged: 1. " in said
    assert "It is the largest" not in said


def test_a_run_that_measured_nothing_did_not_diverge() -> None:
    empty = replace(sgd(FAST, learning_rate=0.1), rows=())
    runs = [empty, sgd(FAST, learning_rate=1.0), history("FedAvg", FAST)]
    assert "diverged" not in text(convergence_answers(runs)[0])


def test_both_sides_of_a_comparison_are_on_the_same_draws() -> None:
    ends = enumerate((0.5, 0.3))
    both = [replace(sgd([0.1, end]), seed=seed) for seed, end in ends]
    one = history("FedAvg 1", [0.1, 0.6], local_epochs=1)
    many = replace(history("FedAvg 20", [0.1, 0.9], local_epochs=20), seed=1)
    said = text(convergence_answers([*both, one, many])[0])
    assert "FedAvg 1 ends 10.0 points" in said  # on draw 0; with draw 1's it would be 40 points


def test_seeds_of_the_training_alone_are_no_draws_of_the_data() -> None:
    runs = [
        replace(made, seed=seed)
        for seed in (0, 1)
        for made in (sgd([0.1, 0.5], data_seed=1), history("FedAvg", FAST, data_seed=1))
    ]
    said = text(convergence_answers(runs)[0])
    assert "on one draw of the data, so chance is not excluded" in said
    assert "(mean of 2 runs)" in said


@pytest.mark.parametrize(
    ("label", "bare"),
    [
        ("FedAvg (1 local epoch, data seed 1) on IID data", "FedAvg (1 local epoch) on IID data"),
        ("FedAvg (seed 3, 1 local epoch) on IID data", "FedAvg (1 local epoch) on IID data"),
        ("FedAvg (data seed as usual) on IID data", "FedAvg on IID data"),
        ("FedAvg, seed 2", "FedAvg"),
    ],
)
def test_a_mean_over_draws_is_not_named_after_one_of_them(label, bare) -> None:
    runs = [replace(history(label, FAST), seed=seed) for seed in (0, 1)]
    assert [each.label for each in experiments(runs)] == [bare]


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
    assert "1 step 7 rounds and 9 steps 3 rounds" in text(answer)


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
    assert "all clients in every round instead of 10 clients in a round, which may be why" in text(
        answer
    )


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
    # 3 rounds of .01 epochs against 7 of .1: SGD is quicker and cheaper.
    assert "SGD spends only 4% as much for it: 0.03 epochs against 0.7 of FedAvg" in text(answer)


@pytest.mark.parametrize("differs", [{"data_seed": 3}, {"hidden": 0}, {"data": "0123"}])
def test_sgd_and_fedavg_are_compared_on_the_same_clients_and_network_only(differs) -> None:
    other = history("FedAvg", FAST, **({"partition": {"name": "iid"}} | differs))
    for answer in convergence_answers([sgd(SLOW, partition={"name": "iid"}), other]):
        assert answer.sentences == ()
        assert "so they are not compared" in answer.missing


@pytest.mark.parametrize("differs", [{"data_seed": 3}, {"hidden": 0}, {"learning_rate": 0.1}])
def test_data_is_compared_where_nothing_else_differs(differs) -> None:
    mixed = history("Mixed", SLOW, data="synthetic:1,1", **differs)
    answer, _ = heterogeneity_answers([history("Even", FAST), mixed])
    assert answer.sentences == ()
    assert "have equal settings and draws" in answer.missing


def test_a_quicker_run_that_spends_less_has_no_price() -> None:
    quick = history("FedAvg", FAST, evaluations=1)
    _, answer = convergence_answers([history("SGD", SLOW, algorithm="minibatch_sgd"), quick])
    # 3 rounds of .01 epochs against 7 of .1
    assert "FedAvg spends only 4% as much for it" in text(answer)


def test_drift_is_no_cause_where_clients_differ_in_amount_alone() -> None:
    losses = [0.9] * 8
    skewed = {"data": "0123", "partition": {"name": "quantity"}}
    mixed = history("Mixed", SLOW, **skewed, losses=losses, drift=3.0)
    even = history("Even", FAST, data="0123", partition={"name": "iid"})
    _, answer = heterogeneity_answers([even, mixed])
    assert "3.0 times as far apart" in text(answer)
    assert "different optima" not in text(answer)


def test_drift_is_no_cause_of_a_better_outcome() -> None:
    better = history("Mixed", FAST, data="synthetic:1,1", losses=[0.9, 0.1, 0.05, 0.01], drift=3.0)
    _, answer = heterogeneity_answers([history("Even", FAST), better])
    assert "different optima" not in text(answer)


def test_steadiness_is_the_size_of_rises_and_not_their_number() -> None:
    # Three rises of .001 against one of 5.
    calm = [1.0, 1.001, 0.9, 0.901, 0.8, 0.801, 0.7, 0.6]
    wild = [1.0, 0.9, 5.9, 0.8, 0.7, 0.65, 0.62, 0.6]
    even = history("Even", SLOW, losses=wild)
    mixed = history("Mixed", SLOW, data="synthetic:1,1", losses=calm)
    answer, _ = heterogeneity_answers([even, mixed])
    assert "Its rises add up to 0.003, against 5: steadier." in text(answer)


def test_opposite_effects_of_work_each_carry_their_condition() -> None:
    some = {"data": "synthetic:1,1"}
    pairs = [
        history("1 of 10", SLOW, **some, clients_per_round=10, local_steps=1, drift=1.0),
        history("9 of 10", SLOW, **some, clients_per_round=10, local_steps=9, drift=2.0,
                evaluations=90),
        history("1 of all", SLOW, **some, local_steps=1, drift=2.0),
        history("9 of all", SLOW, **some, local_steps=9, drift=1.0, evaluations=90),
    ]  # fmt: skip
    _, answer = heterogeneity_answers([history("Even", FAST), *pairs])
    assert "with 10 clients in a round, more work means a higher drift" in text(answer)
    assert "with all clients in every round, more work means a lower drift" in text(answer)


def test_repetitions_are_one_experiment_with_a_band_and_an_error() -> None:
    def drawn(label, accuracies, seed, **settings):
        made = history(f"{label}, seed {seed}", accuracies, **settings)
        return replace(made, seed=seed)

    runs = [drawn("FedAvg", [0.1, 0.5, 0.7 + 0.1 * s], s) for s in range(2)]
    sgds = [drawn("SGD", [0.1, 0.2, 0.5], s, algorithm="minibatch_sgd") for s in range(2)]
    answer, other = convergence_answers([*sgds, *runs])
    # .2 and .3 above: mean .25, error .05.
    assert "FedAvg ends 25.0 points of validation accuracy above SGD, over 2 draws" in text(answer)
    assert "more than two standard errors" in text(answer)
    assert "(mean of 2 draws)" in text(other)
    bands = [trace for trace in answer.charts[0].traces if trace.get("fill") == "toself"]
    assert len(bands) == 2


def test_all_four_answers_show_epochs_as_well_as_rounds() -> None:
    known = [sgd(SLOW), history("FedAvg", FAST), history("Mixed", SLOW, data="synthetic:1,1")]
    first, second = convergence_answers(known)
    third, fourth = heterogeneity_answers(known)
    for answer, names in (
        (first, ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy")),
        (third, ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy")),
        (second, ("validation_accuracy",)),
        (fourth, ("drift",)),
    ):
        drawn = {chart.name for chart in answer.charts}
        assert {f"{name}-by-{x}" for name in names for x in ("round", "epoch")} <= drawn
