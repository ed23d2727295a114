"""A store with a dense network, six pruned ones and four federated runs."""

import pytest

from tests.runs.finished_lab import filled


@pytest.fixture
def lab(tmp_path):
    """Return the store, and the ids of its runs."""
    with filled(tmp_path) as (_, store, ids):
        yield store, ids
