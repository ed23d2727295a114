"""Buffers that outlive a round, and are never in two hands."""

import copy

import numpy as np

from core.federated.trainers.buffers import Desks

KIND = ((4, 5, 3), 6, 2, np.float32)


def test_the_same_desk_serves_round_after_round_and_smaller_chunks():
    desks = Desks()
    with desks.lend(*KIND) as first:
        room, _ = first.room(7)
    with desks.lend((4, 5, 3), 2, 2, np.float32) as second:
        assert second is first
        assert np.shares_memory(second.room(3)[0], room)


def test_two_users_at_once_never_share():
    desks = Desks()
    with desks.lend(*KIND) as one, desks.lend(*KIND) as other:
        assert one is not other


def test_another_network_or_a_larger_chunk_gets_a_desk_of_its_own():
    desks = Desks()
    for other in (((4, 5, 2), 6, 2, np.float32), ((4, 5, 3), 9, 2, np.float32)):
        with desks.lend(*KIND) as first:
            pass
        with desks.lend(*other) as second:
            assert second is not first


def test_room_grows_and_has_the_network_s_shapes():
    with Desks().lend(*KIND) as desk:
        desk.room(2)
        inputs, targets = desk.room(9)
    assert (inputs.shape, targets.shape) == ((9, 2, 5), (9, 2, 3))


def test_desks_travel_empty():
    desks = Desks()
    with desks.lend(*KIND) as desk:
        pass
    with copy.copy(desks).lend(*KIND) as elsewhere:
        assert elsewhere is not desk
