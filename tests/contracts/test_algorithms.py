"""What every federated algorithm promises."""

import re

import numpy as np
import pytest

from core.federated.algorithms import ALGORITHMS
from core.federated.algorithms.fedavg import FedAvg
from core.federated.network.vector import flatten
from core.federated.simulation import simulate
from core.federated.spec import RunSettings
from core.settings import describe, from_dict, to_dict
from tests.federated.federations import synthetic_federation

SETTINGS = RunSettings(rounds=4, clients_per_round=4, learning_rate=0.02, local_steps=5)


def run(name, settings=SETTINGS):
    return run_of(ALGORITHMS[name](), settings)


def run_of(algorithm, settings=SETTINGS):
    return simulate(synthetic_federation(), algorithm, settings, 1, hidden=(8,))


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_it_says_who_invented_it(name):
    algorithm = ALGORITHMS[name]
    assert algorithm.label
    assert re.search(r"\d{4}, (arXiv|doi):", algorithm.paper)
    assert algorithm.paper.split(",")[-1].strip().removeprefix("arXiv:") in algorithm.__doc__


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_its_settings_have_defaults_help_and_limits(name):
    for field in describe(ALGORITHMS[name]):
        assert field.help.endswith(".")
        assert field.choices or field.kind is bool or field.low is not None
    settings = ALGORITHMS[name]()
    assert from_dict(ALGORITHMS[name], to_dict(settings)) == settings


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_it_lowers_the_training_loss(name):
    losses = run(name).column("train_loss")
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_the_same_seed_gives_the_same_model_and_history(name):
    first, again = run(name), run(name)
    assert np.array_equal(flatten(first.parameters), flatten(again.parameters))
    assert first.csv(True) == again.csv(True)


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_a_state_is_never_changed_in_place(name):
    seen = []

    class Watched(ALGORITHMS[name]):
        def aggregate(self, state, updates):
            arrays = [state.parameters, *state.server.values(), *state.clients.values()]
            before = [array.copy() for array in arrays]
            after = super().aggregate(state, updates)
            seen.append(all(np.array_equal(a, b) for a, b in zip(before, arrays, strict=True)))
            assert after.parameters is not state.parameters
            return after

    run_of(Watched())
    assert seen == [True] * SETTINGS.rounds


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_it_stays_in_float32(name):
    assert flatten(run(name).parameters).dtype == np.float32


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_stragglers_and_dropouts_do_not_stop_it(name):
    settings = RunSettings(rounds=3, clients_per_round=4, stragglers=0.5, client_dropout=0.5)
    assert np.isfinite(run(name, settings).column("train_loss")).all()


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_it_differs_from_fedavg_or_is_fedavg(name):
    same = np.array_equal(flatten(run(name).parameters), flatten(run(FedAvg.name).parameters))
    assert same == (name == FedAvg.name), (
        f"{name}, with its defaults, must move the model its own way"
    )
