"""Every verdict on a file made that way, with its numbers, and silence on healthy networks."""

import re

import numpy as np
import pytest

from core.data.dataset import Split
from core.evaluation.accuracy import softmax
from core.grading.doctor.case import Case
from core.grading.doctor.examine import examine, refused
from core.grading.doctor.unexplained import nothing_found
from core.networks import numpy_forward
from core.networks.formats import reader
from core.networks.network import NetworkShape, initial_weights
from tests.grading.doctor.networks import SHAPE, data, fine_tuned, pruned, trained, wider

pytestmark = pytest.mark.slow


def verdicts(weights, shape=SHAPE, notes=(), **claims):
    """Return name -> finding; each has numbers as evidence and something to do."""
    found = examine(Case(weights, shape, data()[1], notes, **claims))
    for each in found:
        assert re.search(r"\d", each.evidence), each
        assert re.match(r"[A-Z][a-z]+ .*\.$", each.remedy), each
        assert not re.search(r"\b(cheat\w*|fraud|dishonest|lie[sd]?)\b", each.sentence)
    return {each.name: each for each in found}


def claims_of(weights, shape=SHAPE):
    case = Case(weights, shape, data()[1])
    return {"claimed_accuracy": case.accuracy, "claimed_sparsity": case.sparsity}


@pytest.fixture(scope="module")
def good():
    return pruned(trained(1), 0.5)


HEALTHY = {
    **{f"pruned-{s}-{seed}": (seed, "pruned", s) for seed in (1, 2) for s in (0.2, 0.4, 0.6)},
    **{f"wider-{seed}-{n}": (seed, "wider", n) for seed in (1, 2) for n in (1, 2, 3)},
    **{f"halves-{seed}": (seed, "halves", 0.4) for seed in (1, 2)},
    **{f"very-sparse-{seed}": (seed, "pruned", 0.9) for seed in (1, 2)},
    **{f"sure-{factor}": (1, "sure", factor) for factor in (20, 255)},
    **{f"rounded-{digits}": (1, "rounded", digits) for digits in (1, 2)},
    "dense as claimed": (1, "dense", 0.0),
    "next to nothing pruned, as claimed": (1, "claimed", 0.01),
    **{f"claimed-{seed}": (seed, "claimed", 0.5) for seed in (1, 2)},
}  # fmt: skip


@pytest.mark.parametrize("name", HEALTHY)
def test_nothing_is_said_of_healthy_networks(name):
    assert len(HEALTHY) == 24
    seed, kind, value = HEALTHY[name]
    weights, shape, claims = trained(seed), SHAPE, {}
    if kind == "wider":
        weights, _, shape = wider(weights, value)
    elif kind in ("sure", "rounded"):
        weights = pruned(weights, 0.537)
    else:
        weights = pruned(weights, value)
    if kind == "halves":
        weights = {n: a.astype(np.float16).astype(np.float32) for n, a in weights.items()}
    if kind in ("claimed", "dense"):
        claims = claims_of(weights)
    if kind == "sure":  # chooses the same classes, without a doubt
        parts = ("dense2/kernel", "dense2/bias")
        weights = weights | {part: weights[part] * np.float32(value) for part in parts}
    if kind == "rounded":
        claims = {"claimed_sparsity": round(claims_of(weights)["claimed_sparsity"], value)}
    assert verdicts(weights, shape, **claims) == {}


def test_masks_lost_in_fine_tuning(good):
    sparse = pruned(trained(1), 0.9)
    found = verdicts(fine_tuned(sparse), claimed_sparsity=0.9)
    assert "likely lost in fine-tuning" in found["masks-lost"].verdict
    assert re.search(r"(\d+\.\d+)% are tiny", found["masks-lost"].evidence)
    assert not {"dense-saved", "from-mask"} & set(found)


def test_the_dense_network_instead_of_the_pruned_one():
    found = verdicts(trained(1), claimed_sparsity=0.9)
    assert "0 of 16,776 kernel weights are exactly zero" in found["dense-saved"].evidence
    assert "likely" in found["dense-saved"].verdict
    assert set(found) == {"dense-saved"}


@pytest.mark.parametrize("wrong", ["rows of the flattened layer", "one layer's inputs"])
def test_a_compact_network_put_back_to_the_wrong_places(wrong):
    small = trained(1)
    weights, kept, shape = wider(small, 5)
    if wrong == "rows of the flattened layer":  # one block, instead of every channel's positions
        kernel = np.zeros_like(weights["dense1/kernel"])
        kernel[: len(small["dense1/kernel"]), kept["dense1"]] = small["dense1/kernel"]
        weights["dense1/kernel"] = kernel
    else:  # the first channels, instead of those that conv2 kept
        kernel = np.zeros_like(weights["conv3/kernel"])
        units = kept["conv3"]
        kernel[..., : SHAPE.units["conv2"], units] = small["conv3/kernel"]
        weights["conv3/kernel"] = kernel
    found = verdicts(weights, shape)
    assert set(found) == {"scattered"}
    assert re.search(r"rises from \d+% to [67]\d% of 240 images", found["scattered"].evidence)
    assert "from channels without a weight" in found["scattered"].evidence


def test_rows_of_the_flattened_layer_in_channels_first_order(good):
    rows = np.arange(16 * 16).reshape(16, 16).T.ravel()
    for order in (rows, np.argsort(rows)):
        found = verdicts(good | {"dense1/kernel": good["dense1/kernel"][order]})
        assert set(found) == {"flattened-order"}
        assert "channels-first" in found["flattened-order"].verdict


TURNED = {
    "rows and columns": (lambda a: a.transpose(1, 0, 2, 3), "windows are swapped"),
    "mirrored": (lambda a: a[::-1, ::-1], "turned by 180 degrees"),
    "reshaped": (
        lambda a: a.transpose(3, 2, 0, 1).reshape(a.shape),
        r"read as \(out, in, row, column\)",
    ),
}


@pytest.mark.parametrize("how", TURNED)
def test_kernels_that_were_converted_by_hand(good, how):
    turn, told = TURNED[how]
    found = verdicts({n: turn(a) if a.ndim == 4 else a for n, a in good.items()})
    assert set(found) == {"kernel-axes"}
    assert re.search(told, found["kernel-axes"].evidence)


def test_colours_in_the_opposite_order(good):
    tints = np.linspace([1, 0.1, 0], [0, 0.1, 1], 5, dtype=np.float32)
    seen = data()[1]
    tinted = Split(seen.images * tints[seen.labels][:, None, None], seen.labels)
    asked = numpy_forward.predict_logits(good, tinted.images).argmax(axis=1)
    own = Split(tinted.images, asked)  # right about every image, in its own order
    bgr = good | {"conv1/kernel": good["conv1/kernel"][:, :, ::-1]}
    assert examine(Case(good, SHAPE, own, claimed_accuracy=1.0)) == ()
    (found,) = examine(Case(bgr, SHAPE, own, claimed_accuracy=1.0))
    assert found.name == "channel-order"
    assert "rises from" in found.evidence


@pytest.mark.parametrize("layer", ["conv3", "conv4", "dense1"])
def test_a_mask_lost_in_one_layer_only(layer):
    sparse = pruned(trained(1), 0.9)
    tuned = fine_tuned(sparse)
    kernel = f"{layer}/kernel"
    found = verdicts(sparse | {kernel: tuned[kernel]}, claimed_sparsity=0.893)
    assert f"The mask of {layer} was likely lost" in found["masks-lost"].verdict
    assert not {"from-mask", "dense-saved", "image-scale"} & set(found)


@pytest.mark.parametrize("step", [1e-5, 1e-3])
def test_masks_lost_however_small_the_steps_were(good, step):
    moved = np.random.default_rng(1).normal(0, step, good["dense1/kernel"].shape)
    sparse = pruned(trained(1), 0.9)
    lost = {
        n: np.where(a == 0, np.resize(moved, a.shape).astype(np.float32), a)
        for n, a in sparse.items()
    }
    assert "masks-lost" in verdicts(lost)


@pytest.mark.parametrize("claims", [{}, {"claimed_sparsity": 0.49}, {"claimed_sparsity": 0.8}])
def test_pruned_weights_that_are_next_to_zero(good, claims):
    found = verdicts({n: np.where(a == 0, np.float32(1e-8), a) for n, a in good.items()}, **claims)
    assert set(found) == {"almost-zero"}
    assert "50.00% of the kernel weights are below 1e-06" in found["almost-zero"].evidence


@pytest.mark.parametrize("sparsity", [0.0, 0.8])
def test_a_network_that_was_never_trained(sparsity):
    weights = pruned(initial_weights(SHAPE, 1), sparsity) if sparsity else initial_weights(SHAPE, 1)
    found = verdicts(weights, claimed_accuracy=0.75, claimed_sparsity=0.9)
    assert set(found) == {"untrained"}
    assert "All 101 biases are zero" in found["untrained"].evidence


@pytest.mark.parametrize(
    ("made", "told"),
    [(lambda a: (a != 0).astype(np.float32), "each is 0 or 1"), (abs, "none is negative")],
    ids=["masks", "scores"],
)
def test_masks_or_scores_instead_of_weights(good, made, told):
    found = verdicts({name: made(array) for name, array in good.items()}, claimed_accuracy=0.75)
    assert set(found) == {"no-weights"}
    assert told in found["no-weights"].evidence


def test_a_file_below_its_claim_without_a_usual_cause(good):
    other = trained(2)
    mixed = good | {n: a for n, a in other.items() if n.startswith(("conv3", "conv4"))}
    found = verdicts(mixed, claimed_accuracy=0.7)
    assert set(found) == {"unexplained"}
    assert "70% is claimed" in found["unexplained"].evidence
    assert "none of the usual causes explains it" in nothing_found(Case(mixed, SHAPE, data()[1]))


def test_a_file_with_more_zeros_than_claimed():
    found = verdicts(pruned(trained(1), 0.8), claimed_sparsity=0.5)
    assert set(found) == {"more-zeros"}
    assert "Claimed are 50.00%" in found["more-zeros"].evidence


def test_kernels_only_counted(good):
    # 8,388 of 16,776 kernel weights are 50 %; of all 16,917 parameters they are 49.58 %.
    found = verdicts(good, claimed_sparsity=0.5)
    assert set(found) == {"kernels-only"}
    assert "of the 16,776 kernel weights are zero, 50.00%" in found["kernels-only"].evidence


def test_the_count_of_kernels_of_the_courses_network():
    weights = pruned(initial_weights(NetworkShape(), 1), 0.95)
    weights = {n: a if n.endswith("kernel") else a + np.float32(0.1) for n, a in weights.items()}
    images = Split(np.zeros((1, 25, 25, 3), np.float32), np.zeros(1, np.int64))
    (found,) = examine(Case(weights, NetworkShape(), images, claimed_sparsity=0.95))
    assert found.name == "kernels-only"
    assert "of the 592,224 kernel weights are zero, 95.00%" in found.evidence


def test_a_sparsity_with_a_tolerance(good):
    small = {n: np.where(a == 0, np.float32(3e-4), a) for n, a in good.items()}
    half = {
        n: np.where(np.arange(a.size).reshape(a.shape) % 2, a, good[n]) for n, a in small.items()
    }
    counted = sum(int((abs(a) < 1e-3).sum()) for a in half.values()) / SHAPE.parameters
    found = verdicts(half, claimed_sparsity=counted)
    assert "below 0.001, as claimed" in found["tolerance"].evidence
    assert "from-mask" not in found


def test_a_sparsity_that_only_a_mask_has(good):
    found = verdicts(good, claimed_sparsity=0.9)
    assert set(found) == {"from-mask"}
    assert "likely it was counted in a mask" in found["from-mask"].verdict
    assert "Claimed are 90.00%" in found["from-mask"].evidence


def test_a_softmax_taken_for_logits():
    found = verdicts(pruned(trained(1, "twice"), 0.3), claimed_accuracy=0.75)
    assert set(found) == {"softmax-from-logits"}
    assert "likely" in found["softmax-from-logits"].verdict


def test_a_batch_normalisation_that_was_dropped_instead_of_folded():
    found = verdicts(pruned(trained(1, "normalised"), 0.3), claimed_accuracy=0.75)
    assert set(found) == {"batch-normalisation"}
    assert "likely left out" in found["batch-normalisation"].verdict


def test_a_batch_normalisation_that_was_left_in():
    layers = {}
    for number, (name, array) in enumerate(trained(1).items()):
        layers[f"layer{number // 2}.{name.partition('/')[2]}"] = array
        if name == "conv4/bias":
            for part in ("gamma", "beta", "moving_mean", "moving_variance"):
                layers[f"other.{part}"] = np.ones(9, np.float32)
    with pytest.raises(Exception, match="BatchNormalization") as caught:
        reader.weights_of(tensors(layers), SHAPE.parameter_shapes(), (25, 25, 3), [])
    (found,) = refused(str(caught.value))
    assert found.verdict == "A BatchNormalization was left in the network."
    assert refused("The weights file is damaged.") == ()


def tensors(arrays):
    """Return arrays as the reader's tensors."""
    return {
        name: reader.Tensor(array.shape, "float32", lambda array=array: array)
        for name, array in arrays.items()
    }


def test_images_in_another_scale():
    found = verdicts(pruned(trained(1, "bytes"), 0.3))
    assert set(found) == {"image-scale"}
    assert "when the images are 0 to 255 instead of 0 to 1" in found["image-scale"].evidence


@pytest.mark.parametrize("how", ["no weights", "far below zero"])
def test_a_dead_layer(good, how):
    if how == "no weights":
        dead = good | {"conv3/kernel": np.zeros_like(good["conv3/kernel"])}
    else:
        dead = good | {"conv3/bias": good["conv3/bias"] - 100}
    found = verdicts(dead)
    assert next(iter(found)) == "dead-layer"
    assert "conv3 is dead" in found["dead-layer"].verdict


def test_small_weights_in_float16_are_nothing_to_say_of_a_network_that_works():
    tiny = trained(1) | {"conv1/bias": trained(1)["conv1/bias"] * np.float32(1e-4)}
    tiny |= {"conv3/kernel": np.where(abs(tiny["conv3/kernel"]) < 0.03, 2e-5, tiny["conv3/kernel"])}
    halves = {n: a.astype(np.float16).astype(np.float32) for n, a in pruned(tiny, 0.1).items()}
    assert "float16-underflow" not in verdicts(halves)


def test_underflow_of_float16(good):
    shrunk = good | {"dense1/kernel": good["dense1/kernel"] * np.float32(2e-7)}
    halves = {n: a.astype(np.float16).astype(np.float32) for n, a in shrunk.items()}
    before = sum(int((a == 0).sum()) for a in good.values()) / SHAPE.parameters
    found = verdicts(halves, claimed_sparsity=before)
    assert "likely rounded to zero" in found["float16-underflow"].verdict
    assert "are zero, but" in found["float16-underflow"].evidence


def test_the_wrong_order_of_the_classes(good):
    order = [3, 0, 1, 4, 2]
    moved = good | {f"dense2/{p}": good[f"dense2/{p}"][..., order] for p in ("kernel", "bias")}
    found = verdicts(moved)
    assert set(found) == {"class-order"}
    # Output 0 has the column of class 3, output 1 that of class 0, …
    assert "output 0 is 3, 1 is 0, 2 is 1, 3 is 4, 4 is 2" in found["class-order"].evidence


def test_too_few_images_tell_nothing_of_the_accuracy(good):
    few = data()[1].take(np.arange(10))
    dead = good | {"conv3/kernel": np.zeros_like(good["conv3/kernel"])}
    assert examine(Case(dead, SHAPE, few)) == ()


def test_answers_that_are_known_are_not_asked_for_again(good):
    images = data()[1]
    asked = Case(good, SHAPE, images)
    outputs = numpy_forward.predict_logits(good, images.images)
    known = Case(good, SHAPE, images, given=softmax(outputs))
    assert known.accuracy == asked.accuracy
    assert np.abs(known.answers - asked.answers).max() < 1e-6
