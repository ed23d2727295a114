"""Names of federated runs say what was run, and are all different."""

from dataclasses import replace

from core.data.partition import Even
from core.runs.federated_names import distinct, named
from core.runs.learning_curves import is_iid
from tests.runs.histories import history


def names(*runs) -> list[str]:
    return [run.label for run in named(runs)]


def test_a_name_says_algorithm_work_and_data() -> None:
    assert names(
        history("a", [0.1], local_epochs=20),
        history("b", [0.1], data="synthetic:1,1", algorithm="scaffold", local_steps=1),
        history("c", [0.1], algorithm="minibatch_sgd"),
    ) == [
        "FedAvg (20 local epochs) on IID data",
        "SCAFFOLD (1 local step) on Synthetic(1, 1)",
        "Mini-batch SGD on IID data",
    ]


def test_equal_names_are_told_apart_by_what_differs() -> None:
    slow = history("a", [0.1], algorithm="minibatch_sgd", learning_rate=0.01)
    fast = history("b", [0.1], algorithm="minibatch_sgd", learning_rate=1.0)
    assert names(slow, fast) == [
        "Mini-batch SGD (learning rate 0.01) on IID data",
        "Mini-batch SGD (learning rate 1) on IID data",
    ]


def test_runs_that_differ_in_nothing_known_are_told_apart_by_their_id() -> None:
    assert names(history("first", [0.1]), history("second", [0.1])) == [
        "FedAvg (1 local epoch) on IID data, first",
        "FedAvg (1 local epoch) on IID data, second",
    ]


def test_the_network_is_said_where_it_differs() -> None:
    runs = history("a", [0.1], hidden=0), history("b", [0.1])
    assert names(*runs) == [
        "FedAvg (1 local epoch, logistic regression) on IID data",
        "FedAvg (1 local epoch, 128 hidden units) on IID data",
    ]


def test_runs_that_differ_in_their_label_only_count_once() -> None:
    runs = (history("first", [0.1]), history("second", [0.1]))
    same = [replace(run, spec=replace(run.spec, label=run.id)) for run in runs]
    assert [run.id for run in distinct([*same, history("c", [0.1], hidden=0)])] == ["first", "c"]


def test_what_was_left_out_and_what_was_said_as_usual_are_the_same() -> None:
    plain = history("a", [0.1])
    said = history("b", [0.1], hidden=128, network="mlp", batch_size=10, data_seed=0)
    assert plain.facts == said.facts
    images = history("c", [0.1], data="0" * 16)
    assert images.facts["partition"] == Even()
    assert is_iid(images)
    prox = history("d", [0.1], algorithm="fedprox")
    assert prox.facts["algorithm.mu"] > 0


def test_a_cnn_is_not_called_by_hidden_units() -> None:
    images = "0" * 16
    runs = (
        history("a", [0.1], data=images, hidden=64),
        history("b", [0.1], data=images, network="cnn"),
    )
    assert names(*runs) == [
        "FedAvg (1 local epoch, 64 hidden units) on data 00000000",
        "FedAvg (1 local epoch, the CNN) on data 00000000",
    ]


def test_the_authors_own_data_is_said() -> None:
    assert names(history("a", [0.1], data="iid,code")) == [
        "FedAvg (1 local epoch) on IID data drawn as in the authors' program"
    ]
