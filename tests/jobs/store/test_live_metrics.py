"""Metrics for a page that looks every second: only what is new is read, and it is always right."""

import pytest

from core.jobs.store.dispatch import Dispatcher
from core.jobs.store.lease import Lease, Update
from core.jobs.store.live_metrics import LiveMetrics
from core.jobs.store.queries import Reading
from tests.jobs.store.test_store import start, submit

KEYS = ("accuracy", "loss", "a/b", "z")


@pytest.fixture
def dispatcher(contract_store):
    return Dispatcher(contract_store.database, "engine-1")


@pytest.fixture
def rows_read(monkeypatch):
    """How many values each question to the store gave."""
    counts: list[int] = []
    for name in ("metrics", "metrics_from"):
        asked = getattr(Reading, name)

        def counted(self, *given, asked=asked):
            found = asked(self, *given)
            counts.append(sum(len(points) for points in found.values()))
            return found

        monkeypatch.setattr(Reading, name, counted)
    return counts


def record(lease: Lease, steps: range, value: float = 0.5, keys: tuple[str, ...] = KEYS) -> None:
    lease.beat(Update(metrics={(key, step): value for key in keys for step in steps}))


def test_what_a_look_costs_does_not_grow_with_what_was_shown(contract_store, dispatcher, rows_read):
    submit(contract_store)
    lease, live = start(contract_store, dispatcher), LiveMetrics(contract_store)
    for begin in (0, 500, 1000):
        record(lease, range(begin, begin + 500))
        live.of(contract_store.get(lease.job_id))
    record(lease, range(1500, 1502))
    live.of(contract_store.get(lease.job_id))
    live.of(contract_store.get(lease.job_id))
    # The last value of each of four keys is read once more: it may have been replaced.
    assert rows_read == [2000, 2004, 2004, 12, 4]
    found = live.of(contract_store.get(lease.job_id))
    assert found == contract_store.metrics(lease.job_id)
    assert len(live.by_step(contract_store.get(lease.job_id))) == 1502


def test_a_last_value_that_is_replaced_and_a_key_that_comes_later_are_seen(
    contract_store, dispatcher
):
    submit(contract_store)
    lease, live = start(contract_store, dispatcher), LiveMetrics(contract_store)
    record(lease, range(3))
    live.of(contract_store.get(lease.job_id))
    record(lease, range(2, 4), 0.7)
    record(lease, range(4), 0.9, ("loss/later", "b"))
    job = contract_store.get(lease.job_id)
    assert live.of(job) == contract_store.metrics(job.id)
    step, values = live.by_step(job)[2]
    assert (step, values["loss"], values["b"]) == (2, 0.7, 0.9)


def test_a_run_that_goes_on_after_a_stop_or_a_crash_is_read_anew(contract_store, dispatcher):
    submit(contract_store)
    lease, live = start(contract_store, dispatcher), LiveMetrics(contract_store)
    record(lease, range(9))
    live.of(contract_store.get(lease.job_id))
    dispatcher.runner_ended("r1", "test", own_fault=False)
    again = start(contract_store, dispatcher, "r2")
    record(again, range(5, 7), 0.1)  # from its checkpoint: steps it had told before
    job = contract_store.get(lease.job_id)
    assert live.of(job)["loss"][5:8] == [(5, 0.1), (6, 0.1), (7, 0.5)]
    assert live.of(job) == contract_store.metrics(job.id)


def test_a_run_begun_afresh_or_deleted_and_asked_for_again_has_no_old_values(
    contract_store, dispatcher
):
    id = submit(contract_store)
    lease, live = start(contract_store, dispatcher), LiveMetrics(contract_store)
    record(lease, range(9))
    live.of(contract_store.get(id))
    lease.settle("stopped")
    contract_store.retry(id)
    assert live.of(contract_store.get(id)) == {}
    lease = start(contract_store, dispatcher, "r2")
    record(lease, range(2), 0.3)
    live.of(contract_store.get(id))
    lease.settle("failed", error="no")
    contract_store.delete(id)
    submit(contract_store)
    assert live.by_step(contract_store.get(id)) == []


def test_runs_looked_at_longest_ago_are_forgotten(contract_store, rows_read):
    ids = [submit(contract_store, seed=seed) for seed in range(3)]
    live = LiveMetrics(contract_store, most_runs=2)
    for id in ids:
        live.of(contract_store.get(id))
    assert len(live._known) == 2
