"""autograder.zip: setup.sh, run_autograder, the grader and the hidden images, for Gradescope.

Source: gradescope-autograders.readthedocs.io, "Autograder Specifications".
"""

import io
import json
import zipfile
from importlib.metadata import version
from importlib.resources import files as resources

import numpy as np

from core.data.dataset import Split
from core.errors import SettingsError
from core.evaluation.score import THRESHOLD
from core.grading.autograder.grader import IMAGES, SETTINGS
from core.grading.autograder.modules import needed
from core.grading.gradescope import POINTS, ZIP_DATE, checked_points
from core.networks.network import NetworkShape

ENTRY = "core.grading.autograder.grader"
PACKAGES = ("numpy", "h5py")
LARGEST_BYTES = 100_000_000  # what Gradescope takes in one upload


def autograder_zip(
    images: Split, shape: NetworkShape, threshold: float = THRESHOLD, points: float = POINTS
) -> bytes:
    """Return the zip to upload under "Configure Autograder"; the same inputs, the same bytes.

    images: as the network reads them, float32 in [0, 1]. points: what a score of 1.0 is worth.
    Raises SettingsError for points that cannot be given, a threshold that is no share, and for
    more images than Gradescope takes.
    """
    if not 0 <= threshold <= 1:
        raise SettingsError(f"The threshold is {threshold:g}. Give a share as 0.6.")
    settings = {
        "shape": shape.to_dict(),
        "threshold": threshold,
        "points": checked_points(points),
    }
    files = {
        "setup.sh": _script("setup.sh"),
        "run_autograder": _script("run_autograder.sh"),
        "requirements.txt": "".join(f"{n}=={version(n)}\n" for n in PACKAGES).encode(),
        SETTINGS: json.dumps(settings, indent=2).encode(),
        IMAGES: _npz(images),
        **needed(ENTRY),
    }
    content = _zipped(files)
    if len(content) > LARGEST_BYTES:
        raise SettingsError(
            f"The autograder would have {len(content) / 1e6:,.0f} MB, more than the "
            f"{LARGEST_BYTES / 1e6:.0f} MB that Gradescope takes. Give fewer images."
        )
    return content


def _script(name: str) -> bytes:
    return resources("core.grading.autograder").joinpath(name).read_bytes()


def _npz(images: Split) -> bytes:
    """Return the images as NumPy's zip: as bytes where nothing is lost by it."""
    target = io.BytesIO()
    np.savez(target, images=_smallest(images.images), labels=np.asarray(images.labels, np.int64))
    return target.getvalue()


def _smallest(images: np.ndarray) -> np.ndarray:
    """Return images in [0, 1] as uint8 if they come back from there bit by bit."""
    as_bytes = np.rint(images * 255).astype(np.uint8)
    back = Split(as_bytes, np.empty(0)).as_float()
    return as_bytes if np.array_equal(back, images) else np.asarray(images, np.float32)


def _zipped(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            is_program = name in ("setup.sh", "run_autograder")
            entry.external_attr = (0o755 if is_program else 0o644) << 16
            archive.writestr(entry, content)
    return target.getvalue()
