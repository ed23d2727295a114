import json
from dataclasses import replace

import pytest

from core.errors import SettingsError
from core.networks.network import REFERENCE
from core.pruning.methods import METHODS
from core.pruning.plan import DEFAULT, PAPER, PrunePlan
from core.pruning.search.spec import SweepSpec
from core.pruning.search.sweep import Sweep, run_seconds, sparsities_of, spread, sweep_seconds

SWEEP = Sweep(
    methods=("magnitude", "l1_filter", "random"), sparsities=(0.5, 0.8, 0.9), epochs=4, seeds=2
)


def test_a_sweep_is_every_combination_once():
    found = {(run.plan.method, run.plan.sparsity, run.seed) for run in SWEEP.runs()}
    assert len(found) == len(SWEEP.runs()) == 3 * 3 * 2


def test_every_run_has_the_same_budget_of_epochs():
    assert {run.plan.epochs for run in SWEEP.runs()} == {4}


def test_seeds_are_shared_by_methods_and_sparsities():
    assert len({run.seed for run in SWEEP.runs()}) == 2
    assert {run.seed for run in SWEEP.runs()} == {run.seed for run in SWEEP.runs()[:10]}


def test_points_are_shared_between_sweeps_by_their_digest():
    larger = Sweep(methods=("magnitude", "taylor"), sparsities=(0.5, 0.99), epochs=4, seeds=3)
    first = {(run.plan.digest, run.seed) for run in SWEEP.runs()}
    second = {(run.plan.digest, run.seed) for run in larger.runs()}
    assert len(first & second) == 2


def test_the_ends_and_the_middle_of_the_range_come_first():
    assert spread([1, 2, 3, 4, 5, 6, 7]) == [1, 7, 4, 2, 5, 3, 6]
    assert spread([1, 2]) == [1, 2]
    assert sorted(spread(list(range(23)))) == list(range(23))


def test_both_styles_double_the_runs():
    both = Sweep(methods=("magnitude",), sparsities=(0.9,), styles=(DEFAULT, PAPER))
    assert [run.plan.label for run in both.runs()] == [DEFAULT, PAPER]


def test_settings_come_from_json_and_all_means_the_whole_table():
    spec = SweepSpec(**vars(SWEEP), data="x", dense="y")
    assert SweepSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec
    for everything in ("all", ["all"]):
        stored = {"data": "x", "methods": everything, "sparsities": [0.5]}
        assert SweepSpec.from_json(stored).methods == tuple(METHODS)
        assert SweepSpec.from_json(stored).to_json() == stored


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"methods": ("magic",)}, "Unknown methods: magic"),
        ({"methods": ()}, "none given"),
        ({"sparsities": ()}, "Give one or more sparsities"),
        ({"sparsities": (1.0,)}, "Give one or more sparsities"),
        ({"seeds": 0}, "seeds is 0. Choose a value from 1"),
        ({"styles": ("raw",)}, "styles is 'raw'. Choose one of: polished, pure"),
    ],
)
def test_a_sweep_that_makes_no_sense_is_refused(values, message):
    with pytest.raises(SettingsError, match=message):
        Sweep(**{"methods": ("magnitude",), "sparsities": (0.5,)} | values)


def test_small_networks_are_expected_to_train_faster():
    runs = {
        run.plan.method: run.plan
        for run in Sweep(methods=("magnitude", "l1_filter"), sparsities=(0.98,)).runs()
    }
    seconds = {name: run_seconds(plan, REFERENCE, 10.0) for name, plan in runs.items()}
    assert seconds["l1_filter"] < 0.7 * seconds["magnitude"]


def test_several_runs_share_the_cores():
    runs = Sweep(methods=("magnitude",), sparsities=(0.5, 0.8, 0.9), epochs=5).runs()
    alone = run_seconds(runs[0].plan, REFERENCE, 10.0)
    rounds = {n: sweep_seconds(runs, REFERENCE, 10.0, n) / alone for n in (1, 2, 4, 64)}
    # Two at a time on one core each get 1.3 times as much done, so each takes 2 / 1.3 of its time.
    slower = 2 / 1.3
    assert rounds == pytest.approx({1: 3.0, 2: 2 * slower, 4: slower, 64: slower})
    assert sweep_seconds(runs, REFERENCE, 10.0, 64, places=2) == pytest.approx(2 * slower * alone)
    assert sweep_seconds(runs[:1], REFERENCE, 10.0, 64) == alone


def test_widths_between_multiples_of_eight_are_expected_to_train_slowly():
    aligned = PrunePlan(method="l1_filter", sparsity=0.9)
    uniform = replace(aligned, allocation="uniform")  # narrower convolutions, fewer operations
    assert run_seconds(uniform, REFERENCE, 10.0) > run_seconds(aligned, REFERENCE, 10.0)


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("", ()),
        ("96", (0.96,)),
        ("96, 98.5%", (0.96, 0.985)),
        (" 0 ; 99.99 %,", (0.0, 0.9999)),
    ],
)
def test_sparsities_are_written_as_percentages(text, shares):
    assert sparsities_of(text) == shares


@pytest.mark.parametrize("text", ["100", "-1", "96 98", "nan", "1e3", "half", "9" * 400])
def test_what_is_no_percentage_is_refused_with_an_example(text):
    with pytest.raises(SettingsError, match=r"is no sparsity.* 96, 98\.5\.$"):
        sparsities_of(text)
