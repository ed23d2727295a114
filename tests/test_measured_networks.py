"""The comparison with Torch-Pruning: equal cuts, and a page that says what lacks."""

import numpy as np
import pytest

from benchmarks import measured_page, network_costs_page, networks, networks_bars
from benchmarks.measured_cuts import GLOBAL, NETWORKS, OURS, PEER, UNIFORM, alike, cuts
from benchmarks.measured_widths import multiply_adds, sparsity_for
from benchmarks.networks_page import ROWS, applications_lines, stored
from core.data.dataset import Split
from core.networks.catalogue import CATALOGUE
from core.networks.prepare import NetworkData

DENSE = {"accuracy": 0.8, "multiply_adds": 1000, "parameters": 500, "left": 500}


def row(accuracy):
    found = {"accuracy": accuracy, "validation_accuracy": accuracy + 0.01}
    return found | {"multiply_adds": 450, "left": 200}


def measured(accuracies):
    """Return rows of half the multiply-adds: (who, scope) -> accuracy."""
    made = {alike(who, 0.5, scope).key: row(a) for (who, scope), a in accuracies.items()}
    return {"resnet-20": {"dense": DENSE, **made}}


@pytest.mark.slow
def test_the_sparsity_is_the_least_that_removes_the_level():
    network = CATALOGUE["resnet-20"].network((25, 25, 3), 5)
    none = Split(np.zeros((0, 25, 25, 3), np.float32), np.zeros(0, np.int64))
    data = NetworkData(none, none, none, tuple("abcde"), network, (), "")
    weights = networks.random_weights(network)
    for scope in (UNIFORM, GLOBAL):
        plan = alike(OURS, 0.5, scope).plan(1)
        found = sparsity_for(data, weights, plan, 0.5)
        assert multiply_adds(data, weights, plan, found) <= 0.5 * network.multiply_adds
        assert multiply_adds(data, weights, plan, found - 1e-3) > 0.5 * network.multiply_adds


def test_every_cut_of_ours_that_is_compared_has_a_peers():
    wanted = list(cuts())
    assert len({cut.key for cut in wanted}) == len(wanted)
    ours = {cut.key for cut in wanted if cut.who == OURS and not cut.distillation}
    assert ours == {cut.key.replace(PEER, OURS) for cut in wanted if cut.who == PEER}


def test_the_better_of_ours_is_compared_with_the_better_of_the_peers():
    four = {(OURS, UNIFORM): 0.75, (OURS, GLOBAL): 0.7, (PEER, UNIFORM): 0.65, (PEER, GLOBAL): 0.74}
    text = "\n".join(measured_page.lines(measured(four)))
    # sqrt(0.75 * 0.25 / 5000 + 0.74 * 0.26 / 5000) = 0.0087
    assert (
        "our better network and Torch-Pruning's differ by less than two standard errors, each "
        "chosen on validation: +1.0 ± 0.9 points."
    ) in text
    worse = "\n".join(measured_page.lines(measured(four | {(PEER, GLOBAL): 0.77})))
    assert "is **less accurate than** Torch-Pruning's, each chosen on validation: -2.0 ±" in worse
    better = "\n".join(measured_page.lines(measured(four | {(OURS, UNIFORM): 0.77})))
    assert "is **more accurate than** Torch-Pruning's, each chosen on validation: +3.0 ±" in better


def test_a_page_of_a_part_of_the_rows_says_how_many_lack():
    text = "\n".join(measured_page.lines(measured({(OURS, UNIFORM): 0.75, (PEER, UNIFORM): 0.7})))
    assert f"Not measured yet: {len(list(cuts())) - 2} of {len(list(cuts()))} rows." in text
    assert "| 50% | every group the same share | 75.0% | 70.0% | +5.0 ± 0.9 |" in text
    assert "| L1 filter 50% | no distillation, every group the same share | 75.0% | 5.0 |" in text
    assert "At 50% fewer" not in text  # two of the four lack
    assert text.count("Not measured yet.") == len(NETWORKS) - 1


@pytest.mark.slow
def test_a_difference_beyond_the_tolerance_is_measured_again_in_float64(monkeypatch):
    network = networks.without_softmax(CATALOGUE["lenet-5"].network((28, 28, 3), 10))
    monkeypatch.setattr(networks, "TOLERANCE", -1)  # any difference, 0 too
    row = networks.structured(network, networks.random_weights(network))
    assert row["apart"] < 1e-5
    assert row["apart_float64"] < 1e-13  # 53 bits instead of 24
    assert row["signal"] > 0.01


def test_the_page_counts_what_differs_by_rounding_alone_as_cut():
    rows = stored(ROWS)
    assert f"**{len(rows)} of 40** models are cut" in "\n".join(applications_lines(rows))
    name, changed = next((n, r) for n, r in rows.items() if "apart_float64" in r)
    wrong = rows | {name: changed | {"apart_float64": 0.5}}
    assert f"**{len(rows) - 1} of 40** models are cut" in "\n".join(applications_lines(wrong))


def test_what_a_large_network_costs_is_said_or_said_to_lack():
    found = {"l1_filter": {"bytes": 3.2e9, "parameters": 25_636_712, "epochs": 3}}
    pages = {"parameters": 23_597_957, "seconds": {"a": 0.01, "b": 0.2}}
    text = "\n".join(network_costs_page.lines({"memory": found, "pages": pages}))
    assert "Not measured yet: cut." in text
    assert "3 short epochs with distillation), as the kernel counts it: 3.2 GB (L1 filter)" in text
    assert "the slowest is b with **200 ms**" in text


def test_every_bar_is_measured_or_said_to_lack():
    four = {(OURS, UNIFORM): 0.75, (OURS, GLOBAL): 0.7, (PEER, UNIFORM): 0.65, (PEER, GLOBAL): 0.74}
    costs = {"cut": {"ratio": 0.5}}
    text = "\n".join(networks_bars.lines("38 of 40", "40 of 40", measured(four), costs))
    assert "| at least as accurate | +1.0 ± 0.9 points |" in text
    assert "| at most 1 × Torch-Pruning's | 0.50 |" in text
    assert text.count("| not measured yet |") == 2 * len(NETWORKS) - 1 + 2  # memory and pages
