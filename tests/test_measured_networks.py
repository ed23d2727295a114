"""The comparison with Torch-Pruning: equal cuts, and a page that says what lacks."""

import numpy as np

from benchmarks import measured_page
from benchmarks.measured_cuts import GLOBAL, NETWORKS, OURS, PEER, UNIFORM, alike, cuts
from benchmarks.measured_widths import multiply_adds, sparsity_for
from benchmarks.networks import random_weights
from core.data.dataset import Split
from core.networks.catalogue import CATALOGUE
from core.networks.prepare import NetworkData

DENSE = {"accuracy": 0.8, "multiply_adds": 1000, "parameters": 500, "left": 500, "seconds": 9}


def row(accuracy):
    return {"accuracy": accuracy, "multiply_adds": 450, "left": 200, "seconds": 3}


def measured(accuracies):
    """Return rows of half the multiply-adds: (who, scope) -> accuracy."""
    made = {alike(who, 0.5, scope).key: row(a) for (who, scope), a in accuracies.items()}
    return {"resnet-20": {"dense": DENSE, **made}}


def test_the_sparsity_is_the_least_that_removes_the_level():
    network = CATALOGUE["resnet-20"].network((25, 25, 3), 5)
    none = Split(np.zeros((0, 25, 25, 3), np.float32), np.zeros(0, np.int64))
    data = NetworkData(none, none, none, tuple("abcde"), network, (), "")
    weights = random_weights(network)
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
    assert "**at least as accurate as** the better of Torch-Pruning's: +1.0 ± 0.9 points" in text
    worse = "\n".join(measured_page.lines(measured(four | {(PEER, GLOBAL): 0.77})))
    assert "**less accurate than** the better of Torch-Pruning's: -2.0 ± 0.9 points" in worse


def test_a_page_of_a_part_of_the_rows_says_how_many_lack():
    text = "\n".join(measured_page.lines(measured({(OURS, UNIFORM): 0.75, (PEER, UNIFORM): 0.7})))
    assert f"Not measured yet: {len(list(cuts())) - 2} of {len(list(cuts()))} rows." in text
    assert "| 50% | every group the same share | 75.0% | 70.0% | +5.0 ± 0.9 |" in text
    assert "| L1 filter 50% | no distillation, every group the same share | 75.0% | 5.0 |" in text
    assert "At 50% fewer" not in text  # two of the four lack
    assert text.count("Not measured yet.") == len(NETWORKS) - 1
