"""Nothing is written outside the workspace, and a bad place is said."""

from pathlib import Path

import pytest

from core.errors import StoreError
from core.workspace import Workspace, open_workspace


def test_the_environment_names_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PARETO_LAB_HOME", str(tmp_path / "a place with spaces"))
    workspace = open_workspace()
    assert workspace.datasets == tmp_path / "a place with spaces" / "datasets"


def test_the_store_can_be_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv("PARETO_LAB_STORE", "postgresql+psycopg://lab@127.0.0.1/lab")
    assert open_workspace(tmp_path).store_url.startswith("postgresql")


def test_a_folder_that_cannot_be_made_is_said_with_the_remedy(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreError, match="Set PARETO_LAB_HOME to a folder you may write to"):
        open_workspace(tmp_path / "file" / "inside")


def test_a_folder_inside_that_cannot_be_made_is_said_with_its_name(tmp_path):
    (tmp_path / "datasets").write_text("not a folder")
    with pytest.raises(StoreError) as told:
        _ = Workspace(tmp_path).datasets
    sentence = f"The folder {tmp_path / 'datasets'} cannot be made (File exists). Set PARETO_LAB"
    assert str(told.value).startswith(sentence)


def test_a_place_nobody_may_write_to_is_not_asked_for_room():
    with pytest.raises(StoreError, match="Set PARETO_LAB_HOME to a folder") as told:
        _ = Workspace(Path("/sys/kernel")).datasets
    assert "disk space" not in str(told.value)
