"""The grid: which runs, their numbers, going on after a stop."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import RecordError, SettingsError
from core.federated.demo import grid as grids
from core.federated.demo.spec import DemoRun, FederatedGridSpec
from core.federated.federate import federate
from core.progress import Silent, Stopped

pytestmark = pytest.mark.slow  # real runs
SMALL = FederatedGridSpec(
    rounds=2,
    heterogeneities=(1.0,),
    local_steps=(1, 5),
    clients=(30, 6),
    algorithms=("minibatch_sgd", "fedavg", "fedprox"),
)


class StopsAfter(Silent):
    """Stops at the n-th save."""

    def __init__(self, saves, state=None):
        super().__init__()
        self.left, self.state = saves, state

    def save(self, state):
        super().save(state)
        self.left -= 1
        if self.left == 0:
            raise Stopped


@pytest.fixture(scope="module")
def grid():
    return grids.compute_grid(SMALL)


def test_every_number_is_that_of_the_runs_own_history(grid):
    """The same run, started as anybody may on the Federated page, bit for bit."""
    for run, records in zip(grid.runs, grid.records, strict=True):
        history = federate(replace(run.spec, rounds=2))
        for place, name in enumerate(grids.COLUMNS):
            np.testing.assert_array_equal(records[:, place], history.column(name), err_msg=name)


def test_an_algorithm_of_one_step_a_round_has_one_run_whatever_k_is(grid):
    # Two sets of clients, two shares: SGD once each, FedAvg and FedProx for two values of K.
    assert len(grid.runs) == 2 * 2 * (1 + 2 + 2)
    one = grids.find(grid, DemoRun(1.0, 5, 6, "minibatch_sgd"))
    other = grids.find(grid, DemoRun(1.0, 1, 6, "minibatch_sgd", mu=7.0))
    np.testing.assert_array_equal(one, other)


def test_mu_is_part_of_a_run_where_the_algorithm_has_one(grid):
    assert grids.find(grid, DemoRun(1.0, 5, 6, "fedprox", mu=7.0)) is None
    assert grids.find(grid, DemoRun(1.0, 5, 6, "fedavg", mu=7.0)) is not None


def test_a_stopped_grid_goes_on_where_it_was(grid):
    stopping = StopsAfter(3)
    with pytest.raises(Stopped):
        grids.compute_grid(SMALL, stopping)
    assert len(stopping.state["records"]) == 3
    after = grids.compute_grid(SMALL, StopsAfter(0, stopping.state))
    np.testing.assert_array_equal(after.records, grid.records)


def test_a_grid_is_read_as_it_was_written_and_a_damaged_one_is_said(grid):
    content = grids.write(grid)
    again = grids.read(content)
    assert again.runs == grid.runs
    np.testing.assert_array_equal(again.records, grid.records)
    np.testing.assert_array_equal(again.label_counts[None], grid.label_counts[None])
    for damaged in (content[:100], b"", b"no zip at all"):
        with pytest.raises(RecordError, match="Compute it again"):
            grids.read(damaged)


def test_positions_outside_the_sliders_are_refused():
    with pytest.raises(SettingsError, match="local_steps"):
        DemoRun(1.0, 0)
    with pytest.raises(SettingsError, match="heterogeneity"):
        DemoRun(3.0)
