"""A workspace of version 0.1 on the pages of today: every run is listed and shown."""

import pytest

from core.jobs.engine.lock import FileLock
from core.jobs.store.store import Store
from core.runs.specs import data_of, source_of
from tests.pages.conftest import all_text
from tests.runs.test_version_0_1 import unpacked

pytestmark = pytest.mark.slow  # whole pages


@pytest.fixture
def old_home(tmp_path, monkeypatch):
    workspace = unpacked(tmp_path)
    monkeypatch.setenv("PARETO_LAB_HOME", str(workspace.root))
    monkeypatch.delenv("PARETO_LAB_STORE", raising=False)
    place = FileLock(workspace.engine_lock)
    assert place.acquire()
    yield workspace
    place.release()


def fine(test):
    assert not test.exception
    assert not test.error, [each.value for each in test.error]
    return test


def test_every_run_is_listed_and_its_details_are_shown(old_home, open_page):
    store = Store(old_home.store_url)
    jobs = store.jobs()
    store.close()
    for job in jobs:
        test = open_page("runs", run=job.id)
        assert not test.exception
        assert all("The loss is not a number" in each.value for each in test.error)  # listed too
        assert f"Run {job.id}, seed {job.seed}" in all_text(test)
        assert "unknown form" not in all_text(test)


def test_networks_histories_comparisons_and_grades_are_shown(old_home, open_page):
    store = Store(old_home.store_url)
    (train,) = store.jobs(kind="train", states=["done"])
    one, two, *_ = store.jobs(kind="prune")
    (grading,) = store.jobs(kind="grade")
    (compared,) = store.jobs(kind="federate_compare")
    store.close()
    data = data_of(train)
    assert source_of(one) == train.id
    points = f"{one.id[:8]},{two.id[:8]}"
    for page, address in (
        ("home", {}),
        ("training", {"data": data, "run": train.id}),
        ("pruning", {"data": data, "dense": train.id, "view": "survey"}),
        ("frontier", {"data": data, "points": points, "view": "What changed"}),
        ("federated", {"run": compared.id, "question": "own"}),
        ("grading", {"data": data, "run": grading.id}),
        ("report", {}),
    ):
        fine(open_page(page, **address))
