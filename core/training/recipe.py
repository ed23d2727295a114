"""A training recipe: everything that decides how weights are fitted, in one frozen record."""

from dataclasses import dataclass, replace
from typing import Any

from core.errors import SettingsError
from core.networks.precision import PRECISIONS
from core.settings import Settings, setting
from core.text import duration, plural
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

MOST_EPOCHS = 10_000
LONGEST_SECONDS = 7 * 24 * 3600.0
USUAL_DROPOUT = 0.5  # after the reference network's wide dense layer


def seconds_setting(what: str) -> Any:
    """Return the setting by which a training goes by the clock; what: is done for so long."""
    return setting(
        0.0,
        low=0.0,
        high=LONGEST_SECONDS,
        unit="seconds",
        help=f"{what} by the clock for this long, 0 to count epochs",
        why="Step size and ramp are spread over the epochs that there is time for, at what an "
        "epoch costs at that moment. How many that are depends on the machine.",
        advanced=True,
        omitted=True,
    )


@dataclass(frozen=True)
class Recipe(Settings):
    """How a network is trained; the defaults are the course's recipe.

    Raises SettingsError for a value outside its limits and for a combination that cannot be.
    """

    epochs: int = setting(50, low=1, high=MOST_EPOCHS, help="Passes over the training images")
    batch_size: int = setting(32, low=1, high=4096, help="Images in one step")
    optimizer: str = setting("adam", choices=("adam", "sgd"), help="Adam, or Nesterov momentum 0.9")
    learning_rate: float = setting(1e-4, low=0.0, high=10.0, help="Largest step size")
    schedule: str = setting(
        "decay",
        choices=("decay", "constant", "cosine", "one_cycle"),
        help="How the step size changes: rate / (1 + decay * steps), constant, cosine or one cycle",
        why="One cycle (up, then down to zero) reaches a good network in a tenth of the epochs.",
    )
    decay: float = setting(
        1e-6, low=0.0, high=1.0, help="Decay of the step size each step", advanced=True
    )
    warmup: float = setting(
        0.25, low=0.0, high=0.9, help="Share of a one-cycle run spent rising", advanced=True
    )
    flips: bool = setting(False, help="Mirror half of the images in every epoch")
    crop: int = setting(0, low=0, high=8, unit="pixels", help="Shift images at random by up to")
    cutout: int = cutout_setting()
    dropout_first: float = setting(
        0.25, low=0.0, high=0.95, help="Dropout after the first pooling", advanced=True
    )
    dropout_second: float = setting(
        0.25, low=0.0, high=0.95, help="Dropout after the second pooling", advanced=True
    )
    dropout_dense: float = setting(
        0.5, low=0.0, high=0.95, help="Dropout after the wide dense layer", advanced=True
    )
    l2: float = setting(
        1e-5, low=0.0, high=1.0, help="L2 penalty on the convolutions' kernels", advanced=True
    )
    weight_decay: float = setting(
        0.0, low=0.0, high=10.0, help="Decoupled shrinking of all kernels", advanced=True
    )
    label_smoothing: float = smoothing_setting()
    mixup: float = mixup_setting()
    batch_normalisation: bool = setting(
        False,
        stored_as="normalise",
        help="Train with temporary batch normalisation, folded into the weights at the end",
        why="It trains faster and higher; folding is exact, so the file has the plain network.",
        advanced=True,
    )
    averaging: float = setting(
        0.0, low=0.0, high=0.9999, help="Moving average of the weights, 0 for none", advanced=True
    )
    swa: float = swa_setting()
    swa_rate: float = swa_rate_setting()
    swa_schedule: str = swa_schedule_setting()
    distillation: float = setting(
        0.0, low=0.0, high=1.0, help="Weight of the teacher's answers, if there is a teacher"
    )
    temperature: float = setting(
        2.0, low=0.5, high=20.0, help="Softening of the teacher's answers", advanced=True
    )
    precision: str = setting(
        "float32",
        choices=PRECISIONS,
        help="Number format of convolutions in training; auto: bfloat16 where the processor has it",
        advanced=True,
    )
    patience: int = setting(
        0, low=0, high=1000, unit="epochs", help="Stop after this long without progress, 0 never"
    )
    choose: str = setting(
        "best", choices=("best", "last"), help="Keep the best epoch on validation, or the last"
    )

    seconds: float = seconds_setting("Train")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_cutout(self.cutout)
        check_averages(self.averaging, self.swa)
        if self.swa and self.patience:
            raise SettingsError(
                "swa averages the last epochs, before which patience may end the run. Set one to 0."
            )
        if self.batch_normalisation and self.batch_size < 2:
            raise SettingsError(
                "Batch normalisation needs two images in a batch. Choose a larger batch_size, or "
                "turn batch normalisation off."
            )

    @property
    def length(self) -> str:
        """How long it trains, in words."""
        return length_of(self.epochs, self.seconds)

    @property
    def dropout(self) -> tuple[float, float, float]:
        """Dropout rates in the order of the layers."""
        return self.dropout_first, self.dropout_second, self.dropout_dense

    @property
    def dropout_share(self) -> float:
        """What the dropout of any network is multiplied with: 1 leaves it as the network has it."""
        return self.dropout_dense / USUAL_DROPOUT

    def with_dropout(self, rates: tuple[float, float, float]) -> "Recipe":
        """Return the recipe with other dropout rates, e.g. scaled to a pruned density."""
        first, second, dense = (float(rate) for rate in rates)
        return replace(self, dropout_first=first, dropout_second=second, dropout_dense=dense)


def length_of(epochs: int, seconds: float) -> str:
    """Return how long a training lasts, in words: by the clock, or in epochs."""
    return duration(seconds) if seconds else plural(epochs, "epoch")


COURSE = Recipe()
# Six epochs cannot overfit 22,500 images: dropout and wide shifts only slow them down.
FAST = Recipe(
    epochs=6,
    batch_size=64,
    learning_rate=3e-3,
    schedule="one_cycle",
    weight_decay=0.01,
    flips=True,
    crop=1,
    dropout_first=0.0,
    dropout_second=0.0,
    dropout_dense=0.2,
    batch_normalisation=True,
    precision="auto",
)
THOROUGH = replace(FAST, epochs=36, crop=2).with_dropout((0.1, 0.1, 0.35))
QUICK = replace(FAST, epochs=5, batch_size=32, crop=0)
PRESETS = {"course": COURSE, "fast": FAST, "thorough": THOROUGH, "quick": QUICK}
