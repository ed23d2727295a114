"""What data sets and their classes are called."""

from dataclasses import replace

from core.data import store as datasets
from core.runs.finished import dataset_names, networks
from tests.runs.finished_lab import CLASSES


def test_a_deleted_data_set_leaves_numbered_classes(lab) -> None:
    workspace, store, _ids = lab
    network = networks.measured_networks(store)[0]
    assert dataset_names.class_names_of(workspace, network) == CLASSES
    orphan = replace(network, job=replace(network.job, settings={"data": "gone"}))
    assert dataset_names.class_names_of(workspace, orphan)[0] == "class 1"


def test_stored_data_sets_are_called_by_name_and_deleted_ones_by_digest(lab) -> None:
    workspace, _, ids = lab
    names = dataset_names.data_names(workspace, [ids["data"], "feedfeedfeedfeed"])
    assert names[ids["data"]] == datasets.load(workspace, ids["data"]).name
    assert names["feedfeedfeedfeed"] == "deleted data set feedfeed"
