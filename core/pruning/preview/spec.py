"""What the explorer, one-shot curves and the layers' sensitivity are told, and what they answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from core.errors import SettingsError
from core.evaluation.forgotten import Forgotten
from core.pruning.methods import METHODS
from core.pruning.plan import PrunePlan
from core.records import JsonObject, Record, Spec
from core.settings import setting


@dataclass(frozen=True, kw_only=True)
class CutSpec(Spec):
    """What all of them are told: a network and a method."""

    data: str = setting(help="Digest of the data set")
    dense: str = setting(help="Run whose network is cut")
    method: str = setting("magnitude", choices=tuple(METHODS), help="What to remove")


@dataclass(frozen=True, kw_only=True)
class PreviewSpec(CutSpec):
    """One position of the explorer's sliders. per_layer: layer -> share to remove of it."""

    kind: ClassVar[str] = "preview"
    resources: ClassVar[str] = "interactive"

    sparsity: float = setting(0.5, low=0.0, high=0.9999, help="Zeros over all parameters")
    per_layer: Mapping[str, float] | None = None
    reconstruction: bool = setting(
        False, stored_as="recovery", help="Least-squares reconstruction after the cut"
    )
    with_images: bool = setting(
        False, omitted=True, help="Also answer with images that the cut network sees otherwise"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_shares(self.per_layer)

    @property
    def plan(self) -> PrunePlan:
        """The cut, without any training."""
        return PrunePlan(method=self.method, sparsity=self.sparsity, epochs=0)


def check_shares(shares: Mapping[str, float] | None) -> None:
    """Check shares to remove, of layers or of groups of units.

    Raises SettingsError for one outside [0, 1).
    """
    for name, share in (shares or {}).items():
        if not 0 <= share < 1:
            raise SettingsError(
                f"The share to remove of {name} is {share}; choose a number from 0 up to, not "
                "including, 1: 0.9 for 90%."
            )


@dataclass(frozen=True)
class LayerView(Record):
    """One layer after the cut; living: units that still receive something and are read."""

    name: str
    parameters: int
    zeros: int
    units: int
    living: int

    @property
    def sparsity(self) -> float:
        """Zeros over all parameters of the layer."""
        return self.zeros / self.parameters

    def to_json(self) -> dict[str, Any]:
        """Return the view for JSON, with the layer's sparsity."""
        return {**super().to_json(), "sparsity": self.sparsity}


def _second_form(old: JsonObject) -> JsonObject:
    """Return the JSON of version 0.1 under the names of today."""
    return {**old, "reconstructed": old.get("reconstructed", old.get("recovered"))}


@dataclass(frozen=True, kw_only=True)
class PreviewResult(Record):
    """One answer of the explorer; see `core.pruning.preview.explorer.Preview`.

    weights: name of the file with the network as the cut left it. cuts: what of a network other
    than the reference may be given a share of its own: layers, or unit groups. forgotten: what
    became of the images, if that was asked.
    """

    earlier: ClassVar = {1: _second_form}

    sparsity: float
    accuracy: float
    dense_accuracy: float
    score: float
    images: int
    seconds: float
    reconstructed: bool
    plan: PrunePlan
    layers: tuple[LayerView, ...]
    notes: tuple[str, ...] = ()
    weights: str = ""
    cuts: tuple[str, ...] = ()
    forgotten: Forgotten | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the answer for JSON, without what there is none of."""
        found = super().to_json()
        empty = {name for name in ("cuts", "forgotten") if not found[name]}
        return {name: value for name, value in found.items() if name not in empty}


@dataclass(frozen=True, kw_only=True)
class CurveSpec(CutSpec):
    """A method's one-shot curve."""

    kind: ClassVar[str] = "curve"
    resources: ClassVar[str] = "tensorflow"

    reconstruction: bool = setting(
        False, stored_as="recovery", help="Least-squares reconstruction after the cut"
    )


@dataclass(frozen=True)
class CurvePoint(Record):
    """One cut of a one-shot curve."""

    sparsity: float
    accuracy: float
    score: float


@dataclass(frozen=True)
class CurveResult(Record):
    """A method's one-shot curve, and how many images it was measured on."""

    method: str
    points: tuple[CurvePoint, ...]
    images: int


@dataclass(frozen=True, kw_only=True)
class ForgettingSpec(CutSpec):
    """At which level of a method's one-shot curve each image is forgotten."""

    kind: ClassVar[str] = "forgetting"
    resources: ClassVar[str] = "tensorflow-one-core"  # beside the explorer, which stays free

    reconstruction: bool = setting(
        False, omitted=True, help="Least-squares reconstruction after the cut"
    )


@dataclass(frozen=True)
class ForgettingResult(Record):
    """Which levels were cut. arrays: name of the file that has what was said of every image."""

    method: str
    levels: tuple[float, ...]
    images: int
    class_names: tuple[str, ...]
    arrays: str


@dataclass(frozen=True, kw_only=True)
class SensitivitySpec(CutSpec):
    """What each layer alone can lose."""

    kind: ClassVar[str] = "sensitivity"
    resources: ClassVar[str] = "tensorflow"


@dataclass(frozen=True)
class SensitivityResult(Record):
    """Accuracy with one layer pruned: a row a layer, a column a level; and of the dense network."""

    layers: tuple[str, ...]
    levels: tuple[float, ...]
    accuracies: tuple[tuple[float, ...], ...]
    dense: float
    method: str
