"""Buffers that outlive a round, and are never in two hands."""

import copy

import numpy as np

from core.federated.trainers.buffers import BufferPool

KIND = ((4, 5, 3), 6, 2, np.float32)


def test_the_same_buffers_serve_round_after_round_and_smaller_chunks():
    pool = BufferPool()
    with pool.lend(*KIND) as first:
        room, _ = first.room(7)
    with pool.lend((4, 5, 3), 2, 2, np.float32) as second:
        assert second is first
        assert np.shares_memory(second.room(3)[0], room)


def test_two_users_at_once_never_share():
    pool = BufferPool()
    with pool.lend(*KIND) as one, pool.lend(*KIND) as other:
        assert one is not other


def test_another_network_or_a_larger_chunk_gets_buffers_of_its_own():
    pool = BufferPool()
    for other in (((4, 5, 2), 6, 2, np.float32), ((4, 5, 3), 9, 2, np.float32)):
        with pool.lend(*KIND) as first:
            pass
        with pool.lend(*other) as second:
            assert second is not first


def test_room_grows_and_has_the_network_s_shapes():
    with BufferPool().lend(*KIND) as buffers:
        buffers.room(2)
        inputs, targets = buffers.room(9)
    assert (inputs.shape, targets.shape) == ((9, 2, 5), (9, 2, 3))


def test_buffers_travel_empty():
    pool = BufferPool()
    with pool.lend(*KIND) as buffers:
        pass
    with copy.copy(pool).lend(*KIND) as elsewhere:
        assert elsewhere is not buffers
