import numpy as np
import pytest

from core.networks.array_cache import ArrayCache, key_of


def test_the_longest_unused_answer_is_forgotten_first():
    cache = ArrayCache(largest_bytes=16)
    first, second, third = (np.full(2, value, np.float32) for value in range(3))  # 8 bytes each
    cache.put("1", first)
    cache.put("2", second)
    assert cache.get("1") is first
    cache.put("3", third)
    assert cache.get("2") is None
    assert cache.get("1") is first
    assert cache.get("3") is third


def test_a_second_answer_takes_no_second_place():
    cache = ArrayCache(largest_bytes=16)
    for value in range(5):
        cache.put("1", np.full(2, value, np.float32))
    other = np.zeros(2, np.float32)
    cache.put("2", other)
    assert cache.get("1")[0] == 4
    assert cache.get("2") is other


def test_equal_contents_have_one_key():
    zeros = np.zeros((2, 3))
    assert key_of("name", zeros) == key_of("name", zeros.copy())
    assert key_of(zeros.T) == key_of(np.ascontiguousarray(zeros.T))


@pytest.mark.parametrize(
    "other", [np.zeros((3, 2)), np.zeros((2, 3), np.float32), np.ones((2, 3)), np.zeros(6)]
)
def test_another_shape_type_or_value_is_another_key(other):
    assert key_of(other) != key_of(np.zeros((2, 3)))


def test_where_one_part_ends_matters():
    assert key_of("a", "c") != key_of("a", "bc")
