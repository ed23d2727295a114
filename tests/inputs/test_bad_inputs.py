"""Every line of the list: the file goes in, the promised sentence or data set comes out."""

import re

import pytest

from core.data.uploads import dataset_reader, leaf
from core.errors import LabError
from core.networks.formats import keras_h5
from tests.inputs import (
    arrays,
    client_neighbours,
    clients,
    envelope,
    hand_ins,
    keras_neighbours,
    layouts,
    neighbours,
    networks,
    pickles,
    pictures,
    ranges,
    tars,
    torch_files,
    weight_neighbours,
)
from tests.inputs.warm_children import warm_children

pytestmark = pytest.mark.slow  # hundreds of files

MODULES = (
    envelope,
    tars,
    pickles,
    arrays,
    pictures,
    layouts,
    neighbours,
    ranges,
    networks,
    hand_ins,
    keras_neighbours,
    torch_files,
    weight_neighbours,
    clients,
    client_neighbours,
)
CASES = [case for module in MODULES for case in module.CASES]


@pytest.fixture(scope="module", autouse=True)
def _warm(tmp_path_factory):
    with warm_children(tmp_path_factory.mktemp("warm")):
        yield


def read(case, scratch):
    content = case.content()
    if case.reader == "weights":
        return keras_h5.read_upload(case.name, content, **case.options, scratch=scratch)
    if case.reader == "leaf":
        return leaf.inspect(content, limits=case.limits, scratch=scratch, **case.options)
    return dataset_reader.read(case.name, content, case.limits, scratch=scratch, **case.options)


def notes_of(case, result):
    return result[1] if case.reader == "weights" else result.notes


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_an_odd_file_gets_its_answer(case, tmp_path):
    if case.refused:
        with pytest.raises(LabError) as refusal:
            read(case, tmp_path)
        assert re.search(case.refused, str(refusal.value)), str(refusal.value)
        assert len(re.findall(r"[.?]( |$)", str(refusal.value))) >= 2, "cause and remedy"
    else:
        result = read(case, tmp_path)
        notes = " ".join(notes_of(case, result))
        assert re.search(case.noted, notes), notes
        assert case.holds(result)
    assert list(tmp_path.iterdir()) == [], "nothing is left in the scratch folder"
    assert not pickles.MARKER.exists(), "nothing in the file was run"
