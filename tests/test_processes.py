"""Child processes find this package wherever it runs from, and nothing that lies in their way."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from core.processes import module_command, module_variables

ROOT = Path(__file__).parent.parent
WHERE = "import core; print(core.__file__)"
# A parent that starts a child as we do; the child is told nothing else and prints what it found.
PARENT = """
import subprocess, sys
from core.processes import module_variables
command = [sys.executable, "-P", "-c", "import core, sys; print(core.__file__); print(sys.path)"]
sys.exit(subprocess.run(command, env=module_variables(), cwd=sys.argv[1]).returncode)
"""


def output_of(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=True, **options)
    return done.stdout.splitlines()


def a_copy_of_the_package(folder):
    package = folder / "core"
    package.mkdir(parents=True)
    for name in ("__init__.py", "processes.py"):
        shutil.copy(ROOT / "core" / name, package)
    return package


def test_a_child_in_another_folder_finds_the_package_of_a_checkout(tmp_path):
    [found] = output_of([sys.executable, "-c", WHERE], cwd=tmp_path, env=module_variables())
    assert Path(found) == ROOT / "core" / "__init__.py"


def test_what_lies_in_the_childs_folder_is_never_imported(tmp_path):
    for name in ("core", "json", "site"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a stranger was imported')")
    lines = output_of(module_command("site"), cwd=tmp_path, env=module_variables())
    assert lines[0] == "sys.path = ["
    assert str(tmp_path) not in "\n".join(lines)


def test_relative_places_still_mean_the_same_in_the_childs_folder(tmp_path, monkeypatch):
    (tmp_path / "plugins").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["plugins", "", "/opt/more"]))
    places = module_variables()["PYTHONPATH"].split(os.pathsep)
    assert places == [str(ROOT), str(tmp_path / "plugins"), "/opt/more"]


@pytest.fixture
def environment(tmp_path):
    """The Python of an empty virtual environment."""
    folder = tmp_path / "environment"
    base = getattr(sys, "_base_executable", sys.executable)
    subprocess.run([base, "-m", "venv", "--without-pip", folder], check=True)
    return folder


def test_an_installed_package_never_comes_before_pythons_own_library(environment, tmp_path):
    scheme = sysconfig.get_preferred_scheme("prefix")
    prefix = {"base": str(environment), "platbase": str(environment)}
    packages = Path(sysconfig.get_path("purelib", "venv" if os.name == "posix" else scheme, prefix))
    package = a_copy_of_the_package(packages)
    python = environment / ("bin" if os.name == "posix" else "Scripts") / "python"
    found, path = output_of(
        [python, "-c", PARENT, tmp_path], cwd=tmp_path, env={"PATH": os.environ["PATH"]}
    )
    assert Path(found) == package / "__init__.py"
    assert path.index("lib-dynload") < path.index(str(packages))


def test_a_package_among_the_users_own_is_found_without_the_home_folder(tmp_path):
    base = getattr(sys, "_base_executable", sys.executable)
    home = {"HOME": str(tmp_path / "home")}
    [user] = output_of([base, "-m", "site", "--user-site"], env=home)
    package = a_copy_of_the_package(Path(user))
    found, _ = output_of([base, "-c", PARENT, tmp_path], cwd=tmp_path, env=home)
    assert Path(found) == package / "__init__.py"
