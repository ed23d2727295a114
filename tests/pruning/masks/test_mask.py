import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SettingsError
from core.pruning.masks.mask import SAMPLED, Mask, cut, keep_highest, keep_highest_of, kth_lowest


def test_a_mask_refuses_anything_but_zero_and_one():
    with pytest.raises(SettingsError, match="other than 0 and 1"):
        Mask({"conv1/kernel": np.array([0.0, 0.5, 1.0])})


def test_sparsity_counts_kernels_and_biases():
    mask = Mask({"a/kernel": np.array([[1, 0], [0, 0]]), "a/bias": np.array([1, 0])})
    assert (mask.size, mask.zeros) == (6, 4)
    assert mask.sparsity == pytest.approx(4 / 6)


def test_densities_join_kernel_and_bias_of_a_layer():
    mask = Mask({"a/kernel": np.array([[1, 0], [0, 0]]), "a/bias": np.array([1, 0])})
    assert mask.densities() == {"a": pytest.approx(2 / 6)}


def test_applying_a_mask_makes_exact_zeros_and_leaves_the_weights_alone():
    weights = {"a/kernel": np.array([1.0, -2.0, np.nan], np.float32)}
    masked = Mask({"a/kernel": np.array([1, 0, 0])}).apply(weights)
    assert masked["a/kernel"].tolist() == [1.0, 0.0, 0.0]
    assert masked["a/kernel"].dtype == np.float32
    assert weights["a/kernel"][1] == -2.0


def test_changing_the_input_later_does_not_change_the_mask():
    array = np.array([1, 0, 1])
    mask = Mask({"a/kernel": array})
    array[0] = 0
    assert mask.zeros == 1


def test_ties_go_by_index_so_that_the_count_is_exact():
    """A percentile threshold would remove all four fives or none of them."""
    values = np.array([5.0, 5.0, 1.0, 5.0, 9.0, 5.0])
    assert keep_highest(values, 3).tolist() == [False, False, False, True, True, True]


def test_removing_nothing_and_removing_everything():
    assert keep_highest(np.array([2.0, 1.0]), 0).all()
    assert not keep_highest(np.array([2.0, 1.0]), 2).any()


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=40), st.integers(0, 40))
def test_the_choice_agrees_with_a_plain_sort(values, removed):
    removed = min(removed, len(values))
    gone = sorted(range(len(values)), key=lambda index: (values[index], index))[:removed]
    expected = [index not in gone for index in range(len(values))]
    assert keep_highest(np.array(values, float), removed).tolist() == expected


@pytest.mark.parametrize("share", [0.001, 0.02, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("kind", ["normal", "few values", "in order", "one of nine is large"])
def test_of_very_many_values_the_kth_lowest_is_that_of_a_sort(kind, share):
    """The last kind fools a sample of every ninth: all it sees is large."""
    rng = np.random.default_rng(0)
    values = np.abs(rng.normal(size=9 * SAMPLED))
    if kind == "few values":
        values = np.round(values)
    elif kind == "in order":
        values.sort()
    elif kind == "one of nine is large":
        values[::9] += 100
    k = round(share * len(values))
    assert kth_lowest(np.split(values, 9), k) == np.sort(values)[k - 1]
    few = values.astype(np.float32)
    assert keep_highest(few, k).sum() == len(few) - k


@given(st.lists(st.lists(st.integers(-3, 3), max_size=9), min_size=1, max_size=9), st.data())
def test_several_parts_are_cut_as_if_they_were_one_row(parts, draw):
    arrays = [np.array(part, float) for part in parts]
    row = np.concatenate(arrays)
    removed = draw.draw(st.integers(0, len(row)))
    found = keep_highest_of(arrays, removed)
    assert [len(part) for part in found] == [len(part) for part in parts]
    assert np.array_equal(np.concatenate(found), keep_highest(row, removed))


@pytest.mark.parametrize("sparsity", [0.0, 0.1, 0.25, 0.5, 0.75, 0.9])
def test_the_cut_is_exact_to_one_entry_even_if_all_scores_are_equal(sparsity):
    scores = {"a/kernel": np.ones((3, 5)), "a/bias": np.ones(5)}
    assert cut(scores, sparsity).zeros == round(sparsity * 20)


def test_the_cut_removes_the_lowest_over_all_parameters():
    scores = {"a/kernel": np.array([[4.0, 1.0]]), "a/bias": np.array([2.0, 3.0])}
    mask = cut(scores, 0.5)
    assert mask.arrays["a/kernel"].tolist() == [[True, False]]
    assert mask.arrays["a/bias"].tolist() == [False, True]


@pytest.mark.parametrize("sparsity", [-0.1, 1.0, 1.5, float("nan")])
def test_a_sparsity_outside_its_range_is_refused(sparsity):
    with pytest.raises(SettingsError, match="choose a number from 0"):
        cut({"a/kernel": np.ones(4)}, sparsity)


def test_scores_that_are_not_numbers_are_refused():
    with pytest.raises(SettingsError, match="NaN"):
        cut({"a/kernel": np.array([1.0, np.nan])}, 0.5)
