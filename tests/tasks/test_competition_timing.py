"""How long an epoch takes is measured before a competition divides its time."""

from types import SimpleNamespace

import pytest

from core.pruning.search.spec import TimingSpec
from core.tasks import competition
from core.tasks.competition import timing
from tests.pruning import tiny

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
    trainer = competition.JobTrainer(None, "d")
    jobs = [(10.0, 20.0), (23.0, 50.0), (9000.0, 9040.0)]
    found = [
        trainer._by_the_clock(SimpleNamespace(started=started, finished=finished), spent=30.0)
        for started, finished in jobs
    ]
    assert found == [30.0, 33.0, 70.0]  # spent over two attempts; a gap of 3 s; one of a night
