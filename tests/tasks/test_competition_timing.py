"""How long an epoch takes is measured before a competition divides its time."""

from types import SimpleNamespace

import pytest

from core.jobs.store.store import Store
from core.pruning.search.competition import counted_seconds
from core.pruning.search.spec import TimingSpec
from core.tasks import competition
from core.tasks.competition import timing
from core.training.recipe import QUICK
from core.training.spec import TrainSpec
from tests.pruning import tiny
from tests.runs.finished_lab import begin, work_until_night

ONCE, AN_IMAGE = 3.0, 0.001  # seconds a run, seconds an image


@pytest.mark.parametrize("images", [60, 96, 700, 5000])
def test_an_epoch_of_any_set_is_measured_without_one_time_costs(monkeypatch, images):
    def seconds(context, data, few, epochs=1):
        return ONCE + AN_IMAGE * epochs * min(few, len(data.train))

    monkeypatch.setattr(competition, "prepared", lambda context, digest: tiny.data(images))
    monkeypatch.setattr(competition, "_pruning_seconds", seconds)
    assert timing(None, TimingSpec(data="d", of="c")).epoch_seconds == pytest.approx(
        AN_IMAGE * images
    )


def test_a_runs_time_counts_from_the_one_before_without_a_night_between():
    store = SimpleNamespace(last_start=lambda id: None)
    trainer = competition.JobTrainer(SimpleNamespace(store=store), "d")
    jobs = [(10.0, 20.0), (23.0, 50.0), (9000.0, 9040.0)]
    found = [
        trainer._by_the_clock(
            SimpleNamespace(id="j", started=started, finished=finished), spent=30.0
        )
        for started, finished in jobs
    ]
    assert found == [30.0, 33.0, 70.0]  # spent over two attempts; a gap of 3 s; one of a night


def test_a_night_between_two_attempts_at_one_run_is_not_counted(tmp_path, monkeypatch):
    """Stopped after 100 s in the evening, resumed in the morning for 90 s: 190 s of work."""
    clock = [1000.0]
    monkeypatch.setattr("time.time", lambda: clock[0])
    store = Store(f"sqlite:///{tmp_path / 'jobs.db'}")
    id = store.submit(TrainSpec(data="0123456789abcdef", recipe=QUICK), 0)
    work_until_night(store, id, clock, 100.0)
    morning = begin(store, id)
    clock[0] += 90.0
    morning.settle("done", {})
    trainer = competition.JobTrainer(SimpleNamespace(store=store), "d")
    assert trainer._by_the_clock(store.get(id), spent=190.0) == 190.0
    store.close()


@pytest.mark.parametrize(
    ("by_clock", "worked", "counts"),
    [(60.0, 50.0, 60.0), (60.0, 190.0, 190.0), (40_000.0, 50.0, 350.0), (60.0, 0.0, 60.0)],
    ids=["a process beside it", "several attempts", "a machine that slept", "nobody knows"],
)
def test_what_counts_of_a_runs_time(by_clock, worked, counts):
    assert counted_seconds(500.0, 500.0 + by_clock, worked) == counts
