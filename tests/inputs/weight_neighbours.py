"""Lines 21.0 and 18.20 once more: weights under other names and in other orders."""

import numpy as np

from core.networks.formats import torch_writer
from tests.inputs.build import npy, zipped
from tests.inputs.networks import LAYERS, WEIGHTS, case, equal
from tests.inputs.torch_files import TABLE, tensors, text, torch_zip, whole

RNG = np.random.Generator(np.random.PCG64(5))
STATE = torch_writer.state_dict(WEIGHTS)


def inner(entries):
    return TABLE + b"".join(text(name) + value for name, value in entries.items()) + b"u"


def checkpoint(*keys, **more):
    """Return a .pt that holds the state_dict below keys, each beside an epoch and a rate."""
    held = inner(tensors())
    for key in keys:
        held = inner({"epoch": whole(3), key: held, "lr": whole(1), **more})
    return torch_zip(held + b".")


def renamed(name, by_name=False):
    """Return an .npz with the arrays called name(number, layer, part); by_name: in their order."""
    held = {
        name(number, layer, part): WEIGHTS[f"{layer}/{part}"]
        for number, layer in enumerate(LAYERS)
        for part in ("kernel", "bias")
    }
    entries = sorted(held.items()) if by_name else held.items()
    return zipped({f"{key}.npy": npy(array) for key, array in entries})


NAMED = {
    "conv1_kernel": lambda number, layer, part: f"{layer}_{part}",
    "conv1_w": lambda number, layer, part: f"{layer}_{'w' if part == 'kernel' else 'b'}",
    "W1": lambda number, layer, part: f"{'W' if part == 'kernel' else 'b'}{number + 1}",
    "weight_0": lambda number, layer, part: f"{'weight' if part == 'kernel' else 'bias'}_{number}",
    "layer_0_weights": lambda number, layer, part: (
        f"layer_{number}_{'weights' if part == 'kernel' else 'biases'}"
    ),
}


def scales(units):
    """Return a BatchNormalization's gamma, beta, mean and variance."""
    near = [RNG.normal(middle, 0.1, units) for middle in (1, 0, 0)]
    return [array.astype("f4") for array in (*near, RNG.uniform(0.5, 2, units))]


NORMS = {n: scales(WEIGHTS[f"conv{n}/bias"].size) for n in range(1, 5)}


def normalised(order, conv="conv{}", norm="bn{}", by_name=False):
    """Return .safetensors with conv n ("c1") and the normalisation behind it ("b1") in an order."""
    held = {}
    for what, number in (entry for entry in order.split()):
        if what == "b":
            keys = ("weight", "bias", "running_mean", "running_var")
            name = norm.format(number, place=3 * int(number) + 1)
            held |= {f"{name}.{k}": a for k, a in zip(keys, NORMS[int(number)], strict=True)}
            continue
        at = 2 * (int(number) - 1) + (8 if what == "f" else 0)
        kernel, bias = list(STATE.values())[at : at + 2]
        name = conv.format(number, place=3 * int(number)) if what == "c" else f"fc{number}"
        held |= {f"{name}.weight": kernel, f"{name}.bias": bias}
    return _safetensors(dict(sorted(held.items())) if by_name else held)


def _safetensors(held):
    from core.networks.formats import safetensors

    return safetensors.to_bytes(held)


def folded(result):
    """Tell whether each convolution of a result has its own normalisation worked in."""
    weights = result[0]
    for number, (gamma, beta, mean, variance) in NORMS.items():
        factor = gamma / np.sqrt(variance.astype(np.float64) + 1e-5)
        kernel, bias = (WEIGHTS[f"conv{number}/{part}"] for part in ("kernel", "bias"))
        good = np.allclose(weights[f"conv{number}/kernel"], kernel * factor, atol=1e-5)
        if not good or not np.allclose(
            weights[f"conv{number}/bias"], (bias - mean) * factor + beta, atol=1e-5
        ):
            return False
    return True


IN_TURN = "c1 b1 c2 b2 c3 b3 c4 b4 f1 f2"
IN_PAIRS = "c1 c2 b1 b2 c3 c4 b3 b4 f1 f2"
AT_THE_END = "c1 c2 c3 c4 f1 f2 b1 b2 b3 b4"
PLACED = {"conv": "model.{place}", "norm": "model.{place}"}
COUNTED = {"conv": "conv2d_{}", "norm": "batch_normalization_{}"}

CASES = [
    *(
        case("21.0", f"a checkpoint's {' '.join(keys)}", lambda k=keys: checkpoint(*k), holds=equal)
        for keys in (
            ("model_state",),
            ("my_model",),
            ("module",),
            ("ema_state_dict",),
            ("student",),
            ("net", "checkpoint"),
        )
    ),
    case(
        "21.0",
        "a checkpoint of two networks",
        lambda: checkpoint("teacher", student=inner(tensors())),
        "holds no tensors by name .found: epoch, teacher",
    ),
    *(
        case(
            "21.0",
            f"arrays called {what}{', by name' if by_name else ''}",
            lambda n=name, b=by_name: renamed(n, b),
            holds=equal,
        )
        for what, name in NAMED.items()
        for by_name in (False, True)
    ),
    *(
        case(
            "18.20",
            f"normalisations {what}",
            lambda o=order, m=more: normalised(o, **m),
            noted="4 BatchNormalization layers folded",
            holds=folded,
        )
        for what, order, more in (
            ("in turn", IN_TURN, {}),
            ("listed in pairs", IN_PAIRS, {}),
            ("listed at the end", AT_THE_END, {}),
            ("sorted by name", IN_TURN, {"by_name": True}),
            ("of a Sequential", IN_TURN, PLACED),
            ("of a Sequential, sorted by name", IN_TURN, PLACED | {"by_name": True}),
            ("in blocks, sorted by name", IN_TURN,
             {"conv": "b{}.conv", "norm": "b{}.bn", "by_name": True}),
            ("counted as Keras does", IN_PAIRS, COUNTED),
        )
    ),
    *(
        case(
            "18.20",
            f"normalisations, {what}",
            lambda o=order, m=more: normalised(o, **m),
            "cannot be folded into a layer: the file does not say which layer it is behind",
        )
        for what, order, more in (
            ("one of two", "c1 c2 b1 c3 c4 f1 f2", {}),
            ("called otherwise", IN_PAIRS, {"norm": "norm{}x"}),
        )
    ),
]  # fmt: skip
