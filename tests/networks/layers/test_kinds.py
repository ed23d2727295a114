"""The contract of every kind of layer: what its settings say is what Keras does."""

import dataclasses
import inspect
import json

import numpy as np
import pytest

from core.errors import SettingsError
from core.networks.layers import LAYER_KINDS as K
from core.networks.layers.functions import FUNCTIONS
from core.networks.layers.options import ELSEWHERE, HARMLESS, TRAINING
from core.randomness import generator

IMAGE, ROW, FLAT = (9, 8, 6), (11, 6), (6,)
EXAMPLES = {
    "InputLayer": [(K["InputLayer"]((5, 4, 3)), [])],
    "Conv1D": [
        (K["Conv1D"](4, (3,), strides=(2,), padding="same", activation="relu"), [ROW]),
        (K["Conv1D"](4, (3,), dilation_rate=(2,), groups=2, use_bias=False), [ROW]),
    ],
    "Conv2D": [
        (K["Conv2D"](4, (3, 3), padding="same", activation="relu"), [IMAGE]),
        (K["Conv2D"](4, (3, 2), strides=(2, 3), padding="same", use_bias=False), [IMAGE]),
        (K["Conv2D"](9, (2, 3), dilation_rate=(2, 2), groups=3, activation="silu"), [IMAGE]),
        (K["Conv2D"](6, (1, 1), groups=6, strides=(2, 2)), [IMAGE]),
    ],
    "SeparableConv1D": [(K["SeparableConv1D"]((3,), filters=5, padding="same"), [ROW])],
    "SeparableConv2D": [
        (K["SeparableConv2D"]((3, 3), strides=(2, 2), filters=5, depth_multiplier=2), [IMAGE]),
        (K["SeparableConv2D"]((3, 3), filters=5, padding="same", use_bias=False), [IMAGE]),
    ],
    "Dense": [
        (K["Dense"](4, "relu"), [FLAT]),
        (K["Dense"](4, use_bias=False), [IMAGE]),
        (K["Dense"](4, "softmax"), [FLAT]),
    ],
    "DepthwiseConv1D": [(K["DepthwiseConv1D"]((3,), depth_multiplier=2), [ROW])],
    "DepthwiseConv2D": [
        (K["DepthwiseConv2D"]((3, 3), strides=(2, 2), padding="same", activation="relu6"), [IMAGE]),
        (K["DepthwiseConv2D"]((2, 3), depth_multiplier=2, use_bias=False), [IMAGE]),
        (K["DepthwiseConv2D"]((3, 3), dilation_rate=(2, 2)), [IMAGE]),
    ],
    "BatchNormalization": [
        (K["BatchNormalization"](), [IMAGE]),
        (K["BatchNormalization"](3, scale=False), [IMAGE]),
        (K["BatchNormalization"](center=False, epsilon=1.0), [FLAT]),
    ],
    "LayerNormalization": [
        (K["LayerNormalization"](epsilon=1e-6), [IMAGE]),
        (K["LayerNormalization"](center=False, scale=False), [FLAT]),
    ],
    "Normalization": [
        (K["Normalization"](), [IMAGE]),
        (K["Normalization"](None), [IMAGE]),
        (K["Normalization"](mean=(0.5,) * 6, variance=(2.0,) * 6), [IMAGE]),
    ],
    "LayerScale": [(K["LayerScale"](1e-6, 6), [IMAGE])],
    "Rescaling": [
        (K["Rescaling"]((0.5,), (-1.0,)), [IMAGE]),
        (K["Rescaling"]((0.5, 1.0, 2.0, 3.0, 4.0, 5.0)), [IMAGE]),
    ],
    "Activation": [(K["Activation"](name), [IMAGE]) for name in FUNCTIONS],
    "ReLU": [(K["ReLU"](6.0), [IMAGE]), (K["ReLU"](None, 0.1, 0.2), [IMAGE])],
    "LeakyReLU": [(K["LeakyReLU"](0.1), [IMAGE])],
    "PReLU": [(K["PReLU"](), [FLAT]), (K["PReLU"]((1, 2)), [IMAGE]), (K["PReLU"](), [IMAGE])],
    "ELU": [(K["ELU"](0.7), [IMAGE])],
    "Softmax": [(K["Softmax"](), [FLAT])],
    "MaxPooling1D": [(K["MaxPooling1D"](), [ROW])],
    "MaxPooling2D": [
        (K["MaxPooling2D"](), [IMAGE]),
        (K["MaxPooling2D"]((3, 3), (2, 2), "same"), [IMAGE]),
    ],
    "AveragePooling1D": [(K["AveragePooling1D"]((3,), padding="same"), [ROW])],
    "AveragePooling2D": [
        (K["AveragePooling2D"]((2, 3)), [IMAGE]),
        (K["AveragePooling2D"]((3, 3), (1, 1), "same"), [IMAGE]),
    ],
    "GlobalAveragePooling1D": [(K["GlobalAveragePooling1D"](), [ROW])],
    "GlobalAveragePooling2D": [(K["GlobalAveragePooling2D"](keepdims=True), [IMAGE])],
    "GlobalMaxPooling1D": [(K["GlobalMaxPooling1D"](), [ROW])],
    "GlobalMaxPooling2D": [(K["GlobalMaxPooling2D"](), [IMAGE])],
    "ZeroPadding1D": [(K["ZeroPadding1D"](((1, 2),)), [ROW])],
    "ZeroPadding2D": [(K["ZeroPadding2D"](((0, 1), (2, 3))), [IMAGE])],
    "Cropping1D": [(K["Cropping1D"](((1, 2),)), [ROW])],
    "Cropping2D": [(K["Cropping2D"](((0, 1), (2, 3))), [IMAGE])],
    "UpSampling2D": [(K["UpSampling2D"]((2, 3)), [IMAGE])],
    "Dropout": [(K["Dropout"](0.3), [IMAGE])],
    "SpatialDropout1D": [(K["SpatialDropout1D"](0.3), [ROW])],
    "SpatialDropout2D": [(K["SpatialDropout2D"](0.3), [IMAGE])],
    "AlphaDropout": [(K["AlphaDropout"](0.3), [IMAGE])],
    "GaussianDropout": [(K["GaussianDropout"](0.3), [IMAGE])],
    "GaussianNoise": [(K["GaussianNoise"](0.3), [IMAGE])],
    "ActivityRegularization": [(K["ActivityRegularization"](0.1, 0.2), [IMAGE])],
    "StochasticDepth": [(K["StochasticDepth"](0.2), [IMAGE])],
    "Add": [(K["Add"](), [IMAGE, IMAGE, IMAGE])],
    "Subtract": [(K["Subtract"](), [IMAGE, IMAGE])],
    "Multiply": [
        (K["Multiply"](), [IMAGE, (1, 1, 6)]),
        (K["Multiply"](), [(9, 8, 1), IMAGE]),
    ],
    "Maximum": [(K["Maximum"](), [IMAGE, IMAGE])],
    "Minimum": [(K["Minimum"](), [IMAGE, IMAGE])],
    "Average": [(K["Average"](), [IMAGE, IMAGE, IMAGE])],
    "CustomScaleLayer": [(K["CustomScaleLayer"](0.17), [IMAGE, IMAGE])],
    "Concatenate": [
        (K["Concatenate"](), [IMAGE, (9, 8, 2)]),
        (K["Concatenate"](3), [IMAGE, IMAGE]),
    ],
    "Flatten": [(K["Flatten"](), [IMAGE])],
    "Reshape": [(K["Reshape"]((4, -1, 6)), [IMAGE]), (K["Reshape"]((1, 1, 6)), [FLAT])],
    "Permute": [(K["Permute"]((2, 1, 3)), [IMAGE]), (K["Permute"]((3, 1, 2)), [IMAGE])],
}
CASES = [
    pytest.param(settings, shapes, id=f"{kind}-{number}")
    for kind, examples in EXAMPLES.items()
    for number, (settings, shapes) in enumerate(examples)
]


def weights_for(settings, shapes):
    """Return random parameters; those that Keras takes the root of are positive."""
    rng = generator(0, "kinds")
    return {
        part: np.asarray(np.abs(values) + 0.5 if "variance" in part else values, np.float32)
        for part, size in settings.parameter_shapes(shapes).items()
        for values in [rng.normal(size=size)]
    }


def test_every_kind_has_examples():
    assert set(EXAMPLES) == set(K)


@pytest.mark.parametrize(("settings", "shapes"), CASES)
def test_settings_survive_the_way_through_keras_configuration(settings, shapes):
    again = type(settings).read(json.loads(json.dumps(settings.config())))
    assert again.config() == settings.config()
    assert again.output_shape(shapes) == settings.output_shape(shapes)


@pytest.mark.slow
@pytest.mark.parametrize(("settings", "shapes"), CASES)
def test_a_kind_does_what_keras_does(settings, shapes):
    if not shapes:
        assert settings.build("input").shape == (None, *settings.output_shape([]))
        return
    layer = settings.build("layer")
    rng = generator(1, "kinds")
    inputs = [rng.normal(size=(3, *shape)).astype(np.float32) for shape in shapes]
    layer.build([(None, *s) for s in shapes] if len(shapes) > 1 else (None, *shapes[0]))
    weights = weights_for(settings, shapes)
    found = [tuple(array.shape) for array in layer.get_weights()]
    assert found == list(settings.parameter_shapes(shapes).values())
    if weights:
        layer.set_weights(list(weights.values()))
    if hasattr(layer, "finalize_state"):
        layer.finalize_state()  # Normalization reads its weights only here
    theirs = np.asarray(layer(inputs if len(inputs) > 1 else inputs[0]))
    ours = settings.forward(weights, inputs)
    assert ours.shape == theirs.shape == (3, *settings.output_shape(shapes))
    assert np.abs(ours - theirs).max() < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize(("settings", "shapes"), CASES)
def test_what_keras_writes_is_read_as_the_same_settings(settings, shapes):
    layer = settings.build("layer")
    config = layer.get_config() if shapes else {"shape": list(settings.shape)}
    again = type(settings).read(json.loads(json.dumps(config)))
    assert again.config() == settings.config()


def test_multiply_adds_count_every_use_of_a_kernel():
    # 3 x 3 windows on 9 x 8 pixels with stride 1 and "same": 72 positions, 6 x 4 kernels each.
    assert K["Conv2D"](4, (3, 3), padding="same").multiply_adds([IMAGE]) == 72 * 9 * 6 * 4
    # "valid": 7 x 6 positions; 3 groups read 2 channels each.
    assert K["Conv2D"](9, (3, 3), groups=3).multiply_adds([IMAGE]) == 42 * 9 * 2 * 9
    assert K["DepthwiseConv2D"]((3, 3)).multiply_adds([IMAGE]) == 42 * 9 * 6
    assert K["SeparableConv2D"]((3, 3), filters=5).multiply_adds([IMAGE]) == 42 * (54 + 30)
    assert K["Dense"](4).multiply_adds([FLAT]) == 24
    assert K["Dense"](4).multiply_adds([IMAGE]) == 72 * 24


@pytest.mark.parametrize(
    ("kind", "config", "said"),
    [
        ("Dense", {"units": 0}, "0 units"),
        ("Dense", {"units": 10**9}, "1,000,000,000"),
        ("Dense", {"units": "many"}, "units is 'many'"),
        ("Dense", {"units": True}, "units is 'True'"),
        ("Conv2D", {"filters": 4, "kernel_size": [3, 3], "groups": 3}, "3 groups"),
        ("Conv2D", {"filters": 4, "kernel_size": [3, 3, 3]}, "2 numbers"),
        ("Conv2D", {"filters": 4, "kernel_size": 3, "data_format": "channels_first"}, "channels_l"),
        ("Activation", {"activation": "mine"}, "activation is 'mine'"),
        ("UpSampling2D", {"interpolation": "bilinear"}, "only 'nearest'"),
        ("SeparableConv2D", {"kernel_size": 3}, "0 filters"),
        ("LayerNormalization", {"rms_scaling": True}, "option rms_scaling is 'True'"),
        ("BatchNormalization", {"renorm": True}, "option renorm is 'True'"),
        ("DepthwiseConv2D", {"kernel_size": 3, "groups": 2}, "option groups is '2'"),
        ("ReLU", {"alpha": 0.3}, "option alpha is '0.3'"),
    ],
)
def test_settings_that_make_no_layer_are_refused(kind, config, said):
    with pytest.raises(SettingsError, match=said):
        K[kind].read(config)


@pytest.mark.parametrize("kind", sorted(K))
def test_an_option_that_no_kind_has_is_refused_unless_it_is_off(kind):
    settings = EXAMPLES[kind][0][0]
    for off in (None, False, 0):
        assert K[kind].read({**settings.config(), "twist": off}) == settings
    with pytest.raises(SettingsError, match="its option twist is '0.5'"):
        K[kind].read({**settings.config(), "twist": 0.5})


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(K))
def test_every_option_of_keras_is_a_kinds_own_or_without_effect_or_refused(kind):
    layer = EXAMPLES[kind][0][0].keras_class()
    own = {field.name for field in dataclasses.fields(K[kind])}
    for name, option in inspect.signature(layer).parameters.items():
        known = name in own or name in HARMLESS | ELSEWHERE or name.endswith(TRAINING)
        if not known and option.kind is not option.VAR_KEYWORD:
            assert not option.default or option.default == K[kind].idle[name]
            with pytest.raises(SettingsError, match=f"its option {name} is"):
                K[kind].read({**EXAMPLES[kind][0][0].config(), name: "x"})


@pytest.mark.parametrize(
    ("module", "kind", "name"),
    [
        ("builtins", "function", "swish"),  # Keras writes its own as "silu"
        ("builtins", "function", "hard_swish"),
        ("builtins", "function", "mine>relu"),
        ("mine", "function", "relu"),
        ("mine", "relu", "relu"),  # a class that is called relu
        ("mine.activations", "relu", "relu"),
        ("keras.layers", "LeakyReLU", "leaky_relu"),
        ("keras.ops", "gelu", "gelu"),  # it approximates
        (None, "gelu", {"approximate": True}),
    ],
)
def test_a_function_that_only_has_the_name_of_a_listed_one_is_refused(module, kind, name):
    entry = {"module": module, "class_name": kind, "config": name, "registered_name": "function"}
    with pytest.raises(SettingsError, match="its activation is a function or layer named"):
        K["Dense"].read({"units": 2, "activation": entry})


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_keras_functions_are_read_as_names_and_as_entries(name):
    for entry in (
        name,
        {"module": "builtins", "class_name": "function", "config": name},
        {"module": "keras.activations", "class_name": name, "config": name},
    ):
        assert K["Dense"].read({"units": 2, "activation": entry}).activation == name


@pytest.mark.slow
def test_a_function_of_a_users_own_is_refused_as_keras_refuses_it():
    import keras

    def swish(x):
        return x

    config = keras.layers.Dense(2, activation=swish).get_config()
    with pytest.raises(SettingsError, match="'swish'"):
        K["Dense"].read(config)
    with pytest.raises((TypeError, ValueError), match="swish"):
        keras.layers.Dense.from_config(config)
    assert K["Dense"].read(keras.layers.Dense(2, keras.activations.swish).get_config())
