"""Finished networks, as the store has them."""

from dataclasses import replace

from core.data.partition import Even
from core.federated.results import FederatedNetworkResult
from core.federated.spec import FederatedSpec
from core.jobs.store.store import Store
from core.networks.network import REFERENCE
from core.pruning.plan import PrunePlan
from core.pruning.spec import PruneResult, PruneSpec
from core.runs.finished import networks
from core.workspace import Workspace
from tests.evaluation.points import point
from tests.runs.finished_lab import PRUNED, federated_result, fill, finish
from tests.runs.histories import history


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


def test_a_federated_network_is_one_that_others_are_pruned_from(tmp_path) -> None:
    workspace = Workspace(tmp_path)
    ids = fill(workspace)
    store = Store(workspace.store_url)
    kept = dict(vars(federated_result(history("FedAvg", [0.1, 0.5]))))
    del kept["model"]
    made = point(0.7, 0.0, "dense", parent="")
    spec = FederatedSpec(data=ids["data"], partition=Even(), network="cnn")
    result = FederatedNetworkResult(**kept, weights="dense.h5", shape=REFERENCE, point=made)
    root = finish(store, spec, result)
    for sparsity in (0.8, 0.9):
        plan = PrunePlan(sparsity=sparsity)
        pruned = PruneSpec(data=ids["data"], dense=root, plan=plan)
        left = PruneResult(weights="w.h5", shape=REFERENCE, point=point(0.7, sparsity, parent=root))
        finish(store, pruned, left)
    by_id = {network.job.id: network for network in networks.measured_networks(store)}
    store.close()
    chosen = [each for each in by_id.values() if each.point.parent == root]
    assert len(chosen) == 2
    assert networks.common_dense(chosen, by_id).job.id == root
