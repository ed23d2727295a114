"""The data sets that need no upload, and one way to load any data set by what a person types."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np

from core.data import store
from core.data.dataset import Dataset, Split
from core.data.download import download
from core.data.uploads import dataset_reader
from core.errors import NotFoundError
from core.workspace import Workspace

CIFAR10_CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
FASHION_CLASSES = (
    *("T-shirt", "trouser", "pullover", "dress", "coat"),
    *("sandal", "shirt", "sneaker", "bag", "boot"),
)
GARMENTS = files("assets") / "garments.npz"


@dataclass(frozen=True)
class BuiltIn:
    """A data set that is offered by name; load may raise DownloadError."""

    label: str
    about: str
    load: Callable[[Workspace], Dataset]


def garments(workspace: Workspace | None = None) -> Dataset:
    """Return the bundled set: five garments that are hard to tell apart, 28 × 28 grey.

    Source: Fashion-MNIST, Xiao et al. 2017, arXiv:1708.07747 (MIT licence, Zalando SE).
    """
    with GARMENTS.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        train, validation, test = (
            Split(arrays[f"{name}_images"], arrays[f"{name}_labels"].astype(np.int64))
            for name in ("train", "validation", "test")
        )
        names = tuple(str(name) for name in arrays["class_names"])
    return Dataset("Garments", names, train, validation, test)


def cifar10(workspace: Workspace) -> Dataset:
    """Return CIFAR-10 (Krizhevsky 2009) from the internet: 32 × 32 colour, ten classes."""
    return download(workspace, "cifar10", "CIFAR-10", CIFAR10_CLASSES)


def fashion_mnist(workspace: Workspace) -> Dataset:
    """Return Fashion-MNIST (arXiv:1708.07747) from the internet: 28 × 28 grey, ten classes."""
    return download(workspace, "fashion_mnist", "Fashion-MNIST", FASHION_CLASSES)


BUILT_IN: dict[str, BuiltIn] = {
    "garments": BuiltIn(
        "Garments (bundled)",
        "Five garments that are hard to tell apart: T-shirt, pullover, dress, coat, shirt. "
        "6,000 training, 1,500 validation and 1,000 test images, 28 × 28 grey.",
        garments,
    ),
    "cifar10": BuiltIn(
        "CIFAR-10 (170 MB download)",
        "Ten classes of 32 × 32 colour photos; 45,000 training, 5,000 validation, 10,000 test.",
        cifar10,
    ),
    "fashion_mnist": BuiltIn(
        "Fashion-MNIST (30 MB download)",
        "Ten classes of 28 × 28 grey garments; 54,000 training, 6,000 validation, 10,000 test.",
        fashion_mnist,
    ),
}


def load_any(name_or_path_or_digest: str | Path, workspace: Workspace) -> Dataset:
    """Return a built-in set by name, a stored one by digest, or a file's content by its path.

    Raises NotFoundError, UploadError, DownloadError or StoreError, each with its remedy.
    """
    wanted = str(name_or_path_or_digest)
    if wanted in BUILT_IN:
        return BUILT_IN[wanted].load(workspace)
    path = Path(name_or_path_or_digest).expanduser()
    if path.is_file():
        return dataset_reader.read(path.name, path, scratch=workspace.scratch)
    if wanted and path.is_dir():
        raise NotFoundError(
            f"{wanted[:80]!r} is a folder. Pack it as .zip or .tar.gz, one folder of images a "
            "class, and give that file."
        )
    try:
        return store.load(workspace, wanted)
    except NotFoundError:
        raise NotFoundError(
            f"{wanted[:80]!r} is no built-in data set ({', '.join(BUILT_IN)}), no file and no "
            "stored digest. Check the spelling; the Data page lists what is stored."
        ) from None
