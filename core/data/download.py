"""Built-in data sets that come from the internet, fetched by Keras in a process of its own.

Keras costs eight seconds and 800 MB to import and knows no timeout, so the web server never
loads it: a child does, and is ended if it stalls.
"""

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

from core.data.dataset import Dataset, Split
from core.errors import DownloadError
from core.processes import end_with, module_command, module_variables
from core.randomness import generator
from core.stale_files import scratch_folder
from core.workspace import Workspace

STALL_SECONDS = 15
LONGEST_SECONDS = 900
OLDER = {"fashion_mnist": "fashion-mnist", "cifar10": "cifar-10-batches-py"}


def download(workspace: Workspace, module: str, name: str, class_names: tuple[str, ...]) -> Dataset:
    """Return keras.datasets.<module>; a tenth of the training images becomes the validation set.

    Raises DownloadError when there is no internet or the transfer stalls. What Keras keeps goes to
    the workspace once it is whole, so that a second call needs no internet.
    """
    kept = workspace.datasets / "downloads" / module
    _take_over(workspace.datasets / "downloads" / "datasets", module, kept / "datasets")
    with scratch_folder(workspace.scratch, "download-") as folder:
        target, fresh = folder / "arrays.npz", folder / "keras"
        if not kept.is_dir() or not _is_fetched(kept, module, target):
            _fetch(fresh, module, name, target)
            _keep(fresh, kept)
        with np.load(target, allow_pickle=False) as arrays:
            train = Split(arrays["train_images"], arrays["train_labels"])
            test = Split(arrays["test_images"], arrays["test_labels"])
    order = generator(0, "built-in validation", module).permutation(len(train))
    held = len(train) // 10
    validation, rest = np.sort(order[:held]), np.sort(order[held:])
    return Dataset(name, class_names, train.take(rest), train.take(validation), test)


def _is_fetched(home: Path, module: str, target: Path) -> bool:
    """Read the arrays from what an earlier call has kept; tell whether that was whole."""
    try:
        _fetch(home, module, module, target)
    except DownloadError:
        return False
    return True


def _take_over(older: Path, module: str, folder: Path) -> None:
    """Move what was kept of a data set before each had a folder; else it is fetched again."""
    with contextlib.suppress(OSError):
        for each in older.glob(f"{OLDER[module]}*") if module in OLDER else ():
            folder.mkdir(parents=True, exist_ok=True)
            os.rename(each, folder / each.name)


def _keep(fresh: Path, kept: Path) -> None:
    """Put what was fetched where the next call finds it; without it, that fetches again."""
    shutil.rmtree(kept, ignore_errors=True)
    with contextlib.suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        os.rename(fresh, kept)


def _fetch(home: Path, module: str, name: str, target: Path) -> None:
    """Have Keras read a data set, with `home` as its own folder, into a file of arrays."""
    environment = {
        **os.environ,
        "KERAS_HOME": str(home),
        **module_variables(),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
    }
    command = module_command("core.data.download", module, str(target), str(os.getpid()))
    try:
        finished = subprocess.run(
            command, env=environment, capture_output=True, timeout=LONGEST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise _failed(name, f"it took longer than {LONGEST_SECONDS // 60} minutes") from None
    if finished.returncode != 0 or not target.exists():
        lines = finished.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise _failed(name, lines[-1][:200])


def _failed(name: str, reason: str) -> DownloadError:
    return DownloadError(
        f"{name} could not be downloaded ({reason}). "
        "Check the internet connection, or use the bundled garments, which need none."
    )


def _child(module: str, target: str) -> None:
    import socket

    socket.setdefaulttimeout(STALL_SECONDS)
    import keras

    (x, y), (x_test, y_test) = getattr(keras.datasets, module).load_data()
    as_images = [images.reshape(*images.shape[:3], -1) for images in (x, x_test)]
    as_labels = [labels.reshape(-1).astype(np.int64) for labels in (y, y_test)]
    np.savez(
        target,
        train_images=as_images[0],
        train_labels=as_labels[0],
        test_images=as_images[1],
        test_labels=as_labels[1],
    )


if __name__ == "__main__":
    end_with(int(sys.argv[3]))
    _child(sys.argv[1], sys.argv[2])
