import pytest

from core.networks.network import REFERENCE, build
from core.networks.precision import convolution_policy, has_bfloat16


def test_explicit_precisions_ask_nobody():
    assert convolution_policy("float32") == "float32"
    assert convolution_policy("bfloat16") == "mixed_bfloat16"


def test_auto_follows_the_processor():
    assert convolution_policy("auto") == ("mixed_bfloat16" if has_bfloat16() else "float32")


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_weights_stay_float32_whatever_the_convolutions_compute_in(policy):
    model = build(REFERENCE, policy=policy)
    assert {variable.dtype for variable in model.weights if "seed" not in variable.path} == {
        "float32"
    }
    computed = {layer.name: layer.compute_dtype for layer in model.layers}
    assert computed.pop("dense2") == "float32"
    assert set(computed.values()) == {policy.removeprefix("mixed_")}
