"""CSV that a spreadsheet shows and never runs."""

import csv
import io

import numpy as np
import pytest

from core.tables import harmless, to_csv


@pytest.mark.parametrize(
    "formula",
    [
        "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t1", "\r1", "\n1", " =1+1", "\u00a0=1",
        "＝1+1", "＋1", "－1", "＠SUM(A1)", "=cmd|' /C calc'!A0", "-inf", "+1_0",
    ],
)  # fmt: skip
def test_a_text_that_a_spreadsheet_would_run_is_marked_as_text(formula):
    assert harmless(formula) == "'" + formula


@pytest.mark.parametrize("text", ["", "a=b", "FedAvg, 5 steps", "3-1", "-1.5e-3", "+7", "日本"])
def test_other_texts_and_numbers_stay_as_they_are(text):
    assert harmless(text) == text


def test_cells_come_back_from_a_csv_reader():
    rows = [
        {"name": "=1", "file": 'a,"b";c\nd', "score": 0.1, "zeros": np.int64(5), "extra": 1},
        {"name": None, "file": "x;=1+1", "score": np.float64(-0.25), "list": [1, "a"]},
    ]
    text = to_csv(["name", "file", "score", "zeros", "list"], rows)
    header, first, second = csv.reader(io.StringIO(text))
    assert header == ["name", "file", "score", "zeros", "list"]
    assert first == ["'=1", 'a,"b";c\nd', "0.1", "5", ""]
    assert second == ["", "x;'=1+1", "-0.25", "", '[1, "a"]']
    # A reader with the other list separator finds no cell that begins with the formula, either.
    assert not any(cell[:1] == "=" for row in csv.reader(io.StringIO(text), delimiter=";")
                   for cell in row)  # fmt: skip


def test_column_names_are_texts_too():
    assert to_csv(["step", "=1+1"], []) == "step,'=1+1\n"
