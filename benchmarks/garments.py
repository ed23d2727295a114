"""Make assets/garments.npz from the originals of Fashion-MNIST (Debian: dataset-fashion-mnist).

python -m benchmarks.garments [folder with the four .gz files]. The same bytes every time.
"""

import gzip
import io
import sys
import zipfile
from pathlib import Path

import numpy as np

TARGET = Path(__file__).parent.parent / "assets" / "garments.npz"
FOLDER = Path("/usr/share/datasets/fashion-mnist")
CLASSES = {0: "T-shirt", 2: "pullover", 3: "dress", 4: "coat", 6: "shirt"}
COUNTS = {"train": 6000, "validation": 1500, "test": 1000}


def originals(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Return (images, labels) of "train" or "t10k" in Zalando's IDX format."""
    images = gzip.decompress((folder / f"{part}-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((folder / f"{part}-labels-idx1-ubyte.gz").read_bytes())
    return (
        np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28, 1),
        np.frombuffer(labels, np.uint8, offset=8),
    )


def chosen(labels: np.ndarray, start: int, count: int) -> np.ndarray:
    """Return rows: the same number of each class, from the class's `start`-th image on."""
    each = count // len(CLASSES)
    by_class = [np.flatnonzero(labels == label)[start : start + each] for label in CLASSES]
    return np.sort(np.concatenate(by_class))


def splits(folder: Path) -> dict[str, np.ndarray]:
    """Return the arrays of the bundled set: train and validation from train, test from t10k."""
    sources = {
        "train": ("train", 0),
        "validation": ("train", COUNTS["train"] // len(CLASSES)),
        "test": ("t10k", 0),
    }
    renumber = np.full(10, 255, np.uint8)
    renumber[list(CLASSES)] = np.arange(len(CLASSES))
    arrays: dict[str, np.ndarray] = {"class_names": np.array(list(CLASSES.values()))}
    for split, (part, start) in sources.items():
        images, labels = originals(folder, part)
        rows = chosen(labels, start, COUNTS[split])
        arrays[f"{split}_images"] = images[rows]
        arrays[f"{split}_labels"] = renumber[labels[rows]]
    return arrays


def write(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write a compressed .npz whose bytes depend on the arrays alone, not on the clock."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.save(content, array, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            archive.writestr(entry, content.getvalue(), compress_type=zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    write(TARGET, splits(source))
