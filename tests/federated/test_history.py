"""Histories as tables."""

import math

import numpy as np

from core.federated.history import (
    COLUMNS,
    FederatedHistory,
    RoundRecord,
    from_array,
    to_array,
)


def record(number, accuracy, **others):
    return RoundRecord(
        number, number / 2, 10 * number, 100 * number, 1.5, 0.5, 1.6, accuracy, **others
    )


HISTORY = FederatedHistory(
    "FedAvg", (record(0, 0.1), record(1, 0.7, drift=2.0)), {}, np.array([0.7])
)


def test_the_csv_has_the_columns_that_scripts_rely_on():
    lines = HISTORY.csv().splitlines()
    assert lines[0] == (
        "round,epoch,gradient_evaluations,bytes,train_loss,train_accuracy,"
        "validation_loss,validation_accuracy,drift"
    )
    assert lines[1] == "0,0.0,0,0,1.5,0.5,1.6,0.1,"
    assert lines[2] == "1,0.5,10,100,1.5,0.5,1.6,0.7,2.0"


def test_diagnostics_follow_the_fixed_columns_where_asked_for():
    header = HISTORY.csv(diagnostics=True).splitlines()[0].split(",")
    assert tuple(header[: len(COLUMNS)]) == COLUMNS
    assert "dissimilarity" in header


def test_what_was_not_measured_is_none_in_json_and_absent_in_metrics():
    assert HISTORY.rows()[0]["drift"] is None
    assert "drift" not in HISTORY.records[0].values()
    assert "train_loss" not in RoundRecord(1, 1.0, 1, 1, math.inf, 0, 0, 0).values()


def test_records_survive_a_checkpoint():
    again = from_array(to_array(HISTORY.records))
    assert again[1].values() == HISTORY.records[1].values()
    assert again[1].round == 1
    assert again[0].values() == HISTORY.records[0].values()
    assert isinstance(again[1].bytes, int)
