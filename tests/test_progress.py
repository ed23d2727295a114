"""Phases: finished ones never run again, and a resumed one sees its own state only."""

import numpy as np
import pytest

from core.progress import Phases, Silent, Stopped


def _double(arrays):
    return lambda progress: {name: value * 2 for name, value in arrays.items()}


def test_a_finished_phase_is_not_run_again():
    progress = Silent()
    Phases(progress, {"one": 1}).run("one", _double({"x": np.array([1, 2])}))
    again = Phases(progress, {"one": 1}).run("one", lambda _: pytest.fail("ran twice"))
    assert again["x"].tolist() == [2, 4]


def test_an_interrupted_phase_resumes_from_its_own_state():
    progress = Silent()

    def interrupted(inner):
        inner.save({"step": np.array(3)})
        raise Stopped

    phases = Phases(progress, {"one": 1, "two": 1})
    phases.run("one", _double({"x": np.array([1])}))
    with pytest.raises(Stopped):
        phases.run("two", interrupted)
    resumed = Phases(progress, {"one": 1, "two": 1})
    result = resumed.run("two", lambda inner: {"step": inner.load()["step"]})
    assert (result["step"], resumed.run("one", pytest.fail)["x"].tolist()) == (3, [2])


def test_progress_of_a_phase_is_its_share_of_the_whole():
    seen = []

    class Watched(Silent):
        def report(self, done, total, message=""):
            seen.append((done / total, message))

        def record(self, step, **values):
            seen.append((step, values))

    phases = Phases(Watched(), {"short": 1, "long": 3})
    phases.run("short", lambda inner: inner.report(1, 2) or {})
    phases.run(
        "long", lambda inner: (inner.report(1, 3, "half way"), inner.record(1, loss=2.0))[0] or {}
    )
    assert seen == [(0.125, "short"), (0.5, "half way"), (1, {"long/loss": 2.0})]
