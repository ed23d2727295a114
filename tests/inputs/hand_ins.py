"""Lines 6 and 18-21 of what strangers' weights files broke: what people really hand in."""

import io
import json

import h5py
import numpy as np

from core.networks.network import NetworkShape, initial_weights
from tests.inputs.networks import (
    LAYERS,
    LEGACY,
    STRIP,
    WEIGHTS,
    archive,
    case,
    equal,
    keras3,
    layer,
    legacy,
    whole_model,
)

EQUAL_WIDTHS = initial_weights(NetworkShape(widths=(4, 4, 4, 4, 6)), 1)
CLUSTERING = r"wrapped for clustering.*strip_clustering\(model\) before saving"
QUANTIZING = r"wrapped for quantization-aware training.*layer\.set_weights, save its weights"
NORMALISED = r"wrapped to normalise its weights.*layer\.set_weights"
FLOATS = r"holds u?int8.*before model.quantize is called"


def described(layers, **changed):
    """Return the description of a sequence of layers, given as (class, settings)."""
    entries = [layer(kind, **settings) for kind, settings in layers]
    return {"class_name": "Sequential", "config": {"name": "n", "layers": entries}} | changed


CONV = {"kernel_size": [3, 3], "strides": [1, 1], "activation": "relu", "filters": 32}
SAME, VALID = CONV | {"padding": "same"}, CONV | {"padding": "valid"}
POOL = ("MaxPooling2D", {"pool_size": [2, 2], "strides": [2, 2], "padding": "valid"})
COURSE = (
    ("InputLayer", {"batch_shape": [None, 25, 25, 3]}),
    ("Conv2D", SAME),
    ("Conv2D", VALID),
    POOL,
    ("Dropout", {"rate": 0.25}),
    ("Conv2D", SAME),
    ("Conv2D", VALID),
    POOL,
    ("Flatten", {}),
    ("Dense", {"units": 512, "activation": "relu"}),
    ("Dropout", {"rate": 0.5}),
    ("Dense", {"units": 5, "activation": "softmax"}),
)


def changed(**at):
    """Return the course's layers with some replaced, as _2=("Conv2D", …); a list is several."""
    layers = []
    for number, entry in enumerate(COURSE):
        new = at.get(f"_{number}", entry)
        layers += new if isinstance(new, list) else [new]
    return layers


def text_of(layers):

    return json.dumps(described(layers))


def as_keras(layers):
    return archive(description=text_of(layers))


def as_h5(layers):
    def describe(file):
        file.attrs["model_config"] = text_of(layers)

    return lambda: legacy(into="model_weights", change=describe)


AVERAGE = ("AveragePooling2D", {"pool_size": [2, 2]})
RESCALING = ("Rescaling", {"scale": 1 / 255, "offset": 0.0})
AUGMENTED = [
    COURSE[0],
    ("RandomFlip", {"mode": "horizontal"}),
    ("RandomRotation", {"factor": 0.1}),
    ("GaussianNoise", {"stddev": 0.1}),
]
OTHERWISE = {
    "average pooling": (changed(_3=AVERAGE), r"AveragePooling2D\(pool_size.* instead of MaxPool"),
    "rescaling in front": (changed(_0=[COURSE[0], RESCALING]), r"Rescaling\(.*\) in front"),
    "tanh": (
        changed(_9=("Dense", {"units": 512, "activation": "tanh"})),
        "dense1 has the act.* tanh",
    ),
    "no softmax": (
        changed(_11=("Dense", {"units": 5})),
        "dense2 has the activation linear, not softmax.*class it chooses is the same",
    ),
    "both paddings": (changed(_2=("Conv2D", SAME)), "conv2 has padding=same, not valid"),
    "strides": (changed(_5=("Conv2D", SAME | {"strides": [2, 2]})), r"conv3 has strides=\[2, 2\]"),
    "no pooling": (changed(_7=[]), "no MaxPooling2D"),
    "other images": (
        changed(_0=("InputLayer", {"batch_shape": [None, 27, 27, 3]})),
        r"it reads images of \(27, 27, 3\)",
    ),
    "leaky": (
        changed(_2=[("Conv2D", VALID | {"activation": "linear"}), ("LeakyReLU", {})]),
        "conv2 has the activation leaky_relu",
    ),
    "relu of six": (
        changed(_1=[("Conv2D", SAME | {"activation": None}), ("ReLU", {"max_value": 6.0})]),
        "conv1 has the activation relu with .*6.0",
    ),
    "zero padding": (changed(_0=[COURSE[0], ("ZeroPadding2D", {})]), "ZeroPadding2D in front"),
    "normalization of fixed values in front": (
        changed(_0=[COURSE[0], ("Normalization", {"mean": 0.5, "variance": 0.04})]),
        r"Normalization\(mean=0.5, variance=0.04\) in front",
    ),
    "a second pooling": (changed(_3=[POOL, POOL]), "MaxPooling2D.* in addition"),
}
AS_THE_COURSE = {
    "as it is": COURSE,
    "augmented": changed(_0=AUGMENTED),
    "augmented by newer layers": changed(
        _0=[COURSE[0], *((name, {}) for name in ("MixUp", "CutMix", "AugMix", "RandAugment"))]
    ),
    "augmented by a pipeline": changed(
        _0=[COURSE[0], ("Pipeline", {"layers": [layer("RandomFlip"), layer("RandomRotation")]})]
    ),
    "spatial dropout": changed(_4=("SpatialDropout2D", {"rate": 0.2})),
    "activations apart": changed(
        _1=[("Conv2D", SAME | {"activation": "linear"}), ("Activation", {"activation": "relu"})],
        _11=[("Dense", {"units": 5}), ("Softmax", {"axis": -1})],
    ),
    "activation behind the pooling": changed(
        _2=("Conv2D", VALID | {"activation": "linear"}), _3=[POOL, ("ReLU", {})]
    ),
    "rescaling by one": changed(_0=[COURSE[0], ("Rescaling", {"scale": 1, "offset": 0})]),
}
NO_DIFFERENCE = r"^(?!.*describes another network).*only its weights"


def nested(weights=None, separator="", into="model_weights", names=LEGACY):
    """Return an .h5 of a model that holds the network as one layer, whose group has all arrays."""
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        root = file.create_group(into) if into else file
        root.attrs["layer_names"] = np.array([b"input_3", b"cnn"])
        root.create_group("input_3").attrs["weight_names"] = np.array([], "S1")
        group, listed = root.create_group("cnn"), []
        for name, ours in zip(names, LAYERS, strict=True):
            for part in ("kernel", "bias"):
                listed.append(f"{separator}{name}/{part}{'' if separator else ':0'}")
                group[listed[-1]] = (weights or WEIGHTS)[f"{ours}/{part}"]
        group.attrs["weight_names"] = [entry.encode() for entry in listed]
    return content.getvalue()


def attributes(names, weights=None, below=""):
    """Return a .weights.h5 of a subclassed model: its groups are called like its attributes."""
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        for name, ours in zip(names, LAYERS, strict=True):
            for number, part in enumerate(("kernel", "bias")):
                file[f"{below}{name}/vars/{number}"] = (weights or WEIGHTS)[f"{ours}/{part}"]
    return content.getvalue()


def wrapped(name, extra, layout="legacy", dtype=np.float32):
    """Return a file whose first layer is called `name` and holds an extra array."""

    def spoil(file):
        group = file[name] if layout == "legacy" else file[f"layers/{name}/vars"]
        group[extra if layout == "legacy" else "2"] = np.zeros(4, dtype)
        if layout == "legacy":
            listed = [f"{name}/{part}:0" for part in ("kernel", "bias")]
            group.attrs["weight_names"] = [entry.encode() for entry in (*listed, extra)]

    names = (name, *LEGACY[1:])
    if layout == "legacy":
        return lambda: legacy(names=names, change=spoil)
    return lambda: keras3(names, change=spoil)


def eight_bits(dtype, layout):
    weights = {k: v.astype(dtype) if k == "dense1/kernel" else v for k, v in WEIGHTS.items()}
    return lambda: keras3(weights=weights) if layout == "new" else legacy(weights, dtype=None)


UNKNOWN = {"options": {"shape": None}}

CASES = [
    *(
        case(
            "18.6",
            f"{what} as {form}",
            make(layers),
            noted=f"another network.*{words}",
            holds=equal,
        )
        for what, (layers, words) in OTHERWISE.items()
        for form, make in (("keras", as_keras), ("h5", as_h5))
    ),
    *(
        case("18.18", f"{what}, {form}", make(layers), noted=NO_DIFFERENCE, holds=equal)
        for what, layers in AS_THE_COURSE.items()
        for form, make in (("keras", as_keras), ("h5", as_h5))
    ),
    case(
        "18.18",
        "a normalisation with weights",
        as_keras(changed(_0=[COURSE[0], ("Normalization", {})])),
        "Normalization is a Normalization layer, which scales the images.*Train without it",
    ),
    case("18.19", "nested whole model of Keras 2", nested, holds=equal),
    case("18.19", "nested whole model of Keras 3", lambda: nested(separator="cnn/"), holds=equal),
    case("18.19", "nested weights only", lambda: nested(into=None), holds=equal),
    case("18.19", "nested and pruned", lambda: nested(into=None), holds=equal, **UNKNOWN),
    case(
        "18.19",
        "nested below two models, new",
        lambda: attributes(LEGACY, below="layers/outer/layers/inner/layers/"),
        holds=equal,
    ),
    *(
        case(
            "18.20",
            f"attributes {names[0]} and so on{more}",
            lambda n=names: attributes(n),
            holds=equal,
            **options,
        )
        for names in (
            ("z_first", "second", "a_third", "fourth", "head", "beta"),
            ("stem", "block1", "block2", "aux", "out", "hidden"),
            ("c4", "c3", "c2", "c1", "d2", "d1"),
        )
        for more, options in ((" graded", {}), (" pruned", UNKNOWN))
    ),
    case(
        "18.20",
        "attributes of equal layers",
        lambda: attributes(("a", "b", "c", "d", "e", "f"), EQUAL_WIDTHS),
        noted="equal shape were taken in the order of the file",
        **UNKNOWN,
    ),
    *(
        case("18.21", f"{name}, {layout}", wrapped(name, extra, layout), sentence)
        for name, extra, sentence in (
            ("prune_low_magnitude_conv2d", "mask:0", STRIP),
            ("cluster_conv2d", "cluster_centroids:0", CLUSTERING),
            ("quant_conv2d", "kernel_min:0", QUANTIZING),
            ("quantize_layer", "quantize_layer_min:0", QUANTIZING),
            ("spectral_normalization_2", "vector_u:0", NORMALISED),
        )
        for layout in ("legacy", "new")
    ),
    *(
        case("18.21", f"{name} whole", whole_model(layer(name)), sentence)
        for name, sentence in (
            ("ClusterWeights", CLUSTERING),
            ("QuantizeWrapperV2", QUANTIZING),
            ("QuantizeLayer", QUANTIZING),
            ("SpectralNormalization", NORMALISED),
        )
    ),
    case("18.21", "int8 of keras 3", eight_bits(np.int8, "new"), FLOATS),
    case("18.21", "uint8 of keras 2", eight_bits(np.uint8, "legacy"), FLOATS),
    case(
        "18.21",
        "a layer of somebody's own called cluster_head",
        lambda: attributes(("cluster_a", "quant_b", "cluster_c", "d", "e", "f")),
        holds=equal,
    ),
    case(
        "18.21",
        "batch normalisation behind a layer",
        lambda: legacy(change=normalised),
        "conv2d is a BatchNormalization.*Fold it into",
    ),
    case(
        "18.22",
        "names in twenty thousand pieces",
        lambda: legacy(change=in_pieces),
        "more than 64 pieces, which no network needs",
    ),
]


def normalised(file):
    group = file["conv2d"]
    for name in ("gamma:0", "beta:0", "mean:0", "variance:0"):
        group[name] = np.ones(32, np.float32)
    group.attrs["weight_names"] = [b"gamma:0", b"beta:0", b"mean:0", b"variance:0"]


def in_pieces(file):
    del file.attrs["layer_names"]
    for number in range(2_000):
        file.attrs[f"layer_names{number}"] = np.array([b"conv2d"])


LINES = {case.line for case in CASES}
