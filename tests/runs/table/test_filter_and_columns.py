"""What is found among runs, in which order, with which columns."""

from dataclasses import replace

import pytest

from core.errors import SettingsError
from core.runs.table.columns import COLUMNS, USUAL, TableView, cell, load_view, save_view
from core.runs.table.filter import RunFilter, data_called
from core.runs.table.row import RunRow
from core.workspace import Workspace

DATA = "0123456789abcdef"
NAMES = {DATA: "animals"}
EMPTY = RunRow(
    **dict.fromkeys(("kind", "title", "source", "network", "method", "started_by", "note"), ""),
    **dict.fromkeys(("sparsity", "accuracy", "validation", "score", "seconds", "started")),
    **dict.fromkeys(("imported", "is_part", "has_point"), False),
    id="a" * 16,
    sequence=1,
    name="run",
    state="done",
    data=DATA,
    tags=(),
)
ROWS = (
    replace(EMPTY, id="c1", name="Beta", kind="train", state="stopping", tags=("paper",)),
    replace(EMPTY, id="b2", name="alpha", kind="prune", accuracy=0.7, method="SNIP"),
    replace(EMPTY, id="a3", name="gamma", kind="prune", accuracy=0.9, note="Good\nold one"),
    replace(EMPTY, id="d4", name="part", kind="prune", is_part=True, data="iid"),
)


def found(**wanted):
    return [row.id for row in RunFilter(**wanted).chosen(ROWS, NAMES)]


def test_every_word_must_be_found_somewhere_in_a_row():
    assert found(words="ANIMALS") == ["c1", "b2", "a3"]
    assert found(words="snip alp") == ["b2"]
    assert found(words="snip gamma") == []
    assert found(words="old one") == ["a3"]
    assert found(words="paper") == ["c1"]
    assert found(words="c1") == ["c1"]


def test_states_kinds_data_tags_and_parts_narrow_what_is_found():
    assert found() == ["c1", "b2", "a3"]
    assert found(parts=True) == ["c1", "b2", "a3", "d4"]
    assert found(states=("running",)) == ["c1"]  # one that is being stopped is still at it
    assert found(states=("running", "done"), kinds=("prune",)) == ["b2", "a3"]
    assert found(data=("iid",), parts=True) == ["d4"]
    assert found(tags=("paper", "other")) == ["c1"]


def test_an_address_keeps_what_was_looked_for():
    wanted = RunFilter("a b", ("done",), ("prune", "train"), ("synthetic:1,1", DATA), ("t",), True)
    assert RunFilter.from_address(wanted.to_address()) == wanted
    assert RunFilter.from_address({}) == RunFilter()
    assert RunFilter.from_address({"state": "done,nonsense"}).states == ("done",)
    assert RunFilter(parts=True).is_empty
    assert not wanted.is_empty


def test_rows_without_a_value_come_last_in_either_direction():
    def ordered(**view):
        return [row.id for row in TableView(**view).ordered(ROWS, NAMES)]

    assert ordered() == ["c1", "b2", "a3", "d4"]
    assert ordered(sort="accuracy") == ["a3", "b2", "c1", "d4"]
    assert ordered(sort="accuracy", descending=False) == ["b2", "a3", "c1", "d4"]
    assert ordered(sort="name", descending=False) == ["b2", "c1", "a3", "d4"]  # alpha, Beta, gamma


def test_cells_say_what_data_are_called():
    assert cell(ROWS[0], "data", NAMES) == "animals"
    assert cell(ROWS[0], "data", {}) == "deleted data set 01234567"
    assert cell(ROWS[3], "data", NAMES) == "IID data"
    assert data_called("", NAMES) == ""
    assert cell(ROWS[2], "note", NAMES) == "Good"  # the first line


def test_a_workspace_keeps_its_columns_and_survives_a_damaged_choice(tmp_path):
    workspace = Workspace(tmp_path)
    assert load_view(workspace) == TableView() == TableView(USUAL, "", True)
    chosen = TableView(("name", "score"), "score", False)
    save_view(workspace, chosen)
    assert load_view(workspace) == chosen
    for damaged in ("{", "[]", '{"columns": ["nonsense"], "sort": "", "descending": true}'):
        workspace.runs_table.write_text(damaged)
        assert load_view(workspace) == TableView()


@pytest.mark.parametrize("wrong", [{"columns": ()}, {"columns": ("a",)}, {"sort": "a"}])
def test_a_table_has_known_columns(wrong):
    with pytest.raises(SettingsError, match="Choose at least one"):
        TableView(**wrong)
    assert set(USUAL) < set(COLUMNS)
