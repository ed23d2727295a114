"""The answer under each prepared question is the report's own."""

import math

import pytest

from core.federated.presets import PRESETS
from core.report.answers.convergence import convergence_answers
from core.report.answers.headlines import HEADLINES, headline
from core.report.answers.heterogeneity import heterogeneity_answers
from core.runs.federated_runs import targets, usual_target
from core.runs.finished.samples import sample_histories
from tests.runs.histories import history

FAST = history("FedAvg, 20 epochs", [0.1, 0.4, 0.6], local_epochs=20, evaluations=200)
SLOW = history("SGD", [0.1, 0.2, 0.4, 0.5], algorithm="minibatch_sgd", evaluations=1)


def test_every_prepared_question_has_an_answer_from_the_bundled_runs():
    assert HEADLINES.keys() == PRESETS.keys()
    for question in PRESETS:
        said = headline(question, sample_histories(question))
        assert said
        assert all(sentence.endswith((".", ")")) for sentence in said)


def test_its_sentences_stand_in_the_report_of_the_same_runs():
    for question in PRESETS:
        runs = sample_histories(question)
        report = [*convergence_answers(runs), *heterogeneity_answers(runs)]
        whole = {sentence for answer in report for sentence in answer.sentences}
        if question != "local_steps":  # without SGD the report has nothing to compare
            assert set(headline(question, runs)) <= whole


def test_the_quicker_of_sgd_and_fedavg_is_named_first_with_its_price():
    """Both reach 50%: SGD at round 3 (3 × 1/100 epochs), FedAvg at round 2 (2 × 200/100)."""
    fewer, price = headline("sgd_and_fedavg", [SLOW, FAST])
    assert fewer.startswith("FedAvg, 20 epochs needs fewer server iterations than SGD: 2 rounds")
    assert "4 epochs against 0.03 of SGD" in price


@pytest.mark.parametrize("question", list(HEADLINES))
def test_runs_that_cannot_answer_say_nothing(question):
    lost = history("lost", [math.nan, math.nan])
    for runs in ([lost, lost], [FAST], []):
        assert not headline(question, runs)


def test_a_custom_run_has_no_question():
    assert not headline("own", [FAST, SLOW])


def test_a_target_that_a_run_never_reached_is_said_and_the_usual_one_half_reach():
    assert usual_target([FAST, SLOW]) == 0.6  # of two runs the better one
    rows = targets([FAST, SLOW], 0.6)
    assert (rows[0]["rounds to 60%"], rows[1]["rounds to 60%"]) == ("2", "not reached")
    assert rows[1]["MB to 60%"] == "not reached"
    assert math.isnan(usual_target([]))
