"""`make ablations` orders its runs and says what each option is worth."""

import math
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.ablation_runs import (
    BASE,
    BASELINE,
    OPTIONS,
    SOUP,
    TEACHERS,
    dense_networks,
    everything,
    next_runs,
    prunings,
    soups,
)
from benchmarks.ablations import about_seconds
from benchmarks.ablations_page import Row, gain, page, read, right_of, write
from core.evaluation.cost import sparsity
from core.progress import Silent
from core.pruning.plan import PrunePlan
from core.pruning.prune import prune
from core.pruning.soup import soup
from tests.pruning.tiny import data, weights
from tests.test_results import finished

DENSE = dense_networks("data", 2)
RUNS = prunings(DENSE, OPTIONS)


def row(option, seed, answers, **other):
    right, images = right_of([np.array(answers, bool)])
    values = {"id": f"{option} {seed}", "sparsity": 0.9, "epochs": 12.0, "seconds": 60.0}
    return Row(option=option, seed=seed, images=images, right=right, **(values | other))


def next_run(*told):
    """The first of what to compute now."""
    return next(iter(next_runs(*told)), None)


def test_every_option_changes_what_it_says_and_no_two_are_the_same_run():
    every = everything(DENSE, OPTIONS)
    assert len({run.id for run in every}) == len(every) == 2 * len(OPTIONS)
    assert list(dict.fromkeys(run.option for run in every)) == list(OPTIONS)
    for run in RUNS:
        assert run.spec.plan == replace(BASE, **OPTIONS[run.option])
        assert (run.spec.plan == BASE) == (run.option in (BASELINE, TEACHERS))
    assert [run.option for run in RUNS[:4]] == [BASELINE, BASELINE, TEACHERS, TEACHERS]
    assert BASE.resolved_allocation == "lamp"


def test_a_run_waits_for_its_dense_network_and_that_with_teachers_for_all_of_them():
    first, second = DENSE
    assert next_run(RUNS, DENSE, (), (), ()) == first
    assert next_run(RUNS, DENSE, (), {first.id}, ()) == RUNS[0]
    assert next_run(RUNS, DENSE, {RUNS[0].id}, {first.id}, ()) == second
    taught = [run for run in RUNS if run.option == TEACHERS]
    assert all(set(run.needs) == {first.id, second.id} for run in taught)
    assert next_run(taught, DENSE, (), {first.id}, ()) == second


def test_as_many_runs_as_asked_for_are_computed_at_once_and_none_that_has_to_wait():
    first, second = DENSE
    assert next_runs(RUNS, DENSE, (), (), (), 3) == [first, second]
    assert next_runs(RUNS, DENSE, (), {first.id}, (), 3) == [RUNS[0], second, RUNS[4]]


def test_a_mean_waits_for_the_network_that_its_parts_share_and_then_for_them():
    mean = soups(DENSE)[0]
    dense, shared, parts = DENSE[0].id, mean.shared.id, mean.needs
    told = [mean], DENSE, ()
    assert next_runs(*told, (), (), 3) == [DENSE[0]]
    assert next_runs(*told, {dense}, (), 3) == [mean.shared]
    assert next_runs(*told, {dense, shared}, (), 3) == list(mean.parts)
    assert next_runs(*told, {dense, shared, parts[0]}, (), 3) == [mean.parts[1]]
    assert next_runs(*told, {dense, shared, *parts}, (), 3) == []
    assert next_runs(*told, {dense}, {shared}, 3) == []


def test_a_mean_has_the_epochs_of_the_baseline_and_one_teacher_throughout():
    for mean, network in zip(soups(DENSE), DENSE, strict=True):
        every = [mean.shared, *mean.parts]
        assert sum(run.spec.plan.epochs for run in every) == BASE.epochs
        assert [run.spec.dense for run in every] == [network.id, *2 * [mean.shared.id]]
        assert all(run.spec.teachers == (network.id,) for run in mean.parts)
        assert len({run.seed for run in mean.parts}) == 2
        assert {run.option for run in every} == {SOUP}


def test_the_parts_of_a_mean_share_their_zeros():
    """The parts are cut at once to the zeros that the shared network has: none of them moves."""
    images = data()
    mean = soups(DENSE)[0]
    shared = prune(weights(0), images, mean.shared.spec.plan, 0, Silent()).weights
    parts = [prune(shared, images, run.spec.plan, run.seed, Silent()).weights for run in mean.parts]
    assert not all(np.array_equal(parts[0][name], parts[1][name]) for name in shared)
    assert sparsity(soup(parts)) == pytest.approx(sparsity(shared), abs=1e-4)


def test_what_is_on_file_or_has_failed_is_not_computed_again():
    first, second = DENSE
    both = {first.id, second.id}
    assert next_run(RUNS, DENSE, {run.id for run in RUNS[:3]}, both, ()) == RUNS[3]
    assert next_run(RUNS, DENSE, (), both, {RUNS[0].id}) == RUNS[1]
    assert next_run(RUNS, DENSE, {run.id for run in RUNS}, (), ()) is None
    alone = next_run(RUNS, DENSE, (), {second.id}, {first.id})
    assert (alone.option, alone.seed) == (BASELINE, 1)


def test_a_run_is_expected_to_take_as_long_as_the_others():
    rows = {str(n): row("a", n, [1], seconds=n) for n in (50.0, 70.0, 900.0)}
    assert about_seconds(RUNS[0], rows, {}) == 70
    assert about_seconds(DENSE[0], rows, {}) is None
    assert about_seconds(RUNS[0], {}, {}) is None


def test_the_first_run_is_expected_to_take_as_long_as_its_dense_networks_epochs():
    """12.34 seconds for 6 epochs: 12 of them, and the teacher's share, take longer than 24.68."""
    dense = finished(DENSE[0], 0.8)
    assert 12 / 6 * 12.34 < about_seconds(RUNS[0], {}, {dense.id: dense}) < 40


def test_a_row_keeps_every_answer(tmp_path):
    drawn = np.random.default_rng(0).random(2500) < 0.8
    right, images = right_of([drawn[:1250], drawn[1250:]])
    kept = row(BASELINE, 1, drawn)
    assert (kept.right, kept.images) == (right, images)
    assert np.array_equal(kept.answers, drawn)
    assert kept.accuracy == pytest.approx(drawn.mean())
    assert kept.score == pytest.approx((drawn.mean() + 0.9) / 2)
    write(tmp_path / "rows.json", [kept])
    assert read(tmp_path / "rows.json") == {kept.id: kept}
    assert read(tmp_path / "none.json") == {}


def test_a_gain_is_paired_by_seed_and_image():
    """Seeds gain 1/4 and 0. By image (0, 0, 0, 1/2): its deviation 1/4, over sqrt(4) is 1/8.

    By seed: the deviation of (1/4, 0) is sqrt(2)/8, over sqrt(2) is 1/8 as well.
    """
    baseline = {0: row("b", 0, [1, 1, 0, 0]), 1: row("b", 1, [0, 1, 0, 1]), 2: row("b", 2, [1] * 4)}
    option = {0: row("o", 0, [1, 1, 0, 1]), 1: row("o", 1, [0, 1, 0, 1])}
    lead = gain(option, baseline)
    assert lead.mean == pytest.approx(1 / 8)
    assert lead.error == pytest.approx(1 / 8)
    assert lead.pairs == 2
    assert gain(option, {5: baseline[0]}) is None


def test_one_seed_alone_has_the_images_error():
    lead = gain({0: row("o", 0, [1, 1, 1, 1])}, {0: row("b", 0, [0, 1, 1, 0])})
    assert lead.mean == 0.5
    assert lead.error == pytest.approx(math.sqrt(1 / 3) / 2)


def test_the_page_says_what_won_what_did_not_and_what_lacks():
    options = {BASELINE: {}, "won": {}, "lost": {}, "same": {}, "lacks": {}}
    rng = np.random.default_rng(1)
    rows = []
    for seed in range(3):
        base = rng.random(400) < 0.7
        better, worse = base.copy(), base.copy()
        better[np.flatnonzero(~base)[:40]] = True
        worse[np.flatnonzero(base)[:20]] = False
        named = {BASELINE: base, "won": better, "lost": worse, "same": base}
        rows += [row(name, seed, answers) for name, answers in named.items()]
    text = page(rows, "abc", PrunePlan(sparsity=0.968, epochs=12), options, BASELINE)
    lines = {line.split(" | ")[0].strip("| "): line for line in text.splitlines() if "|" in line}
    assert "| **+10.00 ± " in lines["won"]
    assert "| **-5.00 ± " in lines["lost"]
    assert "| +0.00 ± 0.00 |" in lines["same"]
    assert "(400)" in text
    assert "read again from disk" in text
    assert "Not measured yet, in this order: lacks." in text


def test_a_page_without_runs_says_so():
    text = page([], "abc", BASE, OPTIONS, BASELINE)
    assert "none measured yet" in text
    assert "|---|" not in text
