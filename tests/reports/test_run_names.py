"""Names of federated runs say what was run, and are all different."""

from core.reports.run_names import named
from tests.reports.histories import history


def names(*runs) -> list[str]:
    return [run.label for run in named(runs)]


def test_a_name_says_algorithm_work_and_data() -> None:
    assert names(
        history("a", [0.1], local_epochs=20),
        history("b", [0.1], data="synthetic:1,1", algorithm="scaffold", local_steps=1),
        history("c", [0.1], algorithm="minibatch_sgd"),
    ) == [
        "FedAvg, 20 local epochs, on IID data",
        "SCAFFOLD, 1 local step, on Synthetic(1, 1)",
        "Mini-batch SGD, on IID data",
    ]


def test_equal_names_are_told_apart_by_what_differs() -> None:
    slow = history("a", [0.1], algorithm="minibatch_sgd", learning_rate=0.01)
    fast = history("b", [0.1], algorithm="minibatch_sgd", learning_rate=1.0)
    assert names(slow, fast) == [
        "Mini-batch SGD, on IID data, learning rate 0.01",
        "Mini-batch SGD, on IID data, learning rate 1.0",
    ]


def test_runs_that_differ_in_nothing_known_are_told_apart_by_their_id() -> None:
    assert names(history("first", [0.1]), history("second", [0.1])) == [
        "FedAvg, 1 local epoch, on IID data (first)",
        "FedAvg, 1 local epoch, on IID data (second)",
    ]
