"""Lines 18.18-18.22 once more: what newer versions of Keras write, and files beside weights."""

import numpy as np

from tests.inputs.build import zipped
from tests.inputs.hand_ins import COURSE, UNKNOWN, text_of
from tests.inputs.networks import LEGACY, WEIGHTS, case, keras3, legacy

# The upper halves of float32, as bfloat16 is stored: two bytes without a type.
HALVES = {n: (a.view("<u4") >> 16).astype("<u2").view("V2") for n, a in WEIGHTS.items()}
NORMALIZATION = "normalization is a Normalization layer, which scales the images.*Train without it"


def seen_images(group):
    """Return a change that adds a mean, a variance and how many images were counted."""

    def change(file):
        for number, value in enumerate((np.zeros(3, "f4"), np.ones(3, "f4"), np.int64(500))):
            file[f"{group}/{number}"] = value

    return change


def seen_images_in_keras_2(file):
    group = file.create_group("normalization")
    seen_images("normalization")(file)
    group.attrs["weight_names"] = [b"0", b"1", b"2"]
    file.attrs["layer_names"] = np.array([b"normalization", *(n.encode() for n in LEGACY)])


def with_scales(file):
    for number in range(2, 5):
        file[f"layers/dense/vars/{number}"] = np.float32(1)


def with_adapter(file):
    group = file["dense_1"]
    group["lora_kernel_a:0"], group["lora_kernel_b:0"] = np.zeros((512, 2)), np.zeros((2, 5))
    listed = [b"dense_1/bias:0", b"lora_kernel_a:0", b"lora_kernel_b:0", b"dense_1/kernel:0"]
    group.attrs["weight_names"] = listed


def equal_in_bfloat16(result):
    kept = {n: (a.view("<u4") >> 16 << 16).view("<f4") for n, a in WEIGHTS.items()}
    return all(np.array_equal(result[0][name], kept[name]) for name in WEIGHTS)


def one_more(shape):
    """Return a change that adds a dense layer, another output, in the layout of Keras 2."""

    def change(file):
        group = file.create_group("aux")
        group["kernel"], group["bias"] = np.ones(shape, "f4"), np.ones(shape[-1], "f4")
        group.attrs["weight_names"] = [b"kernel", b"bias"]
        file.attrs["layer_names"] = np.array([*(n.encode() for n in LEGACY), b"aux"])

    return lambda: legacy(change=change)


def one_more_of_keras_3(shape):
    def change(file):
        for number, value in enumerate((np.ones(shape, "f4"), np.ones(shape[-1], "f4"))):
            file[f"layers/dense_2/vars/{number}"] = value

    return lambda: keras3(change=change)


CASES = [
    *(
        case("18.18", f"a normalisation that has seen images, {where}", make, NORMALIZATION)
        for where, make in (
            ("Keras 3", lambda: keras3(change=seen_images("layers/normalization/vars"))),
            ("nested", lambda: keras3(change=seen_images("layers/pre/layers/normalization/vars"))),
            ("Keras 2", lambda: legacy(change=seen_images_in_keras_2)),
        )
    ),
    *(
        case(
            "18.19", f"{what}, {layout}", make(shape), "is one too many: the network has", **UNKNOWN
        )
        for what, shape in (("a second output", (512, 1)), ("an equal second output", (512, 5)))
        for layout, make in (("Keras 2", one_more), ("Keras 3", one_more_of_keras_3))
    ),
    case(
        "18.21",
        "float8 of Keras 3",
        lambda: keras3(change=with_scales),
        "dense holds scales beside its kernel, as a quantized network does. Save the weights as",
    ),
    case(
        "18.21",
        "a low-rank adapter in the .h5 of Keras 3",
        lambda: legacy(change=with_adapter),
        r"dense_1 is a layer with a low-rank adapter \(LoRA\).*Save the network as .keras",
    ),
    *(
        case(
            "18.21",
            f"bfloat16 of {what}",
            make,
            noted="stored as bfloat16 were converted to float32",
            holds=equal_in_bfloat16,
        )
        for what, make in (
            ("Keras 3", lambda: keras3(weights=HALVES)),
            ("Keras 2", lambda: legacy(HALVES, dtype=None)),
        )
    ),
    *(
        case("18.22", what, lambda held=content: held, refused)
        for what, content, refused in (
            ("a description", text_of(COURSE).encode(), "description of a model .model.to_json.,"),
            (
                "an index of pieces",
                b'{"metadata": {"total_size": 9}, "weight_map": {}}',
                "the index of weights that lie in several files. Save them in one file",
            ),
            ("a notebook", b'{"metadata": {"kernelspec": {}}, "cells": []}', "a Jupyter notebook"),
            (
                "a packed SavedModel",
                zipped({"m/saved_model.pb": b"x", "m/variables/variables.index": b"x"}),
                "a SavedModel, packed, whose variables are not read. Load it",
            ),
        )
    ),
]
