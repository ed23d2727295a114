"""What a training, and the taking in of uploaded weights, is told; and what a training leaves."""

from dataclasses import dataclass, field
from typing import ClassVar

from core.evaluation.results import NetworkResult
from core.records import Spec
from core.settings import setting
from core.training.recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class TrainSpec(Spec):
    """One dense network. start: a run whose network is trained on, instead of fresh weights.

    input_shape: (height, width, channels) that images are fitted to; None is the network's usual.
    """

    kind: ClassVar[str] = "train"
    resources: ClassVar[str] = "tensorflow"

    data: str = setting(help="Digest of the data set")
    recipe: Recipe = field(default_factory=Recipe)
    start: str | None = setting(None, omitted=True, help="A run whose network is trained on")
    input_shape: tuple[int, int, int] | None = setting(
        None, omitted=True, low=1, help="Height, width and channels of the network's input"
    )


@dataclass(frozen=True, kw_only=True)
class TrainResult(NetworkResult):
    """A trained network. best_epoch: the one whose weights were kept."""

    best_epoch: int = 0


@dataclass(frozen=True, kw_only=True)
class ImportSpec(Spec):
    """Uploaded weights, kept by the digest of their values, measured on a data set."""

    kind: ClassVar[str] = "import"
    resources: ClassVar[str] = "tensorflow"

    data: str = setting(help="Digest of the data set")
    weights: str = setting(help="Digest of the weights")
    name: str = setting("", help="Name of the file that was uploaded")
