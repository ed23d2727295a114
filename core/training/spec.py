"""What a training, and the taking in of uploaded weights, is told; and what a training leaves."""

from dataclasses import dataclass, field
from typing import ClassVar

from core.evaluation.results import NetworkResult
from core.networks.pixels import PIXELS
from core.records import Spec
from core.settings import setting
from core.training.recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class TrainSpec(Spec):
    """One dense network. start: a run whose network is trained on, instead of fresh weights.

    input_shape: (height, width, channels) that images are fitted to; None is the network's usual.
    network: digest of another network than the reference, as `core.networks.network_store` keeps
    it; one with weights is trained on from them. name: what people call it. pixels: what it reads.
    last_layer: whether it gets a new last layer for the classes of the data.
    """

    kind: ClassVar[str] = "train"
    resources: ClassVar[str] = "tensorflow"

    data: str = setting(help="Digest of the data set")
    recipe: Recipe = field(default_factory=Recipe)
    start: str | None = setting(None, omitted=True, help="A run whose network is trained on")
    input_shape: tuple[int, int, int] | None = setting(
        None, omitted=True, low=1, help="Height, width and channels of the network's input"
    )
    network: str | None = setting(
        None, omitted=True, help="Digest of another network, or applications:NAME"
    )
    name: str = setting("", omitted=True, help="What that network is called")
    pixels: str = setting(
        "0..1", omitted=True, choices=tuple(PIXELS), help="Values in which it reads images"
    )
    last_layer: str = setting(
        "keep",
        omitted=True,
        choices=("keep", "new"),
        help="Keep its last layer, or train a new one",
    )


@dataclass(frozen=True, kw_only=True)
class TrainResult(NetworkResult):
    """A trained network. best_epoch: the one whose weights were kept."""

    best_epoch: int = 0


@dataclass(frozen=True, kw_only=True)
class ImportSpec(Spec):
    """Uploaded weights, kept by the digest of their values, measured on a data set.

    network: digest of a whole network that was uploaded instead. pixels: what it reads.
    """

    kind: ClassVar[str] = "import"
    resources: ClassVar[str] = "tensorflow"

    data: str = setting(help="Digest of the data set")
    weights: str = setting("", help="Digest of the weights")
    name: str = setting("", help="Name of the file that was uploaded")
    network: str | None = setting(None, omitted=True, help="Digest of a whole network")
    pixels: str = setting(
        "0..1", omitted=True, choices=tuple(PIXELS), help="Values in which it reads images"
    )
