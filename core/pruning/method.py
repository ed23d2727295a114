"""What a pruning method is: it says what to remove; allocation says where, the schedule when."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from core.errors import SettingsError
from core.networks.network import NetworkShape, Weights
from core.progress import Progress
from core.pruning.activations import RowReader, read_rows
from core.settings import Value

if TYPE_CHECKING:
    from core.networks.groups.unit_groups import UnitGroups
    from core.networks.prepare import Prepared
    from core.pruning.groups.context import GraphContext, UnitBudget, UnitSelection

Scores = dict[str, np.ndarray]
# Allocations that are no function: chosen by the kind of method, and left to the method.
AUTO, OWN = "auto", "own"


@dataclass(frozen=True)
class PruningContext:
    """What a method may look at: the dense network, the data, its seed, and where it reports.

    A method reads train images (and validation for choices), never the holdout. read_rows: how it
    looks at what layers read; who asks often about few images passes a reader that remembers.
    dense: the network before any cut, where `weights` have changed since; None where they have not.
    """

    weights: Weights
    shape: NetworkShape
    data: "Prepared"
    seed: int
    progress: Progress
    read_rows: RowReader = read_rows
    dense: Weights | None = None

    def gradients(self, images: int, batch: int) -> Iterator[tuple[Weights, int]]:
        """Yield the gradient of one batch's mean loss after another, and its images."""
        from core.pruning.gradients import batch_gradients

        yield from batch_gradients(self.weights, self.data.train, images, batch, self.seed)


class WeightsContext(Protocol):
    """What a method that scores single weights may look at, in any network."""

    @property
    def weights(self) -> Weights:
        """The weights to be scored."""
        ...

    @property
    def dense(self) -> Weights | None:
        """The weights before any cut, None where they have not changed since."""
        ...

    @property
    def seed(self) -> int:
        """Every stream derives from it by name."""
        ...

    def gradients(self, images: int, batch: int) -> Iterator[tuple[Weights, int]]:
        """Yield the gradient of one batch's mean loss after another, and its images."""
        ...


@dataclass(frozen=True)
class Budget:
    """What a selecting method has to reach, and with how much training.

    sparsity: target of the whole file. kept: channels to keep per layer, from the allocation
    (None: the method divides by itself). epochs: all epochs, sparse training included.
    """

    sparsity: float
    kept: Mapping[str, int] | None
    epochs: int


@dataclass(frozen=True)
class Selection:
    """What a selecting method answers.

    kept: layer -> sorted channel indices. weights: full layout, perhaps reconstructed or folded,
    removed entries zero. epochs_used: training epochs this took out of the budget.
    """

    kept: dict[str, np.ndarray]
    weights: Weights
    epochs_used: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Method:
    """One row of the METHODS table: all that the rest needs to know of a method.

    It has either `scores` or `select`. scores(context, settings): unstructured: parameter name ->
    array shaped like the parameter; structured: layer name -> (channels,) array; higher is kept.
    select(context, settings, budget): for methods that reconstruct weights or train.
    unit_scores, unit_select: the same of a structured method for the unit groups of any network;
    units_lost: which groups it cuts there, None for all that are free.
    needs_data: reads images. trains: spends epochs. refits: changes weights that stay.
    formula: the one that says most, in LaTeX with the paper's symbols, which `settings` explains.
    default_allocation: what `auto` means, "" for the usual of its kind. paper_recipe: plan fields
    by which the paper's recipe differs from `paper_recipe.COMMON`. new_settings: its own settings
    that a new plan begins with; stored plans without a setting have its class's default. palette,
    marker: place in `figures.colors`, derived from the name if None. assigned: one of the
    assignment's six.
    control: prunes blindly, for others to beat.
    Raises SettingsError for a row with both of scores and select, or neither.
    """

    name: str
    label: str
    paper: str
    structured: bool
    settings: type
    doc: str
    scores: Callable[[Any, Any], Scores] | None = None
    select: Callable[[PruningContext, Any, Budget], Selection] | None = None
    unit_scores: "Callable[[GraphContext, Any], Scores] | None" = None
    unit_select: "Callable[[GraphContext, Any, UnitBudget], UnitSelection] | None" = None
    units_lost: "Callable[[UnitGroups], tuple[str, ...]] | None" = None
    needs_data: bool = False
    trains: bool = False
    refits: bool = False
    formula: str = ""
    default_allocation: str = ""
    paper_recipe: Mapping[str, Value] = field(default_factory=dict)
    new_settings: Mapping[str, Value] = field(default_factory=dict)
    palette: int | None = None
    marker: int | None = None
    assigned: bool = False
    control: bool = False

    def __post_init__(self) -> None:
        if (self.scores is None) == (self.select is None):
            raise SettingsError(f"Method {self.name} needs exactly one of scores and select.")
