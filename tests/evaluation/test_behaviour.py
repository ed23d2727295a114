"""What changed between two networks, on four images that fit in the head."""

import json

import numpy as np
import pytest

from core.data.dataset import Split
from core.evaluation.behaviour import (
    BehaviourResult,
    ClassChange,
    ComparedNetwork,
    behaviour,
    compare,
    disagreeing_classes,
    pruned_exemplars,
)
from core.networks.network import NetworkShape, initial_weights
from core.networks.prepare import Prepared
from core.progress import Silent

LABELS = np.array([0, 0, 1, 1])
BEFORE = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [0.3, 0.7, 0.0], [0.0, 0.4, 0.6]])
AFTER = np.array([[0.4, 0.6, 0.0], [0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [0.7, 0.3, 0.0]])
# image 0: right, then wrong · 1: wrong, then right · 2: right twice · 3: wrong twice, differently


def test_images_are_sorted_into_new_errors_and_fixed_ones() -> None:
    seen = compare(("b", "pruned"), LABELS, BEFORE, AFTER)
    assert [c.row for c in seen.new_errors] == [0]
    assert [c.row for c in seen.fixed] == [1]
    assert (seen.new_errors_count, seen.fixed_count, seen.changed_errors_count) == (1, 1, 1)


def test_a_change_carries_both_answers_and_how_sure_they_were() -> None:
    (change,) = compare(("b", "pruned"), LABELS, BEFORE, AFTER).new_errors
    assert (change.label, change.before, change.after) == (0, 0, 1)
    assert (change.before_confidence, change.after_confidence) == (0.9, 0.6)


def test_agreement_accuracy_and_confidence_are_means_over_the_images() -> None:
    seen = compare(("b", "pruned"), LABELS, BEFORE, AFTER)
    assert seen.agreement == 0.25  # image 2 only
    assert seen.accuracy == 0.5
    assert seen.confidence == pytest.approx((0.6 + 0.9 + 0.8 + 0.7) / 4)
    assert seen.confidence_delta == pytest.approx((0.6 + 0.9 + 0.8 + 0.7 - 3.0) / 4)


def test_class_deltas_are_now_minus_before_and_unknown_without_images() -> None:
    after = AFTER.copy()
    after[1] = [0.1, 0.9, 0.0]  # image 1 stays wrong
    seen = compare(("b", "pruned"), LABELS, BEFORE, after)
    assert seen.per_class_delta == (-0.5, 0.0, None)
    # the two images of class 0: one answer 0 became 1
    assert seen.confusion_delta[0] == (-1, 1, 0)


def test_a_network_compared_with_itself_changed_nothing() -> None:
    seen = compare(("a", "dense"), LABELS, BEFORE, BEFORE)
    assert (seen.agreement, seen.new_errors, seen.fixed) == (1.0, (), ())


def test_the_surest_new_error_comes_first() -> None:
    labels = np.array([0, 0])
    before = np.array([[1.0, 0.0], [1.0, 0.0]])
    after = np.array([[0.4, 0.6], [0.1, 0.9]])
    assert [c.row for c in compare(("b", ""), labels, before, after).new_errors] == [1, 0]


def test_images_lost_by_most_networks_pay_first() -> None:
    labels = np.array([0, 1, 1])
    before = np.array([0, 1, 0])  # image 2 was wrong from the start: it has nothing to lose
    after = np.array([[0, 0, 0], [1, 0, 0]])
    assert [(p.row, p.lost) for p in pruned_exemplars(labels, before, after)] == [(1, 2), (0, 1)]


def test_a_class_is_relabelled_where_the_majority_left_the_reference() -> None:
    labels = np.array([0, 1])
    before = np.array([0, 1])
    after = np.array([[0, 0], [1, 0], [0, 1]])  # image 0: 2 of 3 stay; image 1: 2 of 3 leave
    assert disagreeing_classes(labels, before, after, 2) == (
        ClassChange(1, 0),
        ClassChange(1, 1),
    )


@pytest.mark.slow
def test_the_comparison_of_networks_is_plain_json_with_its_pictures_beside_it(tmp_path) -> None:
    rng = np.random.default_rng(0)
    split = Split(rng.random((30, 10, 10, 1), dtype=np.float32), np.arange(30) % 2)
    shape = NetworkShape((10, 10, 1), 2, (2, 2, 3, 3, 4))
    prepared = Prepared(split, split, split, ("a", "b"), shape, (), "0" * 16)
    networks = [
        ComparedNetwork(f"n{seed}", f"net {seed}", initial_weights(shape, seed)) for seed in (0, 1)
    ]
    result = behaviour(networks, shape, prepared, tmp_path, Silent())
    stored = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert BehaviourResult.from_json(stored) == result
    same, other = result.networks
    assert (result.reference, result.images) == ("n0", 30)
    assert (same.agreement, same.new_errors_count) == (1.0, 0)
    with np.load(tmp_path / result.pictures) as stored:
        pictured = set(stored["rows"].tolist())
        assert stored["pictures"].shape == (len(pictured), 10, 10, 1)
    listed = {change.row for change in (*other.new_errors, *other.fixed)}
    assert listed | {one.row for one in result.pruned_exemplars} == pictured
    right = [network.accuracy * 30 for network in (same, other)]
    assert round(right[1] - right[0]) == other.fixed_count - other.new_errors_count


def test_a_comparison_that_version_0_1_stored_is_read_under_the_names_of_today() -> None:
    labels = np.array([0, 1])
    before, after = np.array([[0.6, 0.4], [0.6, 0.4]]), np.array([[0.6, 0.4], [0.4, 0.6]])
    one = compare(("a", "A"), labels, before, after)
    result = BehaviourResult(
        reference="a", class_names=("x", "y"), images=2, networks=(one,),
        pruned_exemplars=(), classes=(ClassChange(1, 0), ClassChange(1, 1)),
    )  # fmt: skip
    stored = result.to_json()
    network = stored["networks"][0]
    for name, before in (
        ("fixed", "mended"),
        ("fixed_count", "mended_count"),
        ("changed_errors_count", "reworded_count"),
    ):
        network[before] = network.pop(name)
    stored["paid_first"] = stored.pop("pruned_exemplars")
    assert BehaviourResult.from_stored(stored, form=1) == result
    assert BehaviourResult.from_stored(result.to_json()) == result
