"""Files of finished networks."""

from dataclasses import replace

import pytest

from core.errors import NotFoundError
from core.runs.finished import network_files, networks


def test_weights_that_were_deleted_are_asked_for_again(lab) -> None:
    workspace, store, _ids = lab
    network = networks.measured_networks(store)[0]
    gone = replace(network, job=replace(network.job, id="gone"))
    with pytest.raises(NotFoundError, match="Run it again"):
        network_files.weights_path(gone, workspace)
    assert network_files.weights_path(network, workspace).is_file()


def test_a_format_that_is_not_offered_is_explained(lab) -> None:
    _, store, ids = lab
    job = store.get(ids["magnitude-0.95"])
    network = networks.network_of(job)
    assert network_files.not_offered(network) == ""
    refused = {**job.result, "compact": {"tflite_refused": "It predicts differently."}}
    told = replace(network, job=replace(job, result=refused))
    assert network_files.not_offered(told) == "It predicts differently."
    both = {"compact": {"tflite_refused": "Not LiteRT.", "onnx_refused": "Not ONNX."}}
    told = replace(network, job=replace(job, result={**job.result, **both}))
    assert network_files.not_offered(told) == "Not LiteRT. Not ONNX."
