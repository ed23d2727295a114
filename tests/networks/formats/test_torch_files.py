"""Files that the real PyTorch wrote, and ours for it.

Those in files/ were made by `benchmarks.hand_ins_peer_torch write`, for tiny networks.
"""

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from core.errors import LabError
from core.networks.formats import safetensors, torch_file, torch_writer
from core.networks.formats.torch_pickle import TORCH_NAMES
from core.networks.network import REFERENCE, NetworkShape, initial_weights
from tests.inputs.test_nothing_runs import KNOWN_TO_PICKLES
from tests.networks.formats.parsed import parse
from tests.numpy_forward import probabilities

FILES = Path(__file__).parent / "files"
TINY = NetworkShape((16, 16, 1), 3, (2, 3, 4, 5, 6))
OBLONG = NetworkShape((20, 16, 1), 3, (2, 3, 4, 5, 6))
EXACT = (
    *("zip", "legacy", "checkpoint", "checkpoint-legacy", "module", "compiled", "named"),
    *("tied", "tied-legacy", "strided", "strided-legacy", "parameters", "float64"),
)
LAYOUT = "Kernels were turned from PyTorch's layout"


def expected(folder="torch"):
    return np.load(FILES / folder / "expected.npz")


def state(folder="torch"):
    """Return the state_dict that the files hold, as NumPy arrays."""
    return {n.removeprefix("weights-"): a for n, a in expected(folder).items() if "weights-" in n}


def in_keras_layout(arrays, shape=TINY):
    """Return a state_dict as the network's weights, written out the slow way."""
    weights = {}
    height, width = shape.final_map
    for layer, place in torch_writer.PLACES.items():
        kernel, bias = arrays[f"model.{place}.weight"], arrays[f"model.{place}.bias"]
        if kernel.ndim == 4:
            turned = np.zeros((3, 3, *kernel.shape[1::-1]), np.float32)
            for out, inputs, row, column in np.ndindex(kernel.shape):
                turned[row, column, inputs, out] = kernel[out, inputs, row, column]
        else:
            turned = np.array(kernel.T)
            if layer == "dense1":
                channels = kernel.shape[1] // (height * width)
                for c, row, column in np.ndindex(channels, height, width):
                    to = (row * width + column) * channels + c
                    turned[to] = kernel[:, (c * height + row) * width + column]
        weights[f"{layer}/kernel"], weights[f"{layer}/bias"] = turned, bias
    return weights


def same(found, wanted):
    return list(found) == list(wanted) and all(
        found[name].tobytes() == np.ascontiguousarray(wanted[name]).tobytes() for name in wanted
    )


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("shape", [TINY, None], ids=["graded", "imported"])
def test_what_pytorch_wrote_is_read_bit_equal(name, shape):
    found, notes = parse((FILES / "torch" / f"{name}.pt").read_bytes(), shape)
    assert same(found, in_keras_layout(state()))
    assert LAYOUT in notes[0]


@pytest.mark.parametrize("name", ["zip.pt", "library.safetensors"])
def test_what_is_read_answers_as_pytorch_did(name):
    found, _ = parse((FILES / "torch" / name).read_bytes(), TINY)
    answers = probabilities(found, expected()["images"])
    np.testing.assert_allclose(answers, expected()["answers-plain"], atol=1e-6)


@pytest.mark.parametrize("name", ["zip", "legacy"])
def test_rows_of_the_flattened_layer_are_turned_for_maps_that_are_not_square(name):
    content = (FILES / "torch-oblong" / f"{name}.pt").read_bytes()
    found, _ = parse(content, OBLONG)
    assert same(found, in_keras_layout(state("torch-oblong"), OBLONG))
    answers = probabilities(found, expected("torch-oblong")["images"])
    np.testing.assert_allclose(answers, expected("torch-oblong")["answers-plain"], atol=1e-6)


def halved(dtype):
    """Return the weights rounded as PyTorch rounds them, to nearest with ties to even."""
    if dtype == "float16":
        return {n: a.astype(np.float16).astype(np.float32) for n, a in state().items()}
    rounded = {}
    for name, array in state().items():
        bits = array.view(np.uint32)
        bits = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
        rounded[name] = bits.astype(np.uint32).view(np.float32)
    return rounded


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("float16.pt", "float16"),
        ("bfloat16.pt", "bfloat16"),
        ("bfloat16-legacy.pt", "bfloat16"),
        ("bfloat16.safetensors", "bfloat16"),
    ],
)
def test_halves_are_read_bit_equal_and_said(name, kind):
    found, notes = parse((FILES / "torch" / name).read_bytes(), TINY)
    assert same(found, in_keras_layout(halved(kind)))
    assert f"Weights stored as {kind} were converted to float32." in notes


def test_normalisation_behind_a_convolution_is_folded_and_said():
    found, notes = parse((FILES / "torch" / "normalised.pt").read_bytes(), TINY)
    answers = probabilities(found, expected()["images"])
    np.testing.assert_allclose(answers, expected()["answers-normalised"], atol=1e-6)
    assert "4 BatchNormalization layers folded" in notes[0]


def rewritten(change, name="zip"):
    """Return a file of PyTorch's with its members changed: change(dict of name -> bytes)."""
    with zipfile.ZipFile(FILES / "torch" / f"{name}.pt") as archive:
        members = {entry: archive.read(entry) for entry in archive.namelist()}
    change(members)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for entry, content in members.items():
            archive.writestr(entry, content)
    return target.getvalue()


def with_numbers(first, second):
    """Return a change that moves the normalisation behind the first convolution elsewhere."""

    def change(members):
        content = members["normalised/data.pkl"]
        for part in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
            content = content.replace(
                f"model.{first}.{part}".encode(), f"model.{second}.{part}".encode()
            )
        members["normalised/data.pkl"] = content

    return change


def test_normalisation_behind_the_relu_is_refused_by_name():
    content = rewritten(with_numbers(1, 2), "normalised")
    with pytest.raises(LabError, match=r"model.2 is a BatchNormalization that cannot.*model.0\."):
        parse(content, TINY)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("whole-model", r"Python object __main__.Net.*Nothing in it was run.*state_dict\(\), path"),
        ("sparse", r"holds sparse tensors.*t\.to_dense\(\)"),
        ("masked", r"model.0.weight_orig is part.*prune.remove\(layer, 'weight'\)"),
        ("script", "TorchScript program"),
    ],
)
def test_other_things_that_pytorch_saves_are_refused_with_the_call_that_helps(name, words):
    with pytest.raises(LabError, match=words):
        parse((FILES / "torch" / f"{name}.pt").read_bytes(), TINY)


@pytest.fixture(scope="module")
def weights():
    drawn = initial_weights(REFERENCE, 3)
    rng = np.random.default_rng(3)
    return {
        name: rng.normal(0, 0.1, a.shape).astype(np.float32) if name.endswith("bias") else a
        for name, a in drawn.items()
    }


@pytest.mark.parametrize("make", [torch_writer.to_pt, torch_writer.to_safetensors])
def test_what_is_written_for_pytorch_is_read_bit_equal_and_the_same_each_time(make, weights):
    content = make(weights)
    assert same(parse(content, REFERENCE)[0], weights)
    assert make(dict(weights)) == content
    oblong = initial_weights(OBLONG, 2)
    assert same(parse(make(oblong, OBLONG.final_map), OBLONG)[0], oblong)


def test_what_is_written_is_the_state_dict_that_pytorch_wrote():
    ours = torch_writer.state_dict(in_keras_layout(state()), TINY.final_map)
    assert same(ours, state())


def test_storages_of_the_written_file_begin_aligned(weights):
    content = torch_writer.to_pt(weights)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            start = entry.header_offset + 30 + len(entry.filename) + len(entry.extra)
            assert start % 64 == 0, entry.filename


def test_a_pytorch_pickle_may_only_mention_these_names():
    storages = {f"torch.{n}Storage" for n in ("Float", "Double", "Half", "BFloat16", "Long", "Int",
                                               "Short", "Char", "Byte", "Bool")}  # fmt: skip
    assert {f"{module}.{name}" for module, name in TORCH_NAMES} == KNOWN_TO_PICKLES | storages | {
        "collections.OrderedDict",
        "torch._utils._rebuild_tensor_v2",
        "torch._utils._rebuild_tensor",
        "torch._utils._rebuild_parameter",
        "torch.Size",
    }


def test_pickled_and_zipped_arrays_are_read(weights):
    listed = list(weights.values())
    named = {name.replace("/", "."): array for name, array in weights.items()}
    by_layer = {layer: [weights[f"{layer}/kernel"], weights[f"{layer}/bias"]]
                for layer in ("conv1", "conv2", "conv3", "conv4", "dense1", "dense2")}  # fmt: skip
    target = io.BytesIO()
    np.savez(target, *listed)
    compressed = io.BytesIO()
    np.savez_compressed(compressed, **named)
    torch_arrays = io.BytesIO()
    np.savez(torch_arrays, **torch_writer.state_dict(weights))
    contents = [target.getvalue(), compressed.getvalue(), torch_arrays.getvalue()]
    for value in (listed, named, by_layer, {"dropout": [], **by_layer}):
        contents += [pickle.dumps(value, protocol) for protocol in (2, 4, 5)]
    for content in contents:
        assert same(parse(content, REFERENCE)[0], weights)


def test_storages_are_where_the_legacy_format_has_them():
    content = (FILES / "torch" / "legacy.pt").read_bytes()
    found = torch_file.read_legacy(memoryview(content))
    assert {name: tensor.read().tobytes() for name, tensor in found.items()} == {
        name: array.tobytes() for name, array in state().items()
    }


def test_the_librarys_safetensors_and_ours_differ_in_nothing_but_the_order_of_their_header():
    library = (FILES / "torch" / "library.safetensors").read_bytes()
    ours = safetensors.to_bytes(state())
    read = [safetensors.read(memoryview(each)) for each in (library, ours)]
    held = [{n: t.read().tobytes() for n, t in each.items()} for each in read]
    assert held == [{name: array.tobytes() for name, array in state().items()}] * 2
