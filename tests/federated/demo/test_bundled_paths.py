"""The presets' paths ship with the product, so that a lecture waits for none."""

import numpy as np
import pytest

from core.federated.demo.answers import Answers
from core.federated.demo.bundled_paths import bundled_paths, halves, pairs, read_paths, write_paths
from core.federated.demo.pictures import unpack
from core.federated.demo.pool import Pool
from core.federated.demo.presets import PRESETS
from core.federated.demo.spec import DemoRun

pytestmark = pytest.mark.slow  # real runs


def asked_of(pair):
    return [(view, run) for view in ("two", "plane") for run in pair]


def test_every_presets_paths_are_answered_without_any_process():
    answers = Answers(Pool(0), bundled_paths())
    for pair in pairs():
        assert len(answers.pictures(asked_of(pair))) == 4


def test_a_presets_halves_are_those_of_its_address():
    named = {preset.name: halves(preset) for preset in PRESETS}
    assert named["drift"] == (DemoRun(2.0, 100), DemoRun(2.0, 100, algorithm="scaffold"))
    assert named["participation"] == (DemoRun(None, 50, 6), DemoRun(2.0, 50, 6))
    assert named["dirichlet"] == (DemoRun(None, 20), DemoRun(1.0, 20))  # the sliders' start


def test_bundled_paths_are_what_is_computed_here():
    """Float32 sums depend on the processor in their last bits, and by them which side is up.

    The second axis is along what clients differ in from their mean: the differences sum to 0.
    """
    (pair,) = {halves(preset) for preset in PRESETS if preset.name == "k"}
    pool = Pool(2)
    found = Answers(pool).pictures(asked_of(pair))
    pool.end()
    for one, other in zip(
        Answers(Pool(0), bundled_paths()).pictures(asked_of(pair)), found, strict=True
    ):
        assert type(one) is type(other)
        up = np.sign(np.sum(unpack(one.server)[:, 1] * unpack(other.server)[:, 1])) or 1.0
        turned = unpack(other.server) * np.array([1.0, up])
        np.testing.assert_allclose(unpack(one.server), turned, rtol=1e-2, atol=1e-2)
        np.testing.assert_array_equal(unpack(one.clients), unpack(other.clients))
        if up > 0:  # upside down the frame, and with it every place of the surface, is another
            np.testing.assert_allclose(unpack(one.losses), unpack(other.losses), rtol=1e-2)


def test_paths_are_read_as_they_were_written():
    some = dict(list(bundled_paths().items())[:2])
    assert read_paths(write_paths(some)) == some
