"""What is installed: one list of packages in five files, each package known by its hash."""

import hashlib
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import core

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# file -> the extra whose packages it pins, beyond those of the files before it
FILES = {
    "requirements": None,
    "requirements-gpu": "gpu",
    "requirements-dev": "dev",
    "requirements-tools": "tools",
}
PIN = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==([\w.+]+)", re.MULTILINE)
LOCKED = re.compile(r"^([\w.-]+)==.*((?:\n    --hash=sha256:[0-9a-f]{64}.*)*)$", re.MULTILINE)


def pins(name):
    """Return {package: release} of a requirements file, constraints or lock."""
    return {canonicalize_name(n): r for n, r in PIN.findall((ROOT / name).read_text())}


def declared(extra):
    """Return what pyproject.toml requires: the project's own, or an extra's with its parts."""
    if extra is None:
        return {canonicalize_name(r.name): r for r in map(Requirement, PROJECT["dependencies"])}
    found = {}
    for each in map(Requirement, PROJECT["optional-dependencies"][extra]):
        if each.name == PROJECT["name"]:
            for part in each.extras:
                found |= declared(part)
        else:
            found[canonicalize_name(each.name)] = each
    return found


@pytest.mark.parametrize("name", FILES)
def test_every_declared_package_is_pinned_within_its_range_and_no_other(name):
    pinned, wanted = pins(f"{name}.txt"), declared(FILES[name])
    assert set(pinned) == set(wanted)
    outside = [n for n, each in wanted.items() if not each.specifier.contains(pinned[n])]
    assert outside == []


def test_locks_and_constraints_name_the_same_releases():
    direct = {n: r for name in FILES for n, r in pins(f"{name}.txt").items()}
    indirect = pins("constraints.txt")
    assert not set(direct) & set(indirect)
    locked = {}
    for name in FILES:
        for package, release in pins(f"{name}.lock").items():
            assert locked.setdefault(package, release) == release, f"{package} has two releases"
    assert locked == direct | indirect, "run `make lock`, and pin in constraints.txt what is new"


@pytest.mark.parametrize("name", FILES)
def test_every_locked_package_has_hashes_and_no_address(name):
    text = (ROOT / f"{name}.lock").read_text()
    hashes = dict(LOCKED.findall(text))
    assert {canonicalize_name(n) for n in hashes} == set(pins(f"{name}.lock"))
    assert all(hashes.values())
    assert "://" not in text


def test_releases_with_known_vulnerabilities_stay_out():
    """CVE-2025-47273 and older: setuptools, which TensorFlow needs, before 78.1.1."""
    assert int(pins("requirements.lock")["setuptools"].split(".")[0]) >= 79


def test_every_file_that_the_program_reads_is_in_the_wheel():
    """Python's files are there anyway; `__pycache__` and what lies hidden are no data."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    patterns = settings["package-data"]["*"]
    left_out = [
        path.relative_to(ROOT)
        for top in ("assets", "core", "pages")
        for path in (ROOT / top).rglob("*")
        if path.is_file()
        and path.suffix not in (".py", ".pyc", ".typed")
        and not any(path.match(pattern) for pattern in patterns)
    ]
    assert left_out == []


def test_the_version_is_the_newest_of_the_changelog():
    heading = re.compile(r"^## ([\d.]+) \(\d{4}-\d\d-\d\d\)$", re.MULTILINE)
    dated = map(Version, heading.findall((ROOT / "CHANGELOG.md").read_text()))
    assert max(dated) == Version(core.__version__)


METADATA = "Metadata-Version: 2.1\nName: tiny\nVersion: "

# The rest runs tests/setup_venv.sh, which make calls first, on an environment with one package.


def package(folder, release, value=1):
    """Write a wheel of one module and return its hash."""
    path = folder / f"tiny-{release}-py3-none-any.whl"
    parts = {
        "tiny.py": f"VALUE = {value!r}",
        f"tiny-{release}.dist-info/METADATA": METADATA + str(release),
        f"tiny-{release}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n",
        f"tiny-{release}.dist-info/RECORD": "",
    }
    with zipfile.ZipFile(path, "w") as wheel:
        for name, content in parts.items():
            wheel.writestr(name, content)
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Setup:
    """A folder with a lock file, and make's way to set it up."""

    def __init__(self, folder):
        self.folder, self.venv = folder, folder / "environment"
        self.lock(1, package(folder, 1))

    def lock(self, release, hash):
        (self.folder / "requirements.lock").write_text(f"tiny=={release} --hash=sha256:{hash}\n")

    def __call__(self):
        """Return (exit status, what was said)."""
        base = getattr(sys, "_base_executable", sys.executable)
        done = subprocess.run(
            ["sh", ROOT / "tests" / "setup_venv.sh", base, self.venv.name, "requirements.lock"],
            cwd=self.folder,
            env=os.environ | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.folder)},
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stderr

    def value(self):
        """Return what the installed module says."""
        command = [self.venv / "bin" / "python", "-c", "import tiny; print(tiny.VALUE)"]
        return subprocess.check_output(command, text=True).strip()


FIRST = "Installing the packages of requirements.lock; the first time this takes some minutes.\n"


@pytest.fixture(scope="module")
def new_environment(tmp_path_factory):
    setup = Setup(tmp_path_factory.mktemp("setup"))
    assert setup() == (0, FIRST)
    return setup


@pytest.fixture
def environment(new_environment):
    """An environment that works, whatever a test has done to it."""
    yield new_environment
    new_environment.lock(1, package(new_environment.folder, 1))
    assert new_environment()[0] == 0


@pytest.mark.nightly
def test_setting_up_twice_says_and_changes_nothing(environment):
    before = (environment.venv / "requirements.lock").stat().st_mtime_ns
    assert environment() == (0, "")
    assert environment.value() == "1"
    assert (environment.venv / "requirements.lock").stat().st_mtime_ns == before


@pytest.mark.nightly
def test_a_package_with_another_hash_is_refused_now_and_again(environment):
    expected = package(environment.folder, 3)
    package(environment.folder, 3, "a stranger's")
    environment.lock(3, expected)
    for _ in range(2):
        status, said = environment()
        assert status == 1
        assert "DO NOT MATCH THE HASHES" in said
        assert "not all installed" in said
    assert environment.value() == "1"


@pytest.mark.nightly
def test_a_changed_lock_is_installed(environment):
    environment.lock(2, package(environment.folder, 2, "newer"))
    assert environment() == (0, "requirements.lock has changed. Installing what it lists now.\n")
    assert environment.value() == "newer"


@pytest.mark.nightly
def test_an_environment_whose_python_is_gone_is_made_again(environment):
    python = environment.venv / "bin" / "python"
    python.unlink()
    python.symlink_to("/no/longer/there/python3")
    status, said = environment()
    assert (status, said) == (
        0,
        "environment is broken: its Python is gone or of another version. Making it again.\n"
        + FIRST,
    )
    assert environment.value() == "1"


@pytest.mark.nightly
def test_a_missing_pip_is_put_back(environment):
    python = environment.venv / "bin" / "python"
    subprocess.run([python, "-m", "pip", "uninstall", "-q", "-y", "pip"], check=True)
    assert environment() == (0, "environment has no pip. Putting it back.\n")
    assert subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode == 0
