"""`soup` averages the networks in files, in the format of the files."""

import json

import numpy as np
import pytest

from core.commands.command_line import run
from core.networks.formats import keras_h5
from core.networks.keras_files.reader import read_network
from core.networks.keras_files.writer import write_network
from core.networks.network import REFERENCE, initial_weights
from tests.pruning.graphs.tiny import NETWORKS, split, weights


@pytest.fixture
def asked(tmp_path, monkeypatch, capsys):
    """Run the command in a workspace of its own; return its status and its answer."""
    monkeypatch.setenv("PARETO_LAB_HOME", str(tmp_path / "lab"))

    def ask(*arguments):
        status = run(["soup", *map(str, arguments), "--json"])
        return status, json.loads(capsys.readouterr().out.splitlines()[-1])

    return ask


def sparse(seed):
    """Return reference weights whose first half of every array is zero."""
    found = initial_weights(REFERENCE, seed)
    for array in found.values():
        array.reshape(-1)[: array.size // 2] = 0
        array.reshape(-1)[array.size // 2 :] += np.float32(1)
    return found


def test_the_mean_of_weights_files_is_as_sparse_as_each(asked, tmp_path):
    paths = [tmp_path / f"{seed}.h5" for seed in (1, 2)]
    for seed, path in enumerate(paths, start=1):
        keras_h5.write(path, sparse(seed))
    status, answer = asked(*paths, "--out", tmp_path / "mean.h5")
    assert (status, answer["networks"]) == (0, 2)
    mean = keras_h5.read(tmp_path / "mean.h5", REFERENCE)
    for name, value in mean.items():
        np.testing.assert_allclose(value, (sparse(1)[name] + sparse(2)[name]) / 2, rtol=1e-6)
    assert answer["sparsity"] == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize("other", ["dense", "zero"])
def test_networks_with_other_zeros_are_refused_in_any_order(asked, tmp_path, other):
    """One that is dense made all of the mean dense; one of zeros alone halved it."""
    dense = initial_weights(REFERENCE, 1)
    found = {"dense": dense, "zero": {name: np.zeros_like(value) for name, value in dense.items()}}
    paths = [tmp_path / "a.h5", tmp_path / "b.h5"]
    for path, arrays in zip(paths, (sparse(1), found[other]), strict=True):
        keras_h5.write(path, arrays)
    for order in (paths, paths[::-1]):
        status, answer = asked(*order, "--out", tmp_path / "c.h5")
        assert status == 1
        assert "Network 2 has other zeros than the first in conv1/kernel" in answer["error"]
        assert not (tmp_path / "c.h5").exists()


@pytest.fixture
def files(tmp_path):
    """Return two files of weights (.h5) and two of whole networks (.keras), by their ending."""
    whole, arrays = NETWORKS["plain"], weights("plain")
    for name in ("a", "b"):
        keras_h5.write(tmp_path / f"{name}.h5", sparse(1))
        write_network(tmp_path / f"{name}.keras", whole, arrays, scratch=tmp_path)
    return {kind: [tmp_path / f"{name}{kind}" for name in "ab"] for kind in (".h5", ".keras")}


def test_the_mean_has_the_format_that_its_name_says(asked, files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = {kind: asked(*paths)[1]["out"] for kind, paths in files.items()}
    assert made == {".h5": "my_model_weights.h5", ".keras": "mean.keras"}
    assert len(keras_h5.read(tmp_path / made[".h5"], REFERENCE)) == 12
    assert read_network(tmp_path / made[".keras"], scratch=tmp_path).weights
    for kind, wrong in ((".h5", ".keras"), (".keras", ".h5"), (".h5", ".pt")):
        status, answer = asked(*files[kind], "--out", f"wrong{wrong}")
        assert (status, f"ends in {wrong}, but" in answer["error"]) == (2, True), answer
        assert f"is written as {kind}. Name" in answer["error"]
        assert not (tmp_path / f"wrong{wrong}").exists()


@pytest.mark.slow
def test_whole_networks_get_the_statistics_of_the_images(asked, tmp_path):
    first = weights("residual")
    second = {n: v * np.float32(1.5) if n.endswith("kernel") else v for n, v in first.items()}
    for name, arrays in (("a", first), ("b", second)):
        write_network(tmp_path / f"{name}.keras", NETWORKS["residual"], arrays, scratch=tmp_path)
    files, out = [tmp_path / "a.keras", tmp_path / "b.keras"], tmp_path / "mean.keras"
    status, answer = asked(*files, "--out", out)
    assert status == 2
    assert "Name the training images with --data" in answer["error"]
    given = {
        f"{part}_{what}": getattr(split(48, number), what)
        for number, part in enumerate(("train", "test"))
        for what in ("images", "labels")
    }
    given = {
        n: (v * 255).clip(0, 255).astype(np.uint8) if "images" in n else v for n, v in given.items()
    }
    np.savez(tmp_path / "rows.npz", **given)
    status, answer = asked(*files, "--data", tmp_path / "rows.npz", "--out", out)
    assert status == 0, answer
    mean = read_network(out, scratch=tmp_path).weights
    np.testing.assert_allclose(mean["stem/kernel"], 1.25 * first["stem/kernel"], rtol=1e-6)
    assert np.abs(mean["stem_bn/moving_mean"] - first["stem_bn/moving_mean"]).max() > 1e-3
