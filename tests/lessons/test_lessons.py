"""The lessons of the Learn page are computed, and what they show is true."""

import re

import numpy as np
import pytest

from core.federated.algorithms import ALGORITHMS
from core.lessons.method_cards import algorithm_cards, method_cards
from core.lessons.one_filter import lesson
from core.lessons.toy_federation import SIZES, START, Federation, play, server_path
from core.pruning.methods import CONTROLS


def test_cutting_one_filter_of_conv1_zeroes_it_and_its_readers() -> None:
    seen = lesson(layer="conv1", count=1)
    assert seen.cut.tolist() == [int(np.argmin(seen.norms))]
    # 3 x 3 x 3 weights; fresh biases are zero already
    assert seen.own_zeros == 27
    # the 32 filters of conv2 read it with 3 x 3 weights each
    assert seen.reader_zeros == 9 * 32
    # a network without it: 28 parameters less in conv1, 288 in conv2
    assert seen.parameters_before - seen.parameters_after == 28 + 288


def test_a_channel_of_conv4_is_read_by_sixteen_rows() -> None:
    assert lesson(layer="conv4", count=1).reader_zeros == 16 * 512


def test_the_smaller_network_does_less_work() -> None:
    seen = lesson(layer="conv1", count=1)
    # conv1 at 625 positions with 27 weights, conv2 at 529 positions with 288
    assert seen.multiply_adds_before - seen.multiply_adds_after == 625 * 27 + 529 * 288


def test_one_round_of_fedavg_ends_at_the_weighted_mean_of_the_clients() -> None:
    (only,) = play(ALGORITHMS["fedavg"](), Federation(), rounds=1, local_steps=4)
    assert only.paths.shape == (3, 5, 2)
    assert only.end == pytest.approx(SIZES @ only.paths[:, -1])


def test_one_local_step_is_a_step_along_the_mean_gradient() -> None:
    federation = Federation()
    (only,) = play(ALGORITHMS["fedavg"](), federation, rounds=1, local_steps=1, learning_rate=0.1)
    mean = sum(SIZES[k] * federation.gradient(k, START) for k in range(3))
    assert only.end == pytest.approx(START - 0.1 * mean)


def test_the_optimum_has_no_gradient() -> None:
    federation = Federation(0.7)
    w = federation.optimum()
    assert sum(SIZES[k] * federation.gradient(k, w) for k in range(3)) == pytest.approx(
        np.zeros(2), abs=1e-12
    )


def far(name: str, heterogeneity: float) -> float:
    """Return how far from the optimum an algorithm settles with many local steps."""
    federation = Federation(heterogeneity)
    path = server_path(play(ALGORITHMS[name](), federation, rounds=200, local_steps=20))
    return float(np.linalg.norm(path[-1] - federation.optimum()))


def test_fedavg_settles_beside_the_optimum_on_heterogeneous_clients_only() -> None:
    assert far("fedavg", 0.0) < 1e-6
    assert far("fedavg", 1.0) > 0.1


def test_scaffold_and_plain_sgd_reach_the_optimum_anyway() -> None:
    assert far("scaffold", 1.0) < 1e-2
    assert far("minibatch_sgd", 1.0) < 1e-2


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_algorithm_can_be_drawn(name: str) -> None:
    path = server_path(play(ALGORITHMS[name](), Federation(), rounds=10, local_steps=5))
    assert path.shape == (11, 2)
    assert np.isfinite(path).all()


def test_every_card_but_the_controls_has_a_formula() -> None:
    silent = {card.name for card in (*method_cards(), *algorithm_cards()) if not card.formula}
    assert silent == set(CONTROLS)


# Arrows, powers, roots, indices and sums in plain characters: what LaTeX is there for.
TYPED_MATHEMATICS = re.compile(r"<-|->|\^|sqrt|\w_\w|[Σ‖√∑]|\bsum_|\b[a-z] x [a-z]|\|\w+\|")


def test_cards_keep_mathematics_for_the_typeset_formula() -> None:
    for card in (*method_cards(), *algorithm_cards()):
        helps = " ".join(str(row.help) for row in card.settings)
        found = TYPED_MATHEMATICS.findall(f"{card.text} {helps}")
        assert not found, f"{card.label}: {found}"


def test_settings_that_papers_call_by_a_letter_have_that_letter() -> None:
    labels = {row.setting for card in algorithm_cards() for row in card.settings}
    assert {"α", "β₁", "β₂", "μ", "τ"} <= labels
    assert labels.isdisjoint({"Alpha", "Beta1", "Beta2", "Mu", "Tau"})
