"""Random plausible runs: every sentence of the report is true of them."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.pruning.methods import METHODS
from core.report.answers.convergence import convergence_answers
from core.report.answers.heterogeneity import heterogeneity_answers
from core.report.answers.pruning import pruning_answers
from tests.evaluation.points import point
from tests.report import federated_evaluator, pruning_evaluator
from tests.runs.histories import history

EXAMPLES = 100
SPARSITIES = (0.5, 0.8, 0.9, 0.95, 0.98)
IMAGES = tuple(tuple(250 * (row == column) for column in range(5)) for row in range(5))
ONE_CLASS = tuple((250, 0, 0, 0, 0) for row in range(5))


def accuracies(low=0.1, high=0.95):
    return st.integers(int(low * 200), int(high * 200)).map(lambda n: n / 200)


@st.composite
def networks(draw):
    """Return one or two dense networks and what random sweeps made of them."""
    found = []
    for parent in draw(st.sampled_from([("a",), ("a", "b")])):
        held = draw(accuracies(0.5))
        dense = {"id": parent, "label": f"Dense {parent}", "parent": "", "seed": 0, "score": 0.0}
        found.append(point(held, 0.0, "dense", **dense, confusion=IMAGES))
        chosen = draw(st.lists(st.sampled_from(sorted(METHODS)), min_size=1, max_size=4))
        for method in dict.fromkeys(chosen):
            budgets = draw(st.lists(st.sampled_from([0.0, 1.0, 6.0]), min_size=1, max_size=2))
            levels = draw(st.lists(st.sampled_from(SPARSITIES), min_size=1, max_size=4))
            for epochs in dict.fromkeys(budgets):
                for asked in dict.fromkeys(levels):
                    found += draw(seeds(parent, method, epochs, asked))
    return found


@st.composite
def seeds(draw, parent, method, epochs, asked):
    """Return the networks of one configuration; structured ones miss the sparsity."""
    missed = draw(st.sampled_from([0.0, -0.0006, 0.002])) if METHODS[method].structured else 0.0
    return [
        point(
            draw(accuracies()),
            asked + missed,
            method,
            id=f"{parent}-{method}-{epochs}-{asked}-{seed}",
            parent=parent,
            seed=seed,
            epochs=epochs,
            seconds=draw(st.sampled_from([10.0, 10.2, 40.0])),
            validation_accuracy=draw(accuracies()),
            plan={"method": method, "sparsity": asked},
            confusion=draw(st.sampled_from([IMAGES, IMAGES, IMAGES, ONE_CLASS])),
        )
        for seed in range(draw(st.integers(1, 3)))
    ]


DATA = (
    {"data": "iid"},
    {"data": "0123", "partition": {"name": "iid"}},
    {"data": "synthetic:1,1"},
    {"data": "0123", "partition": {"name": "dirichlet"}},
    {"data": "0123", "partition": {"name": "quantity"}},
)
ROUNDS = 5


@st.composite
def federations(draw):
    """Return a few random experiments on one or two draws each, under labels of their own."""
    count = draw(st.integers(2, 6))
    found = []
    for number in range(count):
        own = {
            "algorithm": draw(st.sampled_from(["minibatch_sgd", "fedavg", "fedavg", "scaffold"])),
            "hidden": draw(st.sampled_from([0, 0, 128])),
            "learning_rate": draw(st.sampled_from([0.01, 0.01, 1.0])),
            "clients_per_round": draw(st.sampled_from([0, 10])),
            "local_epochs": draw(st.sampled_from([1, 20])),
            **draw(st.sampled_from(DATA)),
        }
        for seed in draw(st.sampled_from([(0,), (0, 1), (1,)])):
            made = draw(run(f"F{number} {own['algorithm']}", own))
            found.append(replace(made, seed=seed))
    return distinct(found)


@st.composite
def run(draw, label, own):
    numbers = st.lists(st.integers(1, 98), min_size=ROUNDS, max_size=ROUNDS)
    accuracies = [n / 100 for n in draw(numbers)]
    losses = [n / 40 for n in draw(numbers)]
    drift = draw(st.sampled_from([0.1, 0.2, 0.21, 1.5]))
    work = own["local_epochs"] * (own["clients_per_round"] or 30)
    return history(label, accuracies, losses=losses, drift=drift, evaluations=work, **own)


def distinct(histories):
    """Return the histories without a second one of the same settings, draw and seed."""
    kept = {}
    for each in histories:
        kept.setdefault(repr((sorted(each.facts.items()), each.seed)), each)
    return [each for each in kept.values() if not _shares_settings(each, kept.values())]


def _shares_settings(each, others):
    """Tell whether an earlier experiment of another label has the same settings."""
    return any(told(other) == told(each) and other.label < each.label for other in others)


def told(history):
    """Return what a run was told, apart from its draw."""
    return {name: v for name, v in history.facts.items() if name not in ("label", "data_seed")}


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None)
@given(federations())
def test_every_sentence_about_federated_runs_is_true(histories):
    for answer in (*convergence_answers(histories), *heterogeneity_answers(histories)):
        for sentence in answer.sentences:
            federated_evaluator.check(sentence, histories)


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None)
@given(networks())
def test_every_sentence_about_pruned_networks_is_true(points):
    for sentence in pruning_answers(points)[1].sentences:
        pruning_evaluator.check(sentence, points)


def test_the_evaluator_refuses_what_other_networks_made_true():
    """A sentence of one sweep, held against another one, is found to be false."""
    names = ("magnitude", "l1_filter", "random")
    first = sweep(dict(zip(names, (0.8, 0.7, 0.3), strict=True)))
    other = sweep(dict(zip(names, (0.2, 0.9, 0.85), strict=True)))
    told = pruning_answers(first)[1].sentences
    refused = [s for s in told if not holds(s, other)]
    assert all(holds(sentence, first) for sentence in told)
    assert len(refused) == 5, refused  # guesses, area, score, the dense network, the best two


def holds(sentence, runs, evaluator=pruning_evaluator):
    try:
        evaluator.check(sentence, runs)
    except AssertionError:
        return False
    return True


def sweep(accuracy):
    dense = point(0.75, 0.0, "dense", id="d", label="Dense", parent="", score=0.0)
    return [dense, *(
        point(a - s / 5, s, m, id=f"{m}{s}", parent="d", confusion=((4_500, 0), (0, 4_500)))
        for m, a in accuracy.items() for s in (0.8, 0.9, 0.95)
    )]  # fmt: skip


def test_the_evaluator_refuses_what_other_runs_made_true():
    fast, slow = [0.1, 0.5, 0.7, 0.8], [0.1, 0.2, 0.3, 0.4]

    def runs(one, other):
        some = {"data": "synthetic:1,1"}
        return [
            history("F0 sgd", one, algorithm="minibatch_sgd", evaluations=1),
            history("F1 fedavg", other, evaluations=10),
            history("F2 fedavg", one, local_epochs=20, evaluations=200),
            history("F3 fedavg", one, **some, drift=3.0, losses=[0.9] * 4),
            history("F4 scaffold", other, **some, algorithm="scaffold"),
        ]

    first, others = runs(slow, fast), runs(fast, slow)
    told = [
        sentence
        for answer in (*convergence_answers(first), *heterogeneity_answers(first))
        for sentence in answer.sentences
    ]
    assert all(holds(sentence, first, federated_evaluator) for sentence in told)
    refused = [s for s in told if not holds(s, others, federated_evaluator)]
    assert len(refused) >= 7, refused


def test_a_sentence_of_no_known_form_is_refused():
    with pytest.raises(AssertionError, match="no evaluator knows"):
        pruning_evaluator.check("Magnitude is the best method.", [])
