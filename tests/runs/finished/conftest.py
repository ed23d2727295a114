import pytest

from tests.runs.finished_lab import filled


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with filled(tmp_path_factory.mktemp("lab")) as lab:
        yield lab
