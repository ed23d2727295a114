"""An unpacked autograder with an environment of NumPy and h5py alone, as Gradescope has it."""

import io
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

ALONE = ("numpy", "numpy.libs", "h5py", "h5py.libs")
MEMORY_KIB = 768 * 1024  # of Gradescope's default container


def unpack(content: bytes, root: Path) -> Path:
    """Unpack autograder.zip as Gradescope does, and return the root of it all."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(root / "source")
    for name in ("submission", "results"):
        (root / name).mkdir()
    return root


def link_environment(root: Path) -> None:
    """Make the environment that setup.sh makes, of the packages that are installed here."""
    home = root / "source" / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    (target,) = home.glob("lib/python*/site-packages")
    for name in ALONE:
        package = Path(sysconfig.get_path("platlib")) / name
        if package.exists():
            shutil.copytree(package, target / name, copy_function=_link)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # on another disk
        shutil.copy2(source, target)


def grade_one(root: Path, files: dict[str, bytes], variables: dict[str, str] | None = None) -> dict:
    """Put files into the submission, run the autograder in 768 MB, return its results.json."""
    shutil.rmtree(root / "submission")
    for name, content in files.items():
        (root / "submission" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "submission" / name).write_bytes(content)
    (root / "submission").mkdir(exist_ok=True)
    (root / "results" / "results.json").unlink(missing_ok=True)
    script = f'ulimit -v {MEMORY_KIB}; exec bash "$0"'
    environment = {"PATH": os.environ["PATH"], "AUTOGRADER_ROOT": str(root), **(variables or {})}
    command = ["bash", "-c", script, str(root / "source" / "run_autograder")]
    subprocess.run(command, env=environment, check=True, timeout=120)
    return json.loads((root / "results" / "results.json").read_text("utf-8"))
