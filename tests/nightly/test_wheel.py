"""The wheel, installed into a clean environment outside the checkout: serves, trains, grades."""

import json
import os
import shutil
import site
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from core.randomness import generator
from tests.commands.test_serve import get

ROOT = Path(__file__).parents[2]
SOURCES = ("app.py", "core", "pages", "assets", "pyproject.toml", "README.md", "LICENSE")
pytestmark = [pytest.mark.nightly, pytest.mark.slow]


def run(*command, **options):
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel from a copy, so that nothing is left in the checkout."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", target)
    run(sys.executable, "-m", "pip", "wheel", *options, source)
    [made] = target.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """An environment with the wheel; what it needs is seen in the environment of the tests."""
    folder = tmp_path_factory.mktemp("clean place")
    environment = folder / "environment"
    run(getattr(sys, "_base_executable", sys.executable), "-m", "venv", environment)
    python = environment / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel)
    [packages] = environment.glob("lib/python*/site-packages")
    [needed] = [path for path in site.getsitepackages() if Path(path, "streamlit").is_dir()]
    (packages / "needed.pth").write_text(needed)
    return Installation(folder, environment)


class Installation:
    """Runs the `pareto-lab` of an environment, knowing nothing of the checkout."""

    def __init__(self, folder, environment):
        self.folder, self.environment = folder, environment
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PARETO_LAB"))}
        self.variables = kept | {"PARETO_LAB_HOME": str(folder / "home")}

    def command(self, *arguments):
        return [str(self.environment / "bin" / "pareto-lab"), *map(str, arguments), "--json"]

    def __call__(self, *arguments):
        """Return the JSON of a command that succeeds."""
        options = {"cwd": self.folder, "env": self.variables, "timeout": 600}
        return json.loads(run(*self.command(*arguments), **options).splitlines()[-1])

    @contextmanager
    def served(self):
        """Serve on a free port; yield the address."""
        process = subprocess.Popen(
            self.command("serve", "--port", 0),
            cwd=self.folder,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            yield json.loads(process.stdout.readline())["address"]
        finally:
            process.kill()
            process.communicate()


@pytest.fixture(scope="module")
def data(installed):
    """A data set of five classes that differ in brightness."""
    rng, arrays = generator(0, "images"), {}
    for name, count in (("train", 64), ("val", 20)):
        labels = np.arange(count) % 5
        noise = rng.integers(0, 40, (count, 25, 25, 3))
        arrays[f"{name}_images"] = (noise + labels[:, None, None, None] * 50).astype(np.uint8)
        arrays[f"{name}_labels"] = labels
    path = installed.folder / "images.npz"
    np.savez(path, **arrays)
    return path


def test_nothing_comes_from_the_checkout(installed):
    names = ("app", "assets", "core", "pages")
    script = "\n".join(f"import {name}; print({name}.__file__)" for name in names)
    python = installed.environment / "bin" / "python"
    found = run(python, "-c", script, cwd=installed.folder, env=installed.variables).splitlines()
    assert [Path(path).is_relative_to(installed.environment) for path in found] == [True] * 4


def test_the_pages_are_served(installed):
    with installed.served() as address:
        assert get(f"{address}/_stcore/health") == "ok"
        assert "<title>" in get(address)
        with urllib.request.urlopen(f"{address}/frontier", timeout=30) as answer:
            assert answer.status == 200


def test_a_network_is_trained_for_two_steps_and_graded(installed, data):
    weights = installed.folder / "dense.h5"
    recipe = ("--recipe", "fast", "--epochs", 1)
    try:
        trained = installed("train", "--data", data, *recipe, "--out", weights)
        graded = installed("grade", weights, "--data", data)
    finally:
        installed("engine", "stop")
    assert trained["error"] is None
    assert graded["accuracy"] == trained["accuracy"]
    assert graded["parameters"] == 592_933
