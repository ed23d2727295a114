"""setup.sh makes an environment from the package index, and the autograder runs in it."""

import os
import subprocess

import numpy as np
import pytest

from core.data.dataset import Split
from core.grading.autograder.bundle import autograder_zip
from core.networks.formats import torch_writer
from core.networks.network import REFERENCE
from tests.grading.autograder import grade_one, unpack
from tests.runs.finished_lab import pruned_weights

pytestmark = [pytest.mark.nightly, pytest.mark.slow]


def test_the_autograder_sets_itself_up_and_grades(tmp_path):
    rng = np.random.default_rng(1)
    images = Split(rng.random((20, 25, 25, 3), dtype=np.float32), rng.integers(0, 5, 20))
    root = unpack(autograder_zip(images, REFERENCE, threshold=0), tmp_path)
    # With the configuration of pip of whoever runs the tests: it may know another index.
    variables = os.environ | {"AUTOGRADER_ROOT": str(root)}
    subprocess.run(["bash", root / "source" / "setup.sh"], env=variables, check=True)
    python = root / "source" / "environment" / "bin" / "python"
    listed = subprocess.run([python, "-m", "pip", "list", "--format=freeze"], check=True,
                            capture_output=True, text=True).stdout  # fmt: skip
    assert {line.split("==")[0] for line in listed.split()} - {"pip", "setuptools"} == {
        "numpy", "h5py"
    }  # fmt: skip
    results = grade_one(root, {"my_model_weights.pt": torch_writer.to_pt(pruned_weights(0.9))})
    assert results["extra_data"]["grades"][0]["error"] is None
    assert results["extra_data"]["grades"][0]["zeros"] == pytest.approx(0.9 * 592_933, abs=1)
