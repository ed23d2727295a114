"""Keras's descriptions of models as networks, and every description that is refused."""

import json
import re

import pytest

from core.errors import WeightsError
from core.networks.keras_files.architecture import parse
from core.networks.layers import LAYER_KINDS as K


def layer(kind, name, reads=(), **config):
    """Return an entry as Keras 3 writes it, of what matters here."""
    tensors = [
        {"class_name": "__keras_tensor__", "config": {"keras_history": [r, 0, 0]}} for r in reads
    ]
    nodes = [{"args": [tensors], "kwargs": {}}] if reads else []
    return {
        "module": "keras.layers",
        "class_name": kind,
        "config": {"name": name, **config},
        "registered_name": None,
        "name": name,
        "inbound_nodes": nodes,
    }


IMAGES = layer("InputLayer", "images", batch_shape=[None, 8, 8, 3])


def operation(kind, nodes):
    """Return an entry of a calculation, whose arguments are written otherwise than a layer's."""
    return layer(kind, "op") | {"inbound_nodes": nodes}


def functional(*layers, inputs=("images",), outputs=None):
    config = {
        "name": "model",
        "layers": list(layers),
        "input_layers": [[name, 0, 0] for name in inputs],
        "output_layers": [[name, 0, 0] for name in outputs or [layers[-1]["name"]]],
    }
    return {"module": "keras", "class_name": "Functional", "config": config}


def sequential(*layers, name="model"):
    return {"class_name": "Sequential", "config": {"name": name, "layers": list(layers)}}


def read(description):
    return parse(json.dumps(description))


def refused(description, said):
    with pytest.raises(WeightsError, match=said) as error:
        read(description)
    assert str(error.value).endswith("."), error.value
    return str(error.value)


def test_a_functional_model_is_read_in_the_order_of_its_graph():
    description = functional(
        IMAGES,
        layer("Add", "sum", ["a", "b"]),
        layer("Conv2D", "b", ["images"], filters=4, kernel_size=[1, 1]),
        layer("Conv2D", "a", ["images"], filters=4, kernel_size=[1, 1], activation="relu"),
        outputs=["sum"],
    )
    network = read(description).network
    assert [each.name for each in network.layers] == ["images", "b", "a", "sum"]
    assert network.output.inputs == ("a", "b")
    assert network.by_name["a"].settings == K["Conv2D"](4, (1, 1), activation="relu")


def test_keras_2_is_read_too():
    description = {
        "class_name": "Functional",
        "config": {
            "name": "model",
            "layers": [
                {
                    "class_name": "InputLayer",
                    "config": {"batch_input_shape": [None, 8, 8, 3], "name": "images"},
                    "name": "images",
                    "inbound_nodes": [],
                },
                {
                    "class_name": "BatchNormalization",
                    "config": {"name": "conv1/bn", "axis": [3], "epsilon": 1e-5},
                    "name": "conv1/bn",
                    "inbound_nodes": [[["images", 0, 0, {}]]],
                },
                {
                    "class_name": "LeakyReLU",
                    "config": {"name": "leaky", "alpha": 0.25},
                    "name": "leaky",
                    "inbound_nodes": [[["conv1/bn", 0, 0, {}]]],
                },
            ],
            "input_layers": [["images", 0, 0]],
            "output_layers": [["leaky", 0, 0]],
        },
    }
    network = read(description).network
    assert network.by_name["conv1/bn"].settings == K["BatchNormalization"](epsilon=1e-5, axis=3)
    assert network.output.settings == K["LeakyReLU"](0.25)
    old = {
        "class_name": "Dense",
        "config": {"units": 2, "batch_input_shape": [None, 7], "name": "d"},
    }
    assert read({"class_name": "Sequential", "config": [old]}).network.input_shape == (7,)


def test_nested_models_are_flattened_and_know_where_their_weights_are():
    inner = sequential(
        layer("Conv2D", "conv", filters=4, kernel_size=[1, 1]), layer("ReLU", "relu"), name="inner"
    )
    deeper = functional(
        layer("InputLayer", "x", batch_shape=[None, 8, 8, 4]),
        layer("Conv2D", "conv", ["x"], filters=5, kernel_size=[1, 1]),
        inputs=["x"],
    )
    deeper = {**deeper, "config": {**deeper["config"], "name": "deeper"}}
    found = read(sequential(IMAGES, inner, deeper, layer("Flatten", "flat")))
    assert [each.name for each in found.network.layers] == [
        "images",
        "conv",
        "relu",
        "deeper_conv",
        "flat",
    ]
    assert found.places["deeper_conv"].names == ("deeper", "conv")
    assert found.places["deeper_conv"].groups == ("functional", "conv2d")


def test_a_calculation_with_a_number_is_a_rescaling():
    plus = layer("Add", "plus", ["images"])
    plus |= {"module": "keras.src.ops.numpy", "registered_name": "Add"}
    plus["inbound_nodes"][0]["args"] = [*plus["inbound_nodes"][0]["args"][0], 3.0]
    assert read(functional(IMAGES, plus)).network.output.settings == K["Rescaling"]((1.0,), (3.0,))
    power = {**plus, "class_name": "Power", "registered_name": "Power"}
    refused(functional(IMAGES, power), r"'plus' \(Power\)")


def test_odd_names_are_kept():
    names = ["a/b", "with space", "é🙂", "x" * 200]
    network = read(sequential(IMAGES, *(layer("ReLU", name) for name in names))).network
    assert [each.name for each in network.layers[1:]] == names
    refused(sequential(IMAGES, layer("ReLU", "x" * 201)), "201 characters")


def test_a_thousand_layers_in_a_chain_are_read():
    rows = [layer("ReLU", f"r{n}", [f"r{n - 1}" if n else "images"]) for n in range(1000)]
    assert len(read(functional(IMAGES, *rows)).network.layers) == 1001
    refused(sequential(IMAGES, *rows * 5), "more than 5,000 layers")


def test_an_open_size_can_be_given():
    images = layer("InputLayer", "images", batch_shape=[None, None, None, 3])
    description = functional(images, layer("ReLU", "relu", ["images"]))
    refused(description, r"'images' has no fixed size .*keras.Input\(\(96, 96, 3\)\)")
    found = parse(json.dumps(description), (32, 48, 1))
    assert found.network.input_shape == (32, 48, 3)


def test_a_precision_of_layers_is_noted():
    policy = {"class_name": "DTypePolicy", "config": {"name": "mixed_float16"}}
    found = read(sequential(IMAGES, layer("ReLU", "relu", dtype=policy)))
    assert found.notes == ("Layers of mixed_float16 are computed in float32.",)


def calculation(kind, number, comes_first=False):
    """Return the entry of a calculation in code with the images and one number."""
    entry = layer(kind, "calculated", ["images"])
    args = [entry["inbound_nodes"][0]["args"][0][0], number]
    entry["inbound_nodes"] = [{"args": args[::-1] if comes_first else args, "kwargs": {}}]
    return {**entry, "module": "keras.src.ops.numpy"}


@pytest.mark.parametrize(
    ("kind", "comes_first", "scale", "offset"),
    [
        ("Subtract", False, 1.0, -4.0),
        ("Subtract", True, -1.0, 4.0),
        ("Add", True, 1.0, 4.0),
        ("Multiply", True, 4.0, 0.0),
        ("TrueDivide", False, 0.25, 0.0),
    ],
)
def test_each_calculation_that_one_rescaling_does_is_one_in_either_order(
    kind, comes_first, scale, offset
):
    network = read(functional(IMAGES, calculation(kind, 4.0, comes_first))).network
    assert network.output.settings == K["Rescaling"]((scale,), (offset,))


OWN = {**layer("Dense", "mine", units=2), "module": "my.layers", "registered_name": "mine>Dense"}
TWICE = layer("Dense", "shared", ["images"], units=2)
TWICE["inbound_nodes"] = TWICE["inbound_nodes"] * 2
SECOND = layer("ReLU", "relu", ["images"])
SECOND["inbound_nodes"][0]["args"][0][0]["config"]["keras_history"][2] = 1
QUANTIZED = {"class_name": "QuantizedDTypePolicy", "config": {"name": "int8_from_float32"}}
LOOP = [layer("Add", "a", ["images", "b"]), layer("ReLU", "b", ["a"])]
BAD = {
    "recurrent": (sequential(IMAGES, layer("LSTM", "memory", units=4)), r"'memory' \(LSTM\).*rec"),
    "attention": (sequential(layer("MultiHeadAttention", "heads")), r"no fixed size"),
    "lambda": (sequential(IMAGES, layer("Lambda", "code")), r"'code' \(Lambda\).*was run"),
    "operation": (sequential(IMAGES, layer("TFOpLambda", "tf.add")), r"'tf.add' \(TFOpLambda\)"),
    "operation of a graph": (
        functional(IMAGES, operation("TFOpLambda", [["images", 0, 0, {"y": 3.0}]])),
        r"\(TFOpLambda\): .*Put the layer of Keras in place of the TensorFlow operation",
    ),
    "slice": (
        functional(
            IMAGES,
            operation("GetItem", [{"args": [{"class_name": "__keras_tensor__"}, 3], "kwargs": {}}]),
        ),
        r"\(GetItem\): .*Put Cropping1D or Cropping2D in place of the slice",
    ),
    "own class": (sequential(IMAGES, OWN), r"'mine' \(Dense\).*somebody's own.*was run"),
    "unknown": (sequential(IMAGES, layer("Conv3D", "c")), r"'c' \(Conv3D\).*Supported are Input"),
    "augmentation": (sequential(IMAGES, layer("RandomFlip", "f")), "leave the layer out"),
    "shared": (functional(IMAGES, TWICE), r"'shared' \(Dense\): it is used 2 times"),
    "second output": (functional(IMAGES, SECOND), r"'relu' \(ReLU\): it reads a second output"),
    "quantized": (sequential(IMAGES, layer("Dense", "d", units=2, dtype=QUANTIZED)), "quantize"),
    "pruning": (sequential(IMAGES, layer("PruneLowMagnitude", "p")), "strip_pruning"),
    "two inputs": (functional(IMAGES, inputs=["images", "more"]), r"2 inputs \(images, more\)"),
    "two outputs": (functional(IMAGES, outputs=["images", "b"]), r"2 outputs \(images, b\)"),
    "cycle": (functional(IMAGES, *LOOP), "from 'a' on: they read one another"),
    "missing layer": (functional(IMAGES, layer("ReLU", "r", ["gone"])), "'gone' is no layer"),
    "two of a name": (functional(IMAGES, IMAGES), "have one name"),
    "huge": (sequential(IMAGES, layer("Dense", "d", units=10**9)), r"'d' \(Dense\): units is 1,0"),
    "channels first": (
        sequential(IMAGES, layer("Conv2D", "c", filters=1, data_format="channels_first")),
        r"'c' \(Conv2D\): its data_format is 'channels_first'",
    ),
    "no option": (sequential(IMAGES, layer("Dense", "d")), r"'d' \(Dense\): an option"),
    "no layers": (sequential(), "lists no layers"),
    "subclass": ({"class_name": "MyModel", "config": {"x": 1}}, r"keras.Model\(inputs, outputs\)"),
    "no entry": (sequential(IMAGES, 3), "something that is no layer"),
    "three axes": (
        sequential(IMAGES, layer("LayerNormalization", "n", axis=[1, 2, 3])),
        r"'n' \(LayerNormalization\): it works along axes 1, 2, 3\. Only the last",
    ),
    "another axis": (sequential(IMAGES, layer("Normalization", "n", axis=[1])), "along axis 1."),
    "two axes": (sequential(IMAGES, layer("BatchNormalization", "n", axis=[1, 3])), r"'\[1, 3\]'"),
    "ranks": (
        functional(
            IMAGES,
            layer("GlobalAveragePooling2D", "mean", ["images"]),
            layer("Multiply", "gate", ["images", "mean"]),
        ),
        r"'gate' \(Multiply\).*Put Reshape\(\(1, 1, 3\)\) before the one of \(3,\)",
    ),
    "one input": (functional(IMAGES, layer("Add", "sum", ["images"])), r"'sum' \(Add\).* given 1"),
    "constant": (functional(IMAGES, calculation("Maximum", 0.0)), r"\(Maximum\).*constant.*ReLU"),
    "long name": (
        sequential(IMAGES, layer("Dense", "n" * 500, units=2)),
        r"'n{40}'\.\.\. \(Dense\): its name has 500 characters\. Give it one of at most 200",
    ),
    "does not fit": (sequential(IMAGES, layer("Conv1D", "c", filters=2, kernel_size=3)), "'c'"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_supported_is_refused_with_layer_class_and_remedy(name):
    refused(*BAD[name])


def test_models_may_not_be_nested_without_end():
    description = sequential(IMAGES)
    for number in range(20):
        description = sequential(description, name=f"m{number}")
    refused(description, "nested more than 16 deep")
    deep = '{"class_name": "Sequential", "config": ' + "[" * 100_000
    with pytest.raises(WeightsError, match="damaged"):
        parse(deep)


def test_every_layer_that_is_supported_is_named_to_who_uses_another():
    said = refused(sequential(IMAGES, layer("Conv3D", "c")), "Supported are")
    assert all(re.search(rf"\b{kind}\b", said) for kind in K)
