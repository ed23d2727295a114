"""Nothing is written outside the workspace, and a bad place is said."""

import os
from pathlib import Path

import pytest

from core.errors import StoreError
from core.jobs.store.store import Store
from core.workspace import Workspace, open_workspace


def test_the_environment_names_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PARETO_LAB_HOME", str(tmp_path / "a place with spaces"))
    workspace = open_workspace()
    assert workspace.datasets == tmp_path / "a place with spaces" / "datasets"


def test_the_store_can_be_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv("PARETO_LAB_STORE", "postgresql+psycopg://lab@127.0.0.1/lab")
    assert open_workspace(tmp_path).store_url.startswith("postgresql")


@pytest.mark.parametrize("name", ["50%ce", "a?mode=ro", "a#b", "a b", "'ü'", "a@b:c", "%41"])
def test_the_store_is_in_the_workspace_whatever_its_name(tmp_path, monkeypatch, name):
    monkeypatch.delenv("PARETO_LAB_STORE", raising=False)
    workspace = open_workspace(tmp_path / name)
    Store(workspace.store_url).close()
    assert (tmp_path / name / "jobs.db").is_file()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def mode(path):
    return oct(path.stat().st_mode & 0o777)


def test_a_new_workspace_and_its_folders_are_its_owners_alone(tmp_path):
    umask = os.umask(0)
    try:
        workspace = open_workspace(tmp_path / "new")
        found = {mode(workspace.root), mode(workspace.datasets), mode(workspace.scratch)}
    finally:
        os.umask(umask)
    assert found == {"0o700"}


def test_an_older_workspace_is_closed(tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "jobs.db").touch(0o644)
    (tmp_path / "jobs").mkdir(0o755)
    open_workspace(tmp_path)
    found = {path.name: mode(path) for path in (tmp_path, *tmp_path.iterdir())}
    assert found == {tmp_path.name: "0o700", "jobs.db": "0o600", "jobs": "0o700"}


def test_a_folder_with_other_things_is_not_closed_but_what_is_ours_is(tmp_path):
    shared, mixed = tmp_path / "like tmp", tmp_path / "mixed"
    shared.mkdir()
    shared.chmod(0o1777)
    mixed.mkdir()
    mixed.chmod(0o755)
    (mixed / "thesis.tex").touch()
    for folder in (shared, mixed):
        assert mode(open_workspace(folder).datasets) == "0o700"
    assert (mode(shared), mode(mixed)) == ("0o777", "0o755")


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
