"""Finished networks, as the store has them."""

from dataclasses import replace

from core.runs.finished import networks
from tests.runs.finished_lab import PRUNED


def test_every_finished_network_is_a_point_with_its_jobs_id(lab) -> None:
    _, store, ids = lab
    found = {network.point.id: network for network in networks.measured_networks(store)}
    assert set(found) == {ids["dense"], *(ids[f"{m}-{s}"] for m, s, _ in PRUNED)}
    assert found[ids["random-0.95"]].point.parent == ids["dense"]
    assert networks.measured_networks(store, data="another") == []


def test_the_common_dense_network_of_two_pruned_ones_is_found(lab) -> None:
    _, store, ids = lab
    by_id = {network.job.id: network for network in networks.measured_networks(store)}
    chosen = [by_id[ids["magnitude-0.8"]], by_id[ids["l1_filter-0.95"]]]
    found = networks.common_dense(chosen, by_id)
    assert found is not None
    assert found.job.id == ids["dense"]


def test_networks_of_two_families_have_no_common_dense_network(lab) -> None:
    _, store, ids = lab
    by_id = {network.job.id: network for network in networks.measured_networks(store)}
    alone = by_id[ids["magnitude-0.8"]]
    stranger = replace(alone, point=replace(alone.point, id="s", parent="gone"))
    stranger = replace(stranger, job=replace(alone.job, id="s"))
    assert networks.common_dense([alone, stranger], by_id | {"s": stranger}) is None
