"""A short run of every reader; `python -m tests.fuzz` is the long one."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.mutation import mutated
from tests.fuzz.readers import READERS, corpus, is_refused_or_read

pytestmark = pytest.mark.slow  # thousands of files

ROUNDS = 150


@pytest.mark.parametrize("name", READERS)
def test_good_files_are_read(name):
    read = [is_refused_or_read(READERS[name], content) for content in READERS[name].seeds()]
    assert any(read), "fuzzing would start from nothing"


@pytest.mark.parametrize("name", READERS)
def test_earlier_findings_are_read_or_refused(name):
    for content in corpus(name):
        is_refused_or_read(READERS[name], content)


@pytest.mark.parametrize("name", READERS)
def test_changed_files_are_read_or_refused(name):
    seeds, chance = corpus(name), random.Random(f"short {name}")
    for _ in range(ROUNDS):
        is_refused_or_read(READERS[name], mutated(seeds, chance))


@pytest.mark.parametrize("name", [name for name, reader in READERS.items() if reader.change])
def test_files_changed_within_their_form_are_read_or_refused(name):
    seeds, chance = corpus(name), random.Random(f"form {name}")
    for _ in range(10 * ROUNDS):
        is_refused_or_read(READERS[name], READERS[name].change(chance.choice(seeds), chance))


@pytest.mark.parametrize("name", READERS)
def test_any_bytes_are_read_or_refused(name):
    @settings(max_examples=60, deadline=None, derandomize=True, database=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(content=st.binary(max_size=600))
    def run(content):
        is_refused_or_read(READERS[name], content)

    run()
