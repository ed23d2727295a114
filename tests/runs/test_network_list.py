"""Networks for a page: each row of the store is read once, however often the page is drawn."""

import pytest

from core.jobs.store.store import Store
from core.pruning.plan import PrunePlan
from core.pruning.spec import PruneSpec
from core.runs.finished.networks import measured_networks
from core.runs.network_list import NetworkList
from tests.runs.finished_lab import finish


@pytest.fixture
def rows_read(monkeypatch):
    """How many rows each question to the store gave."""
    counts: list[int] = []
    asked = Store.jobs

    def counted(self, *given, **named):
        found = asked(self, *given, **named)
        counts.append(len(found))
        return found

    monkeypatch.setattr(Store, "jobs", counted)
    return counts


def test_it_has_what_the_store_has_newest_first(lab):
    store, _ = lab
    assert list(NetworkList(store).now().networks) == measured_networks(store)


def test_only_a_row_that_is_new_is_read(lab, rows_read):
    store, ids = lab
    known = NetworkList(store)
    first = known.now()
    assert rows_read == [7]
    assert known.now() is first
    assert rows_read == [7]
    spec = PruneSpec(data=ids["data"], dense=ids["dense"], plan=PrunePlan(sparsity=0.5))
    measured = first.networks[0]
    result = {"weights": "w.h5", "shape": _shape(measured), "point": measured.point.to_json()}
    new = finish(store, spec, result)
    second = known.now()
    assert rows_read == [7, 1]
    assert second.number != first.number
    assert second.networks[0].job.id == new


def _shape(network):
    return network.job.result["shape"]


def test_a_run_that_was_deleted_is_gone(lab):
    store, ids = lab
    known = NetworkList(store)
    before = known.now()
    store.delete(ids["random-0.95"])
    after = known.now()
    assert len(after.networks) == len(before.networks) - 1
    assert ids["random-0.95"] not in {network.job.id for network in after.networks}


def test_two_lists_never_have_the_same_number(lab):
    store, _ = lab
    assert NetworkList(store).now().number != NetworkList(store).now().number
