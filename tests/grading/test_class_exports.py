"""120 people, exported by any platform, are 120 rows with their names and a results.json each."""

import io
import json
import zipfile

import numpy as np
import pytest

from core.data.dataset import Split
from core.grading.grade import grade
from core.grading.gradescope import results_zip
from core.grading.leaderboard import to_csv
from core.grading.submissions import collect
from core.networks.formats import keras_h5
from core.networks.network import REFERENCE
from core.progress import Silent
from tests.grading.class_exports import EXPORTS, PEOPLE, handed_in, zipped
from tests.runs.finished_lab import pruned_weights

pytestmark = pytest.mark.slow
WITHOUT = {"prune.ipynb", "code.zip"}  # instead of weights


def names_with(files: set[str]) -> int:
    return sum(handed_in(number, b"")[0] in files for number in range(len(PEOPLE)))


@pytest.mark.parametrize("platform", EXPORTS)
def test_nobody_disappears_from_a_class_of_120(platform, tmp_path):
    made = EXPORTS[platform](PEOPLE, b"the weights")
    found = collect([("class.zip", made.zipped())], tmp_path)
    assert sorted(each.name for each in found) == sorted(made.names)
    graded = [each for each in found if not each.error]
    assert len(graded) == 120 - names_with(WITHOUT)
    assert {each.path.read_bytes() for each in graded} == {b"the weights"}
    reasons = [each.error for each in found if each.error]
    assert sum("found: prune.ipynb" in reason for reason in reasons) == names_with({"prune.ipynb"})
    assert sum("code.zip is no .zip" in reason or "The zip file is damaged" in reason
               for reason in reasons) == names_with({"code.zip"})  # fmt: skip


@pytest.mark.parametrize("platform", EXPORTS)
def test_a_class_in_a_folder_is_read_like_its_zip(platform, tmp_path):
    made = EXPORTS[platform](PEOPLE[:24], b"the weights")
    with zipfile.ZipFile(io.BytesIO(made.zipped())) as archive:
        archive.extractall(tmp_path / "class")
    zipped = collect([("class.zip", made.zipped())], tmp_path / "zip")
    folder = collect([("class", tmp_path / "class")], tmp_path / "folder")
    assert [(s.name, s.file, bool(s.error)) for s in folder] == [
        (s.name, s.file, bool(s.error)) for s in zipped
    ]


@pytest.mark.parametrize("platform", EXPORTS)
def test_a_class_of_120_is_120_rows_and_120_results(platform, tmp_path):
    """Two people handed in the real network, the others empty files: refused without a child."""
    path = tmp_path / "w.h5"
    keras_h5.write(path, pruned_weights(0.9))
    made, real = (EXPORTS[platform](PEOPLE, held) for held in (b"", path.read_bytes()))
    two = [name for name, held in made.files.items() if held != real.files[name]][:2]
    content = zipped({**made.files, **{name: real.files[name] for name in two}})
    images = Split(np.zeros((4, 25, 25, 3), np.float32), np.arange(4))
    grades = grade(collect([("class.zip", content)], tmp_path / "c"), images, REFERENCE, Silent())
    assert len(grades) == 120
    assert {each.name for each in grades} == set(made.names)
    assert sum(each.error is None for each in grades) == 2
    assert len(to_csv(grades).splitlines()) >= 121
    with zipfile.ZipFile(io.BytesIO(results_zip(grades, 0.6, points=20))) as archive:
        results = {n: json.loads(archive.read(n)) for n in archive.namelist()}
    assert len(results) == 120
    for entry, made_of in results.items():
        name, held = entry.removesuffix("/results.json"), made_of["extra_data"]["grades"]
        assert {each["name"] for each in held} == {name}
        others = set(made.names) - {name}
        assert not [n for n in others if f"{n}:" in json.dumps(made_of) and n not in name]
        assert sum(test.get("max_score", 0) for test in made_of["tests"]) == 20
