"""Which step of its plan a run is at, on a clock that the test sets."""

import numpy as np
import pytest

from core.training.pace import Pace


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def run(pace, clock, costs):
    """Run epochs that cost so many seconds, the last cost again and again, to the plan's end."""
    costs = list(costs)
    while not pace.finished:
        pace.begin_epoch()
        clock.now += costs[0]
        if len(costs) > 1:
            costs.pop(0)
        pace.end_epoch()
    return list(pace.ends)


def test_without_a_clock_the_planned_step_is_the_step():
    pace = Pace(3, 7)
    steps = []
    while not pace.finished:
        pace.begin_epoch()
        steps += [pace.planned_step(index) for index in range(7)]
        pace.end_epoch()
    assert steps == list(range(21))
    assert pace.state() == {}


@pytest.mark.parametrize(
    ("cost", "epochs"),
    [
        pytest.param(10.0, 10, id="as planned"),
        pytest.param(5.0, 20, id="twice as fast"),
        pytest.param(20.0, 5, id="half as fast"),
        pytest.param(70.0, 1, id="no second epoch ends in time"),
    ],
)
def test_the_plan_ends_within_the_time_whatever_an_epoch_costs(cost, epochs):
    clock = Clock()
    pace = Pace(10, 7, 100.0, clock)
    ends = run(pace, clock, [cost])
    assert ends[-1] == pace.steps
    assert pace.spent <= max(100.0, 2 * cost)
    assert len(ends) == max(epochs, 2)  # the first is as long as planned


def test_a_machine_that_is_busy_at_first_gets_all_of_the_time_later():
    clock = Clock()
    pace = Pace(10, 7, 100.0, clock)
    ends = run(pace, clock, [20.0, 20.0, 5.0])
    assert 97.0 <= pace.spent <= 100.0
    assert len(ends) > 10


def test_a_machine_that_gets_busy_late_ends_in_time_but_for_an_epoch():
    clock = Clock()
    pace = Pace(10, 7, 100.0, clock)
    run(pace, clock, [5.0] * 10 + [20.0])
    assert pace.spent <= 120.0


def test_planned_steps_rise_to_the_end_of_the_plan_and_stay_below_it():
    clock = Clock()
    pace = Pace(10, 7, 100.0, clock)
    found = []
    while not pace.finished:
        pace.begin_epoch()
        found += [pace.planned_step(index) for index in range(7)]
        clock.now += 13.0
        pace.end_epoch()
    assert found == sorted(found)
    assert found[0] == 0
    assert found[-1] < pace.steps


def test_a_later_attempt_goes_on_where_the_first_was_without_the_time_between():
    clock = Clock()
    pace = Pace(10, 7, 100.0, clock)
    for _ in range(4):
        pace.begin_epoch()
        clock.now += 10.0
        pace.end_epoch()
    state = {name: np.asarray(value) for name, value in pace.state().items()}
    clock.now += 5000.0
    again = Pace(10, 7, 100.0, clock)
    again.restore(state, 4)
    assert again.spent == 40.0
    assert run(again, clock, [10.0]) == pytest.approx([7.0 * n for n in range(1, 11)])


def test_a_run_that_counts_epochs_goes_on_after_those_it_had():
    pace = Pace(3, 7)
    pace.restore({}, 2)
    assert list(pace.ends) == [7.0, 14.0]
    assert pace.expected == 3


def test_what_the_first_step_takes_to_compile_is_no_cost_of_an_epoch():
    clock = Clock()
    pace = Pace(10, 5, 100.0, clock)
    while not pace.finished:
        pace.begin_epoch()
        for index in range(5):
            pace.begin_step(index)
            clock.now += 32.0 if clock.now == 1000.0 else 2.0  # thirty to compile
        pace.end_epoch()
    assert list(pace.ends)[:2] == [5.0, 12.5]  # time for six more of ten seconds
    assert pace.spent == 100.0
