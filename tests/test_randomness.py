"""Named streams do not depend on what was drawn before."""

from core.randomness import derived_seed, generator


def test_the_same_name_gives_the_same_stream():
    assert generator(1, "client", 7).integers(1 << 30) == generator(1, "client", 7).integers(
        1 << 30
    )


def test_names_seeds_and_kinds_of_names_give_different_streams():
    streams = [(1, "a", 2), (2, "a", 2), (1, "a", "2"), (1, "a2"), (1, "a", 2, 0)]
    draws = {generator(seed, *names).integers(1 << 62) for seed, *names in streams}
    assert len(draws) == len(streams)


def test_a_derived_seed_fits_every_library():
    assert 0 <= derived_seed(123, "keras") < 2**31
