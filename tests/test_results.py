"""`make results` goes on from what any machine has measured."""

import re
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import results_ledger
from benchmarks.results import LEDGER, PAGE, Results, newly_measured, next_runs
from benchmarks.results_ledger import DIGITS, Ledger, Measured, Row, Summary
from benchmarks.results_page import PARTS, ahead, controls_of, count, gain, page
from core.evaluation.results import NetworkResult
from core.evaluation.score import score
from core.jobs.store.job import DONE, Job
from core.networks.network import REFERENCE
from core.pruning.plan import PrunePlan
from core.records import FORMAT
from tests.evaluation.points import point

PLAN = PrunePlan(method="magnitude", epochs=6)


def finished(wanted, accuracy):
    measured = point(accuracy, 0.9, validation_accuracy=accuracy + 0.02, seconds=12.34)
    measured = replace(measured, score=(accuracy + 0.9) / 2)
    result = NetworkResult(weights="a.h5", shape=REFERENCE, point=measured).to_json()
    given = {"id": wanted.id, "kind": wanted.spec.kind, "settings": wanted.spec.to_json()}
    times = dict.fromkeys(("error", "parent", "started", "finished", "seconds_left"))
    numbers = ("sequence", "version", "attempt", "crashes", "worker_losses", "priority", "stop")
    counts = dict.fromkeys((*numbers, "done", "total", "created"), 0)
    own = {"seed": wanted.seed, "state": DONE, "message": "", "result": result}
    own |= {"resources": wanted.spec.resources, "spec_format": FORMAT, "result_format": FORMAT}
    return Job(**given, **times, **counts, **own)


@pytest.fixture
def results():
    found = Results(Ledger(), "data", (0, 1), set())
    found.train("thorough", (1, 1))
    found.prune(PLAN, (0, 2))
    return found


def test_what_is_asked_about_first_comes_first(results):
    # Stages: the first seed's pruning 0, both trainings 1, the other seed's pruning 2.
    assert [(w.spec.kind, w.seed) for w in results.wanted] == [
        ("prune", 0), ("train", 0), ("train", 1), ("prune", 1),
    ]  # fmt: skip


def test_a_network_is_trained_before_it_is_pruned_and_only_once(results):
    [first] = next_runs(results, {}, count=1)
    assert (first.spec.kind, first.seed) == ("train", 0)
    both = next_runs(results, {}, count=2)
    assert [(w.spec.kind, w.seed) for w in both] == [("train", 0), ("train", 1)]
    there = {first.id: finished(first, 0.8)}
    assert next_runs(results, there, count=1)[0].spec.kind == "prune"


def test_a_part_computed_alone_asks_for_its_dense_networks_too():
    alone = Results(Ledger(), "data", (0,), set())
    alone.prune(PLAN, (0, 2))
    assert [w.spec.kind for w in next_runs(alone, {}, count=2)] == ["train"]


def test_a_network_measured_elsewhere_is_trained_again_when_it_is_to_be_pruned(results):
    train = results.wanted[1]
    elsewhere = {train.id: Measured(train.id, train.what, 0, 0.8, 0.8, 0.0, 0.0, 1.0)}
    again = replace(results, done=Ledger(elsewhere))
    assert [w.spec.kind for w in again.wanted] == ["prune", "train", "prune"]
    assert next_runs(again, {}, count=1) == [train]


def test_runs_whose_network_is_here_come_first_in_their_stage(results):
    results.prune(replace(PLAN, sparsity=0.5), (2, 2))
    first, second = results.wanted[-2:]
    assert (first.seed, second.seed) == (0, 1)
    others = dict.fromkeys(results.asked.keys() - {first.id, second.id})
    rest = replace(results, done=Ledger(others))
    here = dict.fromkeys([first.spec.dense, second.spec.dense])
    assert next_runs(rest, here, count=1) == [first]
    del here[first.spec.dense]
    assert next_runs(rest, here, count=1) == [second]


def test_a_record_says_what_was_lost_of_the_network_the_run_began_from(results):
    prune, train = results.wanted[:2]
    here = {prune.id: finished(prune, 0.78), train.id: finished(train, 0.8)}
    [record] = [
        r for r in newly_measured(results.asked, here, Ledger()).values() if r.id == prune.id
    ]
    assert record.lost == pytest.approx(2.0)
    assert (record.accuracy, record.validation_accuracy, record.seconds) == (0.78, 0.8, 12.3)
    assert newly_measured(results.asked, here, Ledger(dict.fromkeys(here, record))) == {}
    assert newly_measured(results.asked, {prune.id: here[prune.id]}, Ledger()) == {}


SUMMARY = Summary(
    "prune thinet 0.9 auto 6",
    ("2f", "3f"),
    dict.fromkeys(results_ledger.FIELDS, 0.8),
    dict.fromkeys(results_ledger.FIELDS, 0.02),
)
RECORD = Measured("1f", SUMMARY.what, 2, 0.81, 0.83, 0.9, 0.865, 100.5, 1.25)


def test_the_file_gives_back_what_was_written(tmp_path):
    path = tmp_path / "results.json"
    assert results_ledger.read(path) == Ledger()
    ledger = Ledger({"1f": RECORD}, {SUMMARY.what: SUMMARY})
    results_ledger.write(path, ledger)
    assert results_ledger.read(path) == ledger


def test_a_row_joins_runs_and_a_summary_as_if_all_seeds_were_known():
    # Two seeds with mean .8 and deviation .02 are .8 +- .02/sqrt(2), whichever is which.
    apart = 0.02 / 2**0.5
    known = [0.8 - apart, 0.8 + apart, RECORD.accuracy]
    mean, deviation = Row({2: RECORD}, SUMMARY).mean_and_deviation("accuracy")
    assert mean == pytest.approx(np.mean(known))
    assert deviation == pytest.approx(np.std(known, ddof=1))
    assert Row({2: RECORD}, SUMMARY).count == 3


def test_seeds_known_by_their_summary_are_not_computed_again(results):
    ids = tuple(wanted.id for wanted in results.wanted if wanted.spec.kind == "prune")
    kept = replace(SUMMARY, ids=ids)
    again = replace(results, done=Ledger({}, {kept.what: kept}))
    assert [wanted.spec.kind for wanted in again.wanted] == ["train", "train"]
    assert again.prune(PLAN, (0, 2)).summary == kept


def test_every_line_on_file_recomputes_from_its_own_numbers():
    """Half of accuracy plus sparsity, to the last digit that a line was written with."""
    ledger = results_ledger.read(LEDGER)
    for run in ledger.runs.values():
        expected = score(run.accuracy, run.sparsity)
        assert run.score == pytest.approx(expected, abs=1.5 * 10**-DIGITS), run
    for kept in ledger.summaries.values():
        expected = (kept.mean["accuracy"] + kept.mean["sparsity"]) / 2
        assert kept.mean["score"] == pytest.approx(expected, abs=3.3e-4), kept  # three digits


def test_accuracies_on_file_are_shares_of_the_holdout_images():
    images = 1250
    for run in results_ledger.read(LEDGER).runs.values():
        right = run.accuracy * images
        assert right == pytest.approx(round(right), abs=0.51 * images * 10**-3), run


def test_the_page_has_every_part_before_anything_is_measured():
    empty = Results(Ledger(), "data", (0, 1, 2), set())
    assert page(empty, PARTS).count("## ") == len(PARTS)
    assert len(empty.wanted) == len(empty.asked) > 200


def test_a_row_says_that_some_seeds_are_known_by_their_summary_only():
    assert (count(Row({2: RECORD})), count(Row({2: RECORD}, SUMMARY))) == ("1", "3†")


def test_the_page_in_the_documents_is_made_from_the_file_beside_it():
    written = PAGE.read_text(encoding="utf-8")
    data = re.search(r"Data set `(\w+)`", written)[1]
    assert page(Results(results_ledger.read(LEDGER), data, (0, 1, 2), set()), PARTS) == written


def test_every_method_stands_beside_both_random_controls_of_its_kind():
    assert controls_of("magnitude") == [("random", "auto"), ("shuffled", "auto")]
    assert controls_of("thinet") == [("random_filter", "auto"), ("random_filter", "uniform")]
    written = PAGE.read_text(encoding="utf-8")
    assert "| Magnitude − random weights in magnitude's layers |" in written
    assert "| Network Slimming − random filters |" in written


def rows_of(ours, theirs):
    """Return two rows of runs of the same seeds with these holdout accuracies."""
    return [
        Row({seed: replace(RECORD, seed=seed, accuracy=a) for seed, a in enumerate(accuracies)})
        for accuracies in (ours, theirs)
    ]


def test_a_gain_is_bold_if_it_is_more_than_two_standard_errors():
    # Images, the same for all seeds: sqrt((.8 .2 + .75 .25) / 1,250) = .01667; seeds: .08 / √3.
    clear, within = rows_of([0.8] * 3, [0.75] * 3), rows_of([0.8, 0.72, 0.88], [0.79] * 3)
    assert ahead(*clear).error == pytest.approx(0.01667, abs=1e-5)
    assert ahead(*within).error == pytest.approx(0.0462, abs=1e-4)
    assert gain(*clear) == "**5.0 ± 0.0**"
    assert gain(*within) == "1.0 ± 8.0"
    assert gain(*rows_of([0.75] * 3, [0.8] * 3)) == "**-5.0 ± 0.0**"
