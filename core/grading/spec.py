"""What a grading is told, and what it leaves behind."""

from dataclasses import dataclass
from typing import ClassVar

from core.grading.grade import Grade
from core.networks.pixels import PIXELS
from core.records import Record, Spec
from core.settings import setting


@dataclass(frozen=True, kw_only=True)
class GradeSpec(Spec):
    """Uploaded weights, graded on a stored data set or on a hidden test set.

    files, hidden: digests of the uploads. network: digest of the architecture that is handed in,
    None for the reference network; pixels: the values that it reads.
    """

    kind: ClassVar[str] = "grade"
    resources: ClassVar[str] = "tensorflow"

    data: str = setting(help="Digest of the data set")
    files: str = setting(help="Digest of the uploaded weights")
    threshold: float = setting(0.6, low=0.0, high=1.0, help="Accuracy to exceed")
    hidden: str | None = setting(None, omitted=True, help="Digest of a hidden test set")
    network: str | None = setting(None, omitted=True, help="Digest of another network")
    pixels: str = setting(
        "0..1", choices=tuple(PIXELS), omitted=True, help="Values in which it reads images"
    )


@dataclass(frozen=True)
class GradeResult(Record):
    """Every file's grade, best first, and how many images they were graded on."""

    grades: tuple[Grade, ...]
    images: int
