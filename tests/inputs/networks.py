"""Lines 79-94: weights files."""

import io
import json
import pickle
from pathlib import Path

import h5py
import numpy as np

from core.networks.network import REFERENCE, NetworkShape, initial_weights
from tests.inputs.build import zipped
from tests.inputs.case import Case

LAYERS = ("conv1", "conv2", "conv3", "conv4", "dense1", "dense2")
LEGACY = ("conv2d", "conv2d_1", "conv2d_2", "conv2d_3", "dense", "dense_1")
LATER = ("conv2d_8", "conv2d_9", "conv2d_10", "conv2d_11", "dense_4", "dense_5")
WEIGHTS = initial_weights(REFERENCE, 1)
EQUAL = NetworkShape(widths=(4, 4, 4, 4, 6))
EQUAL_KERNELS = initial_weights(EQUAL, 1)


STRIP = r"wrapped for pruning.*strip_pruning\(model\) before saving"


def legacy(
    weights=None,
    names=LEGACY,
    into=None,
    change=lambda file: None,
    dtype=np.float32,
    reverse=False,
):
    """Return an .h5 in Keras 2's layout; `change` may spoil the open file."""
    weights = weights or WEIGHTS
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        root = file.create_group(into) if into else file
        root.attrs["layer_names"] = np.array([n.encode() for n in names][:: -1 if reverse else 1])
        for name, ours in zip(names, LAYERS, strict=True):
            group = root.create_group(name)
            group.attrs["weight_names"] = [f"{name}/{p}:0".encode() for p in ("kernel", "bias")]
            for part in ("kernel", "bias"):
                values = weights[f"{ours}/{part}"]
                group[f"{name}/{part}:0"] = values if dtype is None else values.astype(dtype)
        change(file)
    return content.getvalue()


def spoiled(change):
    return lambda: legacy(change=change)


def keras3(names=LEGACY, weights=None, change=lambda file: None):
    """Return a .weights.h5 in Keras 3's layout, whose groups h5py lists alphabetically."""
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        for name, ours in zip(names, LAYERS, strict=True):
            for number, part in enumerate(("kernel", "bias")):
                file[f"layers/{name}/vars/{number}"] = (weights or WEIGHTS)[f"{ours}/{part}"]
        file.create_group("layers/flatten/vars")
        file["optimizer/vars/0"] = np.int64(7)
        change(file)
    return content.getvalue()


def trained(separator):
    """Return a .weights.h5 with the metrics and the optimizer of a trained model of Keras 2."""
    content = io.BytesIO(keras3())
    with h5py.File(content, "r+") as file:
        for number in range(2):
            file[f"metrics{separator}mean/vars/{number}"] = np.float32(1)
            file[f"optimizer{separator}adam/vars/{number}"] = WEIGHTS["conv1/kernel"]
    return lambda: content.getvalue()


def wrapped_h5():
    """Return an .h5 whose first layer TensorFlow's pruning toolkit still wraps."""
    names = ("prune_low_magnitude_conv2d", *LEGACY[1:])

    def add_mask_and_step(file):
        group = file[names[0]]
        group["mask:0"], group["step:0"] = WEIGHTS["conv1/kernel"], np.int64(7)
        group.attrs["weight_names"] = [b"mask:0", b"step:0"]

    return legacy(names=names, change=add_mask_and_step)


def layer(class_name, module="keras.layers", **config):
    return {"class_name": class_name, "module": module, "config": config}


def model_json(*extra):
    layers = [layer("InputLayer"), layer("Conv2D", filters=32), layer("Dense", units=5), *extra]
    return json.dumps({"class_name": "Sequential", "config": {"name": "n", "layers": layers}})


def whole_model(*extra):
    """Return a whole-model .h5 whose description has extra layers."""

    def describe(file):
        file.attrs["model_config"] = model_json(*extra)

    return lambda: legacy(into="model_weights", change=describe)


def archive(*extra, weights=None, description=None):
    """Return a .keras archive."""
    return lambda: zipped(
        {
            "metadata.json": b"{}",
            "config.json": (description or model_json(*extra)).encode(),
            "model.weights.h5": weights or keras3(),
        }
    )


def replaced(name, **kwargs):
    """Return a change that puts another dataset in the place of conv2d/kernel."""

    def change(file):
        del file["conv2d/conv2d/kernel:0"]
        file["conv2d/conv2d"].create_dataset(
            "kernel:0", shape=WEIGHTS["conv1/kernel"].shape, dtype="f4", **kwargs
        )

    return change


def linked(link):
    def change(file):
        del file["conv2d/conv2d/kernel:0"]
        file["conv2d/conv2d/kernel:0"] = link

    return change


def virtual(file):
    source = h5py.VirtualSource("/etc/passwd", "x", shape=(3, 3, 3, 32))
    layout = h5py.VirtualLayout(shape=(3, 3, 3, 32), dtype="f4")
    layout[:] = source
    del file["conv2d/conv2d/kernel:0"]
    file["conv2d/conv2d"].create_virtual_dataset("kernel:0", layout)


def loop(file):
    file["conv2d/again"] = file["/"]


def huge(file):
    del file["dense/dense/kernel:0"]
    file["dense/dense"].create_dataset(
        "kernel:0", shape=(1 << 17, 1 << 17), dtype="f4", chunks=(64, 64)
    )


def declared(shape, dtype="f8"):
    """Return a change that declares the kernel of the first dense layer without any data."""

    def change(file):
        del file["dense/dense/kernel:0"]
        file["dense/dense"].create_dataset("kernel:0", shape=shape, dtype=dtype)

    return change


def transposed(*kernels):
    return {n: array.T if n in kernels else array for n, array in WEIGHTS.items()}


def with_initializer(**changed):
    """Return a dense layer whose kernel's initializer is not Keras's own."""
    initializer = {"module": "keras.initializers", "class_name": "Zeros", "config": {}}
    return layer("Dense", units=5, kernel_initializer=initializer | changed)


def objects(file):
    del file["dense/dense/bias:0"]
    file["dense/dense"].create_dataset("bias:0", (512,), dtype=h5py.string_dtype())


def listed_but_missing(file):
    del file["dense_1"]


def with_value(name, value, at=0):
    changed = {key: array.copy() for key, array in WEIGHTS.items()}
    changed[name].reshape(-1)[at] = value
    return changed


def other_shape():
    return initial_weights(NetworkShape(widths=(32, 32, 64, 64, 100)), 1)


def equal(result):
    return list(result[0]) == list(WEIGHTS) and all(
        np.array_equal(result[0][name], WEIGHTS[name]) for name in WEIGHTS
    )


def equal_as(dtype):
    return lambda result: all(
        np.array_equal(result[0][n], WEIGHTS[n].astype(dtype).astype(np.float32)) for n in WEIGHTS
    )


def case(line, what, content, refused="", **more):
    options = {"shape": REFERENCE} | more.pop("options", {})
    more = {"name": "my_model_weights.h5"} | more
    return Case(line, what, content, refused, reader="weights", options=options, **more)


CASES = [
    case("79", "Lambda layer", whole_model(layer("Lambda", function="x")), "class 'Lambda'"),
    case("79", "Lambda in keras file", archive(layer("Lambda")), "class 'Lambda'.*Nothing.* run"),
    case("80", "custom class", whole_model(layer("MyLayer")), "class 'MyLayer'"),
    case(
        "80",
        "registered name",
        archive(layer("Dense") | {"registered_name": "evil>Dense"}),
        "the class",
    ),
    case("81", "external link", spoiled(linked(h5py.ExternalLink("/etc/passwd", "/"))), "link"),
    case("81", "soft link", spoiled(linked(h5py.SoftLink("/dense"))), "a link to elsewhere"),
    case(
        "82",
        "external storage",
        spoiled(replaced("x", external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)])),
        "keeps its data in another file",
    ),
    case("83", "virtual dataset", spoiled(virtual), "keeps its data in another file"),
    case("84", "link loop", spoiled(loop), "closes a loop"),
    case("85", "64 GiB declared", spoiled(huge), "declares 17,179,869,184 values"),
    case("86", "Dense of a billion", whole_model(layer("Dense", units=10**9)), "1000000000 units"),
    case("86", "negative filters", archive(layer("Conv2D", filters=-1)), "-1 filters"),
    case(
        "87",
        "NaN",
        lambda: legacy(with_value("conv3/bias", np.nan)),
        "conv3/bias contains 1 NaN or infinite value,",
    ),
    case(
        "87",
        "infinite as float64 beyond float32",
        lambda: legacy(
            {k: v.astype(np.float64) * 1e300 for k, v in WEIGHTS.items()}, dtype=np.float64
        ),
        "NaN or infinite",
    ),
    case("88", "whole model h5", whole_model(), noted="only its weights", holds=equal),
    case("88", "keras archive", archive(), noted="only its weights were read", holds=equal),
    case("88", "keras 3 weights", keras3, holds=equal),
    case("88", "trained in Keras 2", trained("/"), holds=equal),
    case("88", "trained in Keras 2 on Windows", trained("\\"), holds=equal),
    case(
        "89",
        "wrong shape",
        lambda: legacy(other_shape()),
        r"kernel of layer dense \(dense1\).*\(1024, 100\).*expects \(1024, 512\)",
    ),
    case(
        "89",
        "transposed dense kernel",
        lambda: legacy(transposed("dense1/kernel")),
        r"kernel of layer dense \(dense1\).*\(512, 1024\).*expects \(1024, 512\)",
    ),
    case(
        "89",
        "transposed dense kernel of an unknown network",
        lambda: legacy(transposed("dense1/kernel")),
        r"bias of layer dense \(dense1\).*\(512,\).*expects \(1024,\)",
        options={"shape": None},
    ),
    case(
        "89",
        "wrong shape declared without data",
        spoiled(declared((120_000, 512))),
        r"kernel of layer dense \(dense1\).*\(120000, 512\).*expects \(1024, 512\)",
    ),
    case(
        "85",
        "half a gigabyte declared for an unknown network",
        spoiled(declared((120_000, 512))),
        "/dense/dense/kernel:0 declares 61,440,000 values.*Nothing was read",
        options={"shape": None},
    ),
    case("89", "listed but missing", spoiled(listed_but_missing), "listed but missing"),
    case("89", "text instead of numbers", spoiled(objects), "not floating-point numbers"),
    case("90", "module os", archive(layer("Dense", module="os")), "Python module 'os'.*Nothing"),
    case("90", "module os in h5", whole_model(layer("Dense", module="os.path")), "'os.path'"),
    case(
        "90",
        "module os in an initializer",
        whole_model(with_initializer(module="os", class_name="system")),
        "Python module 'os'.*Nothing was imported",
    ),
    case(
        "90",
        "module os in an initializer of a keras archive",
        archive(with_initializer(module="os", class_name="system")),
        "Python module 'os'.*Nothing was imported",
    ),
    case(
        "80",
        "custom initializer",
        whole_model(with_initializer(module=None, class_name="Mine", registered_name="Mine")),
        "class 'Mine'.*Nothing in the file was run",
    ),
    case("88", "initializer of Keras", whole_model(with_initializer()), holds=equal),
    case("80", "wrapped for pruning", wrapped_h5, STRIP),
    case(
        "80",
        "wrapped for pruning in Keras 3's layout",
        lambda: keras3(("prune_low_magnitude", *LEGACY[1:])),
        STRIP,
    ),
    case("80", "wrapped for pruning, whole", whole_model(layer("PruneLowMagnitude")), STRIP),
    case("91", "empty", lambda: b"", "is empty"),
    case("91", "pickle of a text", lambda: pickle.dumps("weights"), "holds no arrays of weights"),
    case("91", "truncated", lambda: legacy()[:100_000], "damaged or cut short"),
    case("91", "truncated keras archive", lambda: archive()()[:-50], "damaged or cut short"),
    case(
        "91",
        "a file that crashes the HDF5 library",
        (Path(__file__).parent / "files" / "crashes_hdf5.h5").read_bytes,
        "made its reader fail",
    ),
    case("91", "text", lambda: b"hello" * 99, "not a weights file that is read"),
    case(
        "91",
        "HDF5 of nothing",
        lambda: legacy(change=lambda f: f.clear() or f.attrs.clear()),
        "holds no layers",
    ),
    case(
        "92",
        "tiny values that pose as zeros",
        lambda: legacy(with_value("dense1/kernel", 1e-30)),
        noted="1 weight below 1e-12 but not zero",
        holds=lambda r: np.count_nonzero(r[0]["dense1/kernel"] == 0) == 0,
    ),
    case("93", "layers in reverse", lambda: legacy(reverse=True), holds=equal),
    case(
        "93",
        "keras 3 layers in reverse",
        lambda: keras3(("conv2d_3", "conv2d_2", "conv2d_1", "conv2d", "dense_1", "dense")),
        holds=equal,
    ),
    case(
        "93",
        "layers in reverse of a network with equal kernels",
        lambda: legacy(EQUAL_KERNELS, reverse=True),
        r"kernel of layer conv2d_3 \(conv1\).*\(3, 3, 4, 4\).*expects \(3, 3, 3, 4\)",
        options={"shape": EQUAL},
    ),
    case("93", "layers 8 to 11", lambda: legacy(names=LATER), holds=equal),
    case("93", "keras 3 layers 8 to 11", lambda: keras3(LATER), holds=equal),
    case(
        "94",
        "float64",
        lambda: legacy(dtype=np.float64),
        noted="stored as float64 were converted to float32",
        holds=equal,
    ),
    case(
        "94",
        "float16",
        lambda: legacy(dtype=np.float16),
        noted="float16 were converted",
        holds=equal_as(np.float16),
    ),
    case("94", "integers", lambda: legacy(dtype=np.int32), "not floating-point numbers"),
]
