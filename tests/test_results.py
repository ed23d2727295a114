"""`make results` goes on from what any machine has measured."""

import re
from dataclasses import replace

import pytest

from benchmarks import results_ledger
from benchmarks.results import LEDGER, PAGE, Results, newly_measured, next_runs
from benchmarks.results_ledger import Measured
from benchmarks.results_page import PARTS, count, page
from core.jobs.store.job import DONE, Job
from core.pruning.plan import PrunePlan

PLAN = PrunePlan(method="magnitude", epochs=6)


def finished(wanted, accuracy):
    point = {"accuracy": accuracy, "validation_accuracy": accuracy + 0.02, "sparsity": 0.9}
    result = {"point": point | {"score": (accuracy + 0.9) / 2, "seconds": 12.34}}
    given = {"id": wanted.id, "kind": wanted.kind, "settings": wanted.settings}
    times = dict.fromkeys(("error", "parent", "started", "finished", "seconds_left"))
    numbers = ("sequence", "version", "attempt", "crashes", "losses", "priority", "stop")
    counts = dict.fromkeys((*numbers, "done", "total", "created"), 0)
    own = {"seed": wanted.seed, "state": DONE, "message": "", "result": result}
    return Job(**given, **times, **counts, **own)


@pytest.fixture
def results():
    found = Results({}, "data", (0, 1), set())
    found.train("thorough", (1, 1))
    found.prune(PLAN, (0, 2))
    return found


def test_what_is_asked_about_first_comes_first(results):
    # Stages: the first seed's pruning 0, both trainings 1, the other seed's pruning 2.
    assert [(w.kind, w.seed) for w in results.wanted] == [
        ("prune", 0), ("train", 0), ("train", 1), ("prune", 1),
    ]  # fmt: skip


def test_a_network_is_trained_before_it_is_pruned_and_only_once(results):
    [first] = next_runs(results, {}, count=1)
    assert (first.kind, first.seed) == ("train", 0)
    both = next_runs(results, {}, count=2)
    assert [(w.kind, w.seed) for w in both] == [("train", 0), ("train", 1)]
    there = {first.id: finished(first, 0.8)}
    assert next_runs(results, there, count=1)[0].kind == "prune"


def test_a_part_computed_alone_asks_for_its_dense_networks_too():
    alone = Results({}, "data", (0,), set())
    alone.prune(PLAN, (0, 2))
    assert [w.kind for w in next_runs(alone, {}, count=2)] == ["train"]


def test_a_network_measured_elsewhere_is_trained_again_when_it_is_to_be_pruned(results):
    train = results.wanted[1]
    elsewhere = {train.id: Measured(train.id, train.what, 0, 0.8, 0.8, 0.0, 0.0, 1.0)}
    again = replace(results, done=elsewhere)
    assert [w.kind for w in again.wanted] == ["prune", "train", "prune"]
    assert next_runs(again, {}, count=1) == [train]


def test_runs_whose_network_is_here_come_first_in_their_stage(results):
    results.prune(replace(PLAN, sparsity=0.5), (2, 2))
    first, second = results.wanted[-2:]
    assert (first.seed, second.seed) == (0, 1)
    rest = replace(results, done=dict.fromkeys(results.asked.keys() - {first.id, second.id}))
    here = dict.fromkeys([first.settings["dense"], second.settings["dense"]])
    assert next_runs(rest, here, count=1) == [first]
    del here[first.settings["dense"]]
    assert next_runs(rest, here, count=1) == [second]


def test_a_record_says_what_was_lost_of_the_network_the_run_began_from(results):
    prune, train = results.wanted[:2]
    here = {prune.id: finished(prune, 0.78), train.id: finished(train, 0.8)}
    [record] = [r for r in newly_measured(results.asked, here, {}).values() if r.id == prune.id]
    assert record.lost == pytest.approx(2.0)
    assert (record.accuracy, record.validation_accuracy, record.seconds) == (0.78, 0.8, 12.3)
    assert newly_measured(results.asked, here, dict.fromkeys(here, record)) == {}
    assert newly_measured(results.asked, {prune.id: here[prune.id]}, {}) == {}


def test_the_file_gives_back_what_was_written(tmp_path):
    path = tmp_path / "results.json"
    assert results_ledger.read(path) == {}
    record = Measured("1f", "prune thinet 0.9 auto 6", 2, 0.81, 0.8, 0.9, 0.85, 100.5, 1.25)
    old = Measured("2f", "prune thinet 0.9 auto 6", 1, 0.8, 0.8, 0.9, 0.85, 100.5, read_back=True)
    results_ledger.write(path, {"1f": record, "2f": old})
    assert results_ledger.read(path) == {"1f": record, "2f": old}
    assert path.read_text().count("read_back") == 1  # said only where it matters


def test_the_page_has_every_part_before_anything_is_measured():
    empty = Results({}, "data", (0, 1, 2), set())
    assert page(empty, PARTS).count("## ") == len(PARTS)
    assert len(empty.wanted) == len(empty.asked) > 200


def test_a_row_says_that_its_seeds_were_read_back_from_a_page():
    measured = Measured("1f", "prune thinet 0.9 auto 6", 2, 0.81, 0.8, 0.9, 0.85, 100.5)
    old = replace(measured, seed=1, read_back=True)
    assert (count({2: measured}), count({1: old, 2: measured})) == ("1", "2†")


def test_the_page_in_the_documents_is_made_from_the_file_beside_it():
    written = PAGE.read_text(encoding="utf-8")
    data = re.search(r"Data set `(\w+)`", written)[1]
    assert page(Results(results_ledger.read(LEDGER), data, (0, 1, 2), set()), PARTS) == written
