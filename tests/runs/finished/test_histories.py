"""Federated runs, as the store has them."""

import pytest

from core.errors import RecordError
from core.runs.finished import histories


def test_federated_rows_keep_everything_that_was_measured(lab) -> None:
    workspace, store, _ = lab
    job = store.jobs(kind="federate")[0]
    found = histories.history_of(job, workspace)
    assert found is not None
    assert found.rows[1]["drift"] == 1.5
    assert "drift" not in found.rows[0]


def test_a_table_of_endless_columns_is_refused_without_filling_them() -> None:
    """Every row, however short, would get a cell for each of two million columns."""
    text = "step" + ",a" * 2_000_000 + "\n1" * 100_000
    with pytest.raises(RecordError, match="is no table"):
        histories.read_history(text)


def test_history_csv_is_read_with_empty_cells_left_out() -> None:
    text = "round,train_loss,drift\n0,1.5,\n1,1.25,0.5\n"
    assert histories.read_history(text) == [
        {"round": 0.0, "train_loss": 1.5},
        {"round": 1.0, "train_loss": 1.25, "drift": 0.5},
    ]
