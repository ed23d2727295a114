"""Who works in a round and how far."""

import math

import numpy as np
import pytest

from core.federated.algorithm import Instruction
from core.federated.clients import join_clients
from core.federated.network.fedavg import exact_share
from core.federated.sampling import sample_cohort
from core.federated.spec import RunSettings
from tests.federated.federations import client

TRAIN = join_clients("sizes", [client(n) for n in (10, 20, 30, 40)]).train


def cohort(instruction=None, round_number=1, seed=0, **settings):
    run = RunSettings(**settings)
    return sample_cohort(TRAIN, run, instruction or Instruction(), seed, round_number)


def test_all_clients_work_and_count_by_their_samples():
    everyone = cohort(batch_size=10, local_epochs=2)
    assert everyone.clients.tolist() == [0, 1, 2, 3]
    assert everyone.weights.tolist() == [0.1, 0.2, 0.3, 0.4]
    assert everyone.steps.tolist() == [2, 4, 6, 8]  # 2 epochs of 1, 2, 3, 4 batches
    assert everyone.visited == 200
    assert everyone.gradient_evaluations == 20


@pytest.mark.parametrize(("share", "count", "whole"), [(0.29, 100, 29), (0.58, 50, 29)])
def test_a_share_of_clients_is_not_one_short_by_rounding(share, count, whole):
    assert math.floor(exact_share(share, count)) == math.ceil(exact_share(share, count)) == whole
    assert math.floor(share * count) == whole - 1  # what it would be


@pytest.mark.parametrize("name", ["client_dropout", "stragglers"])
def test_29_of_100_clients_drop_out_or_straggle(name):
    hundred = join_clients("many", [client(10) for _ in range(100)]).train
    run = RunSettings(**{name: 0.29}, batch_size=1)
    found = sample_cohort(hundred, run, Instruction(), 0, 1)
    whole = int((found.steps == found.steps.max()).sum())
    assert (len(found.clients), whole) in ((71, 71), (100, 71))


def test_fixed_local_steps_replace_the_epochs():
    fixed = cohort(batch_size=8, local_steps=3)
    assert fixed.steps.tolist() == [3, 3, 3, 3]
    # Client 0: batches of 8, 2, 8; client 1: 8, 8, 4; the others three full batches of 8.
    assert fixed.visited == 18 + 20 + 2 * 24


def test_sampled_weights_are_over_the_sampled():
    some = cohort(clients_per_round=2)
    sizes = TRAIN.sizes[some.clients]
    assert len(set(some.clients)) == 2
    assert some.weights.tolist() == pytest.approx((sizes / sizes.sum()).tolist())


def test_sampling_by_size_weighs_equally_and_prefers_the_large():
    picked = np.concatenate(
        [
            cohort(clients_per_round=1, sampling="size", round_number=number).clients
            for number in range(200)
        ]
    )
    counts = np.bincount(picked, minlength=4)
    assert counts[3] > counts[0] * 2  # 40 % against 10 %
    assert cohort(clients_per_round=2, sampling="size").weights.tolist() == [0.5, 0.5]


def test_every_client_is_sampled_sooner_or_later():
    seen = {
        int(cohort(clients_per_round=1, round_number=number).clients[0]) for number in range(50)
    }
    assert seen == {0, 1, 2, 3}


def test_stragglers_do_part_of_their_steps():
    slow = cohort(batch_size=1, stragglers=0.5)
    full = np.array([10, 20, 30, 40])
    assert (slow.steps < full).sum() == 2
    assert slow.steps.min() >= 1


def test_stragglers_that_are_dropped_receive_the_model_and_the_others_work_in_full():
    kept = cohort(batch_size=1, stragglers=0.5)
    left = cohort(batch_size=1, stragglers=0.5, partial_work="dropped")
    full = {client: 10 * (client + 1) for client in range(4)}
    slow = {k for k, steps in zip(kept.clients, kept.steps, strict=True) if steps < full[k]}
    assert (left.asked, set(left.clients)) == (4, {0, 1, 2, 3} - slow)
    assert left.steps.tolist() == [full[k] for k in left.clients]
    assert left.weights.sum() == pytest.approx(1)


def test_if_all_are_slow_one_still_answers():
    assert len(cohort(stragglers=1.0, partial_work="dropped").clients) == 1


def test_dropouts_receive_the_model_but_do_not_answer():
    rest = cohort(client_dropout=0.5)
    assert (rest.asked, len(rest.clients)) == (4, 2)
    assert rest.weights.sum() == pytest.approx(1)


def test_somebody_always_answers():
    assert len(cohort(clients_per_round=1, client_dropout=0.99).clients) == 1


def test_a_pooled_round_is_one_client_with_everything():
    pooled = cohort(Instruction(pooled=True, steps=1, batch_size=25))
    assert (len(pooled.clients), pooled.steps.tolist(), pooled.visited) == (1, [1], 25)


def test_the_learning_rate_decays_from_the_second_round():
    settings = RunSettings(learning_rate=0.5, learning_rate_decay=0.5)
    assert [settings.rate_in(number) for number in (1, 2, 3)] == [0.5, 0.25, 0.125]
