"""networks and prune-network: any Keras network from the command line."""

import json

import numpy as np
import pytest

from core.commands.command_line import run
from core.networks.catalogue import CATALOGUE
from core.networks.keras_files.reader import read_network
from core.networks.keras_files.writer import write_network
from tests.networks.random_networks import weights_of

SMALL = CATALOGUE["lenet-5"].network((16, 16, 1), 3)


@pytest.fixture
def command(monkeypatch, tmp_path, capsys):
    """Run a command with --json; return its status and what it answers."""
    monkeypatch.setenv("PARETO_LAB_HOME", str(tmp_path / "workspace"))

    def call(*arguments):
        status = run([*map(str, arguments), "--json"])
        return status, json.loads(capsys.readouterr().out.splitlines()[-1])

    return call


def test_networks_lists_the_catalogue_and_keras_applications(command):
    status, answer = command("networks")
    names = [row["name"] for row in answer["networks"]]
    assert status == 0
    assert names[0] == "reference"
    assert len(names) == len(CATALOGUE) + 40
    assert "applications:MobileNetV2" in names


def test_networks_describes_layers_and_groups(command):
    status, answer = command("networks", "lenet-5", "--input-shape", 32, 32, 3)
    assert status == 0
    assert answer["layers"][1]["name"] == "conv1"
    assert answer["layers"][1]["multiply_adds"] == 28 * 28 * 25 * 3 * 20
    assert [group["name"] for group in answer["groups"] if group["free"]] == [
        "conv1",
        "conv2",
        "dense1",
    ]
    status, answer = command("networks", "none")
    assert status == 1
    assert "There is no network 'none'" in answer["error"]


@pytest.mark.slow
def test_prune_network_writes_the_exact_sparsity_or_a_smaller_network(command, tmp_path):
    write_network(tmp_path / "dense.keras", SMALL, weights_of(SMALL), scratch=tmp_path)
    out = tmp_path / "out.keras"
    arguments = ("prune-network", tmp_path / "dense.keras", "--sparsity", 0.75, "--out", out)
    status, answer = command(*arguments)
    assert (status, answer["zeros"]) == (0, round(0.75 * SMALL.parameters))
    again = read_network(out, scratch=tmp_path)
    assert sum(int(np.sum(array == 0)) for array in again.weights.values()) == answer["zeros"]
    status, answer = command(*arguments, "--structured")
    assert status == 0
    assert answer["parameters"] <= 0.25 * SMALL.parameters
    assert read_network(out, scratch=tmp_path).network.parameters == answer["parameters"]


@pytest.mark.slow
@pytest.mark.parametrize("way", [(), ("--structured",)])
@pytest.mark.parametrize("share", ["nan", "inf", "-0.5", "1"])
def test_prune_network_refuses_what_is_no_share(command, tmp_path, way, share):
    write_network(tmp_path / "dense.keras", SMALL, weights_of(SMALL), scratch=tmp_path)
    out = tmp_path / "out.keras"
    arguments = ("prune-network", tmp_path / "dense.keras", f"--sparsity={share}", *way)
    status, answer = command(*arguments, "--out", out)
    assert status == 2
    assert answer["error"].endswith("it has to be in [0, 1).")
    assert not out.exists()


@pytest.mark.slow
def test_prune_network_names_an_out_of_no_format(command, tmp_path):
    write_network(tmp_path / "dense.keras", SMALL, weights_of(SMALL), scratch=tmp_path)
    arguments = ("prune-network", tmp_path / "dense.keras", "--sparsity", 0.5)
    status, answer = command(*arguments, "--out", tmp_path / "x.txt")
    assert status == 1
    assert "but x.txt ends otherwise" in answer["error"]
