"""The sentence under each prepared question says what the runs measured."""

import math

import pytest

from core.federated.presets import PRESETS
from core.runs.conclusions import ANSWERS, conclusion
from core.runs.results import sample_histories
from tests.runs.histories import history

FAST = history("FedAvg, 20 epochs", [0.1, 0.4, 0.6], local_epochs=20, evaluations=200)
SLOW = history("SGD", [0.1, 0.2, 0.4, 0.5], algorithm="minibatch_sgd", evaluations=1)


def test_every_prepared_question_has_an_answer_from_the_bundled_runs():
    assert ANSWERS.keys() == PRESETS.keys()
    for question in PRESETS:
        assert conclusion(question, sample_histories(question)).endswith(".")


def test_the_quicker_of_sgd_and_fedavg_is_named_first_with_both_prices():
    """Both reach 50%: SGD at round 3 (3 × 1/100 epochs), FedAvg at round 2 (2 × 200/100)."""
    assert conclusion("sgd_and_fedavg", [SLOW, FAST]) == (
        "To reach 50% validation accuracy, “FedAvg, 20 epochs” needs 2 server iterations and “SGD” "
        "needs 3 server iterations; counted in passes over the data, 4 epochs and 0.03 epochs."
    )


def test_iid_is_set_against_the_range_of_heterogeneous_runs():
    mixed = [
        history(f"Synthetic({a}, {a})", [0.1, reached], data=f"synthetic:{a},{a}")
        for a, reached in ((0, 0.55), (1, 0.3))
    ]
    said = conclusion("iid_and_heterogeneous", [FAST, *mixed])
    assert "60.0% validation accuracy on IID clients" in said
    assert "between 30.0% and 55.0%" in said
    assert "lowest is on “Synthetic(1, 1)”" in said


@pytest.mark.parametrize("question", list(ANSWERS))
def test_runs_that_cannot_answer_say_nothing(question):
    lost = history("lost", [math.nan, math.nan])
    assert conclusion(question, [lost, lost]) == ""
    assert conclusion(question, [FAST]) == ""
    assert conclusion(question, []) == ""


def test_a_custom_run_has_no_question():
    assert conclusion("own", [FAST, SLOW]) == ""
