"""How long an epoch takes is measured before a competition divides its time."""

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
