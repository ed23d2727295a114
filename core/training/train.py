"""Train a network: epochs of compiled steps, validation, best weights, checkpoints.

A run that was stopped and resumed gives bit for bit what an undisturbed one gives (on the same
machine with the same number of threads), unless its recipe goes by the clock.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from core.errors import TrainingError
from core.evaluation.accuracy import accuracy, loss, predict
from core.networks.graph import Network
from core.networks.network import NetworkShape, Weights, check_weights
from core.networks.prepare import Splits
from core.progress import Progress
from core.randomness import derived_seed
from core.training.architecture import PLAIN, Architecture
from core.training.averages import RunningMean, first_averaged
from core.training.batches import Batches
from core.training.history import KEYS, TrainingHistory
from core.training.mask_schedule import Masks, MaskSchedule
from core.training.pace import Pace
from core.training.recipe import Recipe
from core.training.schedule import learning_rates
from core.training.statistics import enough, kept_nonzero
from core.training.step import Step
from core.training.teachers.teacher import Answers
from core.training.temporary_batchnorm import BATCHNORM

REPORT_EVERY = 10


@dataclass(frozen=True)
class Trained:
    """The chosen weights and how they came about.

    variables: every variable of the architecture at the chosen epoch, before `export`.
    best_epoch: the chosen epoch, counted from 1.
    """

    weights: Weights
    history: TrainingHistory
    best_epoch: int
    variables: dict[str, np.ndarray]
    mask: dict[str, np.ndarray]


def train(
    weights: Weights,
    shape: NetworkShape | Network,
    data: Splits,
    recipe: Recipe,
    seed: int,
    progress: Progress,
    *,
    mask: Masks | None = None,
    mask_schedule: MaskSchedule | None = None,
    teacher: Weights | Answers | None = None,
    architecture: Architecture | None = None,
    after_epoch: Callable[[int, Weights], None] | None = None,
) -> Trained:
    """Train from `weights` and return the chosen epoch's weights; masked entries are exactly 0.0.

    mask: parameter name -> 0/1 array, applied after every step; parameters left out stay free.
    architecture: what to train instead of the network itself; BATCHNORM if the recipe says so.
    teacher: a network (same images and classes) whose answers recipe.distillation mixes in.
    A network that is not the reference brings its own architecture.
    after_epoch: called with the epochs done and the weights of now, to look at; it changes nothing.
    Raises Stopped if the progress says so; the checkpoint of the last epoch remains.
    Raises TrainingError when the loss is not a number any more.
    """
    check_weights(weights, shape)
    chosen = architecture or (BATCHNORM if recipe.batch_normalisation else PLAIN)
    run = _Run(shape, data, recipe, seed, progress, mask_schedule, teacher, chosen)
    run.begin(weights, mask)
    while not run.finished:
        weights = run.epoch()
        if after_epoch is not None:
            after_epoch(run.epochs_done, weights)
    return run.result()


class _Run:
    """The state of one training run between epochs."""

    def __init__(
        self,
        shape: NetworkShape | Network,
        data: Splits,
        recipe: Recipe,
        seed: int,
        progress: Progress,
        schedule: MaskSchedule | None,
        teacher: Weights | Answers | None,
        architecture: Architecture,
    ) -> None:
        self._shape, self._data, self._recipe, self._seed = shape, data, recipe, seed
        self._progress, self._schedule, self._architecture = progress, schedule, architecture
        self._batches = Batches(data.train, recipe, seed, len(data.class_names))
        self._pace = Pace(recipe.epochs, self._batches.per_epoch, recipe.seconds)
        self._rates = learning_rates(recipe, self._pace.steps)
        self._masked_at = -1
        self._step = Step(architecture, shape, recipe, teacher)
        self._history = TrainingHistory.empty()
        self._best: dict[str, np.ndarray] = {}
        self._best_epoch = 0
        self._mean = RunningMean()

    def begin(self, weights: Weights, mask: Masks | None) -> None:
        """Start from the last checkpoint, or from these weights."""
        saved = self._progress.load()
        if saved is None:
            self._step.start(self._architecture.load(weights))
            if mask is not None:
                self._step.set_mask(mask)
            return
        self._step.restore(_part(saved, "step/"))
        self._best = _part(saved, "best/")
        self._history = TrainingHistory(saved["history"])
        self._best_epoch = int(saved["best_epoch"])
        self._mean = RunningMean.of_state(_part(saved, "swa/"))
        self._pace.restore(saved, len(self._history))
        if self._schedule:
            reached = self._pace.planned_step(self._batches.per_epoch - 1)
            self._masked_at = self._schedule.due(reached)

    @property
    def finished(self) -> bool:
        """Whether the plan is done or patience has run out."""
        patience = self._recipe.patience
        return self._pace.finished or (bool(patience) and self._waited >= patience)

    @property
    def _waited(self) -> int:
        """Epochs since the validation accuracy was higher than ever, whichever is kept."""
        before = min(self._first_choice - 1, len(self._history))
        scores = self._history.column("validation_accuracy")[before:]
        return len(scores) - (int(np.argmax(scores)) + 1 if len(scores) else 0)

    @property
    def _first_choice(self) -> int:
        """The first epoch (from 1) that may be chosen: the mask must be final."""
        return sum(end <= self._last_change for end in self._pace.ends) + 1

    @property
    def _last_change(self) -> int:
        """The planned step of the mask's last change.

        By the clock a run may have fewer steps than would meet it; it comes with the last one then.
        """
        return self._schedule.last_step if self._schedule else 0

    @property
    def epochs_done(self) -> int:
        """How many epochs have ended."""
        return len(self._history)

    def epoch(self) -> Weights:
        """Run one epoch, validate, choose, record and save; return the weights of now."""
        done = len(self._history)
        self._pace.begin_epoch()
        names = self._step.dropout_names
        self._step.seed_dropout([derived_seed(self._seed, "dropout", n, done) for n in names])
        train_loss, train_accuracy = self._steps(done)
        self._check(train_loss)
        values = self._settled(done, self._averaged(done, self._step.values()))
        weights = self._architecture.export(values)
        probabilities = predict(weights, self._shape, self._data.validation.images)
        labels = self._data.validation.labels
        self._history = self._history.with_epoch(
            loss=train_loss,
            accuracy=train_accuracy,
            validation_loss=loss(probabilities, labels),
            validation_accuracy=accuracy(probabilities, labels),
        )
        self._choose(values)
        row = dict(zip(KEYS, self._history.values[-1].tolist(), strict=True))
        self._progress.record(len(self._history), **row)
        self._pace.end_epoch()
        self._save()
        self._report(int(self._pace.ends[-1]), done)
        return weights

    def _averaged(self, epoch: int, values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the values at the end of an epoch; at the run's end their mean, if swa is on.

        Only weights on the last mask are averaged.
        """
        begins = first_averaged(self._recipe) * self._batches.per_epoch
        if not self._recipe.swa or self._pace.ends[-1] <= begins or epoch + 1 < self._first_choice:
            return values
        self._mean = self._mean.plus(values)
        if not self._pace.finished:
            return values
        images = (images for images, _ in self._batches.epoch(epoch))
        return self._with_statistics(self._mean.mean(), images)

    def _settled(self, epoch: int, values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the values with the statistics of their own weights, if the architecture asks.

        Moving statistics lag behind weights that shrink in every layer, and each layer multiplies
        the lag of those before: a short training ends at chance with weights that are good. The
        pass takes about half as long as training on the same images: with ENOUGH of 6,000 images
        it was 15 to 20% of an epoch, with all of a smaller set it is about half of one.
        """
        if not self._architecture.settles:
            return values
        found = self._with_statistics(values, enough(self._batches.epoch(epoch)))
        return kept_nonzero(found, values)

    def _with_statistics(
        self, values: dict[str, np.ndarray], images: Iterable[np.ndarray]
    ) -> dict[str, np.ndarray]:
        names = self._step.dropout_names
        self._step.seed_dropout([derived_seed(self._seed, "dropout", n, "mean") for n in names])
        return self._step.with_statistics(values, images)

    def _check(self, train_loss: float) -> None:
        if not math.isfinite(train_loss):
            raise TrainingError(
                f"The loss is not a number since epoch {len(self._history) + 1}: steps of "
                f"{self._recipe.learning_rate:g} are too large for this network. "
                "Choose a smaller learning rate."
            )

    def result(self) -> Trained:
        """Return the chosen epoch."""
        weights = self._architecture.export(self._best)
        mask = {name: variable.numpy() for name, variable in self._step.masks.items()}
        return Trained(weights, self._history, self._best_epoch, self._best, mask)

    def _steps(self, epoch: int) -> tuple[float, float]:
        count = self._batches.per_epoch
        losses, correct = 0.0, 0
        for index, (images, labels) in enumerate(self._batches.epoch(epoch)):
            step, planned = epoch * count + index, self._pace.begin_step(index)
            is_last = self._pace.finished and index == count - 1
            self._change_mask(max(planned, self._last_change) if is_last else planned)
            batch_loss, batch_correct = self._step(images, labels, self._rates[planned], step)
            losses += batch_loss * len(labels)
            correct += batch_correct
            if step % REPORT_EVERY == 0:
                self._report(planned, epoch)
        images_seen = len(self._data.train)
        return losses / images_seen, correct / images_seen

    def _report(self, steps: int, epoch: int) -> None:
        about = "about " if self._recipe.seconds else ""
        message = f"Epoch {epoch + 1} of {about}{max(self._pace.expected, epoch + 1)}"
        self._progress.report(steps, len(self._rates), message)

    def _change_mask(self, step: int) -> None:
        if self._schedule is None or (due := self._schedule.due(step)) == self._masked_at:
            return
        self._masked_at = due
        mask = self._schedule.mask(due, self._step.values(averaged=False))
        if mask is not None:
            self._step.set_mask(mask)

    def _choose(self, values: dict[str, np.ndarray]) -> None:
        done = len(self._history)
        scores = self._history.column("validation_accuracy")
        first = self._first_choice
        better = self._best_epoch < first or scores[-1] > scores[self._best_epoch - 1]
        is_mean = self._pace.finished and self._mean.count > 0
        last = self._recipe.choose == "last" or is_mean
        if last or (done >= first and better) or not self._best:
            self._best, self._best_epoch = values, done

    def _save(self) -> None:
        state = {f"step/{name}": value for name, value in self._step.state().items()}
        state |= {f"best/{name}": value for name, value in self._best.items()}
        state |= {
            "history": self._history.values,
            "best_epoch": np.array(self._best_epoch),
        }
        state |= self._pace.state()
        state |= {f"swa/{name}": value for name, value in self._mean.state().items()}
        self._progress.save(state)


def _part(state: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {k[len(prefix) :]: v for k, v in state.items() if k.startswith(prefix)}
