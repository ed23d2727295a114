"""Everything that decides how one network is pruned, in one frozen record."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from core.errors import SettingsError
from core.pruning.allocation.channels import CHANNEL_ALLOCATIONS
from core.pruning.allocation.scores import ALLOCATIONS
from core.pruning.method import AUTO, OWN, Method
from core.pruning.methods import METHODS
from core.settings import Settings, Value, digest, from_dict, setting, to_dict
from core.training.options import (
    check_averages,
    check_cutout,
    cutout_setting,
    mixup_setting,
    smoothing_setting,
    swa_rate_setting,
    swa_schedule_setting,
    swa_setting,
)
from core.training.recipe import MOST_EPOCHS, Recipe, length_of, seconds_setting

# Whose recipe a plan is, under the names that stored plans have.
DEFAULT, PAPER = "polished", "pure"
# Schedules that change the mask while the network trains.
WHILE_TRAINING = ("gradual", "alternating")
# Settings that are made for the reference network and have no effect on others.
REFERENCE_ONLY = ("connected", "dense_unit_pruning", "gradient_regrowth", "reconstruction")


@dataclass(frozen=True)
class PrunePlan(Settings):
    """What to remove (method), how much where (allocation), when (schedule), and the retraining.

    The defaults are the common recipe; `paper_recipe` has each paper's. settings: of the method.
    Raises SettingsError for a value outside its limits and for a combination that cannot be.
    """

    method: str = setting("magnitude", choices=tuple(METHODS), help="What to remove")
    sparsity: float = setting(
        0.9, low=0.0, high=0.9999, help="Zeros over all parameters of the file, biases included"
    )
    allocation: str = setting(
        AUTO,
        choices=(AUTO, *dict.fromkeys((*ALLOCATIONS, *CHANNEL_ALLOCATIONS)), OWN),
        help="How much where: auto is LAMP for weights, balanced for channels",
        why="Most parameters sit in the wide dense layer, most accuracy in the convolutions, "
        "so where weights go matters more than which.",
    )
    schedule: str = setting(
        AUTO,
        choices=(AUTO, "gradual", "iterative", "one_shot", "alternating"),
        help="When: gradually while training, in rounds, at once, or by turns with dense phases",
        why="By turns (AC/DC, Peste et al. 2021, arXiv:2106.12379) weights that were removed train "
        "again and may win their place back; the last phase is sparse.",
    )
    rounds: int = setting(
        3, low=1, high=100, help="Rounds of an iterative or alternating schedule", advanced=True
    )
    ramp: float = setting(
        0.5,
        low=0.0,
        high=0.95,
        help="Share of the epochs in which a gradual schedule prunes, or an alternating one "
        "alternates",
    )
    epochs: int = setting(
        12, low=0, high=MOST_EPOCHS, help="All training epochs after the dense ones"
    )
    retraining: str = setting(
        "one_cycle",
        choices=("one_cycle", "rewind", "fine_tune"),
        help="Step size: up and down, replayed from the top, or constant at a tenth",
    )
    learning_rate: float = setting(2e-3, low=0.0, high=1.0, help="Largest step size (Adam)")
    batch_size: int = setting(64, low=1, high=4096, help="Images in one step", advanced=True)
    augment: bool = setting(True, help="Mirror and shift the training images")
    distillation: float = setting(
        0.5, low=0.0, high=1.0, help="Weight of the dense network's answers in the loss"
    )
    temperature: float = setting(
        2.0,
        low=0.5,
        high=20.0,
        help="Softening of the answers that distillation learns from",
        advanced=True,
        omitted=True,
    )
    cutout: int = cutout_setting(advanced=True, omitted=True)
    mixup: float = mixup_setting()
    label_smoothing: float = smoothing_setting(omitted=True)
    scale_dropout: bool = setting(
        True, help="Shrink dropout with the density of the layer (Han et al. 2015)"
    )
    dropout: float = setting(
        0.3,
        low=0.0,
        high=0.9,
        help="Dropout after the dense layer before that scaling; half of it after the poolings",
        advanced=True,
    )
    weight_decay: float = setting(
        0.0,
        low=0.0,
        high=10.0,
        help="Decoupled shrinking of the kernels that are left",
        advanced=True,
    )
    averaging: float = setting(
        0.0, low=0.0, high=0.9999, help="Moving average of the weights, 0 for none", advanced=True
    )
    swa: float = swa_setting()
    swa_rate: float = swa_rate_setting()
    swa_schedule: str = swa_schedule_setting()
    batch_normalisation: bool = setting(
        True,
        stored_as="normalise",
        help="Retrain with temporary batch normalisation, folded away at the end",
        why="It starts as the same network, trains faster and higher, and leaves no trace in the "
        "file. The biases of living units are then always kept.",
        advanced=True,
    )
    connected: bool = setting(
        True, help="Give up weights of dead units and keep useful ones instead", advanced=True
    )
    dense_unit_pruning: bool = setting(
        True,
        stored_as="narrow",
        help="Take whole units of the wide dense layer, the more the sparser the network",
        why="At 99% most of what is left would be its units' biases and single connections. "
        "For methods that cut single weights and retrain.",
        advanced=True,
    )
    gradient_regrowth: float = setting(
        0.0,
        stored_as="regrowth",
        low=0.0,
        high=0.9,
        help="Share of the kept weights replaced by gradient while the ramp goes, 0 for none",
        why="Gradual pruning with regrowth, after GraNet (Liu et al. 2021, arXiv:2106.10404); RigL "
        "itself keeps its sparsity constant.",
        advanced=True,
    )
    reconstruction: bool = setting(
        False,
        stored_as="recovery",
        help="Least-squares reconstruction after the cut, before training",
        advanced=True,
    )
    seconds: float = seconds_setting("Retrain")
    label: str = setting(
        DEFAULT, choices=(DEFAULT, PAPER), help="The recipe all methods share, or the paper's"
    )
    settings: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        from_dict(self.rule.settings, self.settings)
        check_cutout(self.cutout)
        check_averages(self.averaging, self.swa)
        if self.resolved_allocation not in self._allocations:
            raise SettingsError(
                f"{self.rule.label} cannot use the allocation {self.allocation!r}. "
                f"Choose one of: auto, {', '.join(self._allocations)}."
            )
        if self.has_batchnorm and self.batch_size < 2:
            raise SettingsError(
                "Batch normalisation compares the images of a batch; one image a step teaches "
                "nothing. Choose a batch size from 2, or leave batch normalisation out."
            )
        if self.rule.structured and self.schedule in WHILE_TRAINING:
            raise SettingsError(
                f"{self.rule.label} removes whole channels, which is not {self.schedule}. "
                "Choose one_shot or iterative."
            )

    @property
    def rule(self) -> Method:
        """The method's row of the table."""
        return METHODS[self.method]

    @property
    def method_settings(self) -> Any:
        """The method's own settings, checked."""
        return from_dict(self.rule.settings, self.settings)

    @property
    def _allocations(self) -> tuple[str, ...]:
        if not self.rule.structured:
            return tuple(ALLOCATIONS)
        return (*CHANNEL_ALLOCATIONS, OWN) if self.rule.select else tuple(CHANNEL_ALLOCATIONS)

    @property
    def resolved_allocation(self) -> str:
        """The allocation with `auto` made concrete."""
        if self.allocation != AUTO:
            return self.allocation
        return self.rule.default_allocation or ("balanced" if self.rule.structured else "lamp")

    @property
    def resolved_schedule(self) -> str:
        """The schedule with `auto` made concrete; without training everything goes at once."""
        if self.epochs == 0:
            return "one_shot"
        if self.schedule != AUTO:
            return self.schedule
        return "one_shot" if self.rule.structured else "gradual"

    @property
    def prunes_while_training(self) -> bool:
        """Whether the mask changes in the course of one training."""
        return self.resolved_schedule in WHILE_TRAINING

    @property
    def has_batchnorm(self) -> bool:
        """Whether there is a training in which batch normalisation plays a part."""
        return self.batch_normalisation and self.epochs > 0

    @property
    def prunes_dense_units(self) -> bool:
        """Whether cutting single weights also takes whole units of the wide dense layer."""
        return self.dense_unit_pruning and self.epochs > 0 and not self.rule.structured

    @property
    def is_papers(self) -> bool:
        """Whether it is the recipe of the method's own paper."""
        return self.label == PAPER

    @property
    def length(self) -> str:
        """How long it retrains, in words."""
        return length_of(self.epochs, self.seconds)

    @property
    def digest(self) -> str:
        """The identity of the plan."""
        return digest(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready description."""
        return {**to_dict(self), "settings": dict(self.settings)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "PrunePlan":
        """Return the plan that `to_dict` described; names left out take their defaults."""
        flat = {name: value for name, value in values.items() if name != "settings"}
        return replace(from_dict(cls, flat), settings=dict(values.get("settings", {})))


def recipe_of(plan: PrunePlan, epochs: int, densities: Mapping[str, float]) -> Recipe:
    """Return how `epochs` epochs after a cut are trained.

    densities: layer -> kept / all of its entries, which dropout shrinks with: D = D0 sqrt(density).
    """
    bases = {"conv2": plan.dropout / 2, "conv4": plan.dropout / 2, "dense1": plan.dropout}
    scale = {name: densities[name] ** 0.5 if plan.scale_dropout else 1.0 for name in bases}
    schedules = {"one_cycle": "one_cycle", "rewind": "cosine", "fine_tune": "constant"}
    slow = 0.1 if plan.retraining == "fine_tune" else 1.0
    first, second, dense = (bases[name] * scale[name] for name in bases)
    return Recipe(
        epochs=epochs,
        batch_size=plan.batch_size,
        learning_rate=plan.learning_rate * slow,
        schedule=schedules[plan.retraining],
        flips=plan.augment,
        crop=2 if plan.augment else 0,
        dropout_first=first,
        dropout_second=second,
        dropout_dense=dense,
        cutout=plan.cutout,
        mixup=plan.mixup,
        label_smoothing=plan.label_smoothing,
        distillation=plan.distillation,
        temperature=plan.temperature,
        averaging=plan.averaging,
        swa=plan.swa,
        swa_rate=plan.swa_rate,
        swa_schedule=plan.swa_schedule,
        weight_decay=plan.weight_decay,
        precision="auto",
        seconds=plan.seconds * epochs / plan.epochs if plan.epochs else 0.0,
    )
