"""Synthetic(alpha, beta) against the authors' own numbers and the paper's definitions."""

import numpy as np
import pytest

from core.data.synthetic import (
    CLASSES,
    FEATURES,
    PRESETS,
    Synthetic,
    client_sizes,
    draw_clients,
)
from core.errors import SettingsError


def sizes(clients):
    return [len(c.train_labels) + len(c.validation_labels) for c in clients]


def test_seed_0_of_the_code_variant_has_these_counts():
    counts = sizes(draw_clients(Synthetic(1.0, 1.0, variant="code"), seed=0))
    assert counts[:5] == [1909, 171, 436, 4876, 2337]
    assert sum(counts) == 22_349


def test_the_code_variant_is_the_authors_program_sample_for_sample():
    draws = np.random.RandomState(0)
    counts = draws.lognormal(4, 2, 30).astype(int) + 50
    means, centres = draws.normal(0, 0.5, 30), draws.normal(0, 0.25, 30)
    points = [draws.normal(centre, 1, 60) for centre in centres]
    covariance = np.diag([(j + 1) ** -1.2 for j in range(60)])
    weight, bias = draws.normal(means[0], 1, (60, 10)), draws.normal(means[0], 1, 10)
    inputs = draws.multivariate_normal(points[0], covariance, counts[0])
    labels = np.argmax(inputs @ weight + bias, axis=1)

    first = draw_clients(Synthetic(0.5, 0.25, variant="code"), seed=0)[0]
    ours = np.concatenate([first.train_inputs, first.validation_inputs])
    our_labels = np.concatenate([first.train_labels, first.validation_labels])
    order, our_order = np.argsort(inputs[:, 0]), np.argsort(ours[:, 0])
    assert np.array_equal(inputs[order].astype(np.float32), ours[our_order])
    assert np.array_equal(labels[order], our_labels[our_order])


def test_ninety_percent_of_every_client_is_for_training():
    for client in draw_clients(Synthetic(0.0, 0.0), seed=1):
        total = len(client.train_labels) + len(client.validation_labels)
        assert len(client.train_labels) == int(0.9 * total)
        assert client.train_inputs.shape == (len(client.train_labels), FEATURES)
        assert client.train_inputs.dtype == np.float32
        assert set(client.train_labels) <= set(range(CLASSES))


def test_the_paper_means_variances_where_the_code_means_deviations():
    class Echo:
        """Draws nothing random: normal() answers with its scale."""

        def normal(self, loc, scale, size):
            return np.full(size, float(scale))

    from core.data.synthetic import _client_means

    paper, _ = _client_means(Synthetic(0.25, 0.0), Echo())
    code, _ = _client_means(Synthetic(0.25, 0.0, variant="code"), Echo())
    assert paper[0] == 0.5
    assert code[0] == 0.25


def test_iid_clients_share_one_true_model():
    clients = draw_clients(Synthetic(iid=True), seed=1)
    shares = [np.bincount(c.train_labels, minlength=10) / len(c.train_labels) for c in clients]
    large = [share for share, c in zip(shares, clients, strict=True) if len(c.train_labels) > 500]
    assert len(large) >= 2
    assert np.abs(large[0] - large[1]).max() < 0.1


def test_synthetic_zero_zero_is_not_iid():
    clients = draw_clients(Synthetic(0.0, 0.0), seed=1)
    top = {int(np.bincount(c.train_labels, minlength=10).argmax()) for c in clients}
    assert len(top) > 3


def test_sizes_follow_the_power_law_and_the_cap():
    settings = Synthetic(clients=2000, largest_client=5000)
    drawn = client_sizes(settings, np.random.default_rng(0))
    assert drawn.min() >= 50
    assert drawn.max() == 5000
    assert 95 < np.median(drawn) < 115  # exp(4) + 50 = 104.6


def test_the_same_seed_draws_the_same_clients():
    one, again, other = (draw_clients(Synthetic(1.0, 1.0), seed)[3] for seed in (1, 1, 2))
    assert np.array_equal(one.train_inputs, again.train_inputs)
    assert not np.array_equal(one.train_inputs[:5], other.train_inputs[:5])


def test_the_presets_are_the_papers():
    labels = [preset.label for preset in PRESETS.values()]
    assert labels == ["IID", "Synthetic(0, 0)", "Synthetic(0.5, 0.5)", "Synthetic(1, 1)"]


def test_a_negative_alpha_is_refused():
    with pytest.raises(SettingsError, match="alpha is -1"):
        Synthetic(alpha=-1.0)
