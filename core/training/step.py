"""One compiled training step: gradients, optimiser, hook, mask, moving average, in this order."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np

from core.errors import SettingsError
from core.networks.network import Shaped, Weights
from core.networks.precision import convolution_policy
from core.training.architecture import Architecture
from core.training.averages import MovingAverage
from core.training.optimizers import OPTIMIZERS
from core.training.recipe import Recipe
from core.training.statistics import forward, renew
from core.training.teachers.teacher import Answers, Teacher


class Step:
    """A model with its optimiser, masks and averages, advanced one batch at a time.

    Masked entries are exactly 0.0 after every step: the mask is applied last, because an
    optimiser's momentum revives what only the gradient was masked of.
    """

    def __init__(
        self,
        architecture: Architecture,
        shape: Shaped,
        recipe: Recipe,
        teacher: Weights | Answers | None = None,
    ) -> None:
        import tensorflow as tf

        self._recipe, self._architecture = recipe, architecture
        self._model = architecture.build(shape, recipe)
        self._dropouts = [layer for layer in self._model.layers if hasattr(layer, "seed_generator")]
        self.variables = _named_variables(self._model)
        self._trainable = {n: v for n, v in self.variables.items() if v.trainable}
        learned = {n: v for n, v in self._trainable.items() if n not in architecture.own_update}
        self._optimizer = OPTIMIZERS[recipe.optimizer](learned)
        self.masks = {n: tf.Variable(tf.ones_like(v), trainable=False) for n, v in learned.items()}
        self._average = MovingAverage(self.variables, recipe.averaging)
        self._masked = False
        self._teacher = _teacher(teacher, recipe)
        self._signature = _signature(shape, bool(recipe.mixup), answers=self._teacher is not None)
        self._compiled: dict[bool, Any] = {}
        self._forward: Any = None

    def __call__(
        self, images: np.ndarray, labels: np.ndarray, rate: np.float32, step: int
    ) -> tuple[float, int]:
        """Advance by one batch; return its loss and the number of images classified right.

        labels: (n,) classes; with mixup (n, classes) shares, of which the largest is the right one.
        """
        self._average.begin_step(step)
        answers = [self._teacher.answers(images)] if self._teacher else []
        advance = self._compile(self._masked)
        told = labels.astype(np.float32 if self._recipe.mixup else np.int32)
        loss, correct = advance(rate, np.float32(step), images, told, *answers)
        return float(loss), int(correct)

    def _compile(self, masked: bool) -> Any:
        """Return the step as a graph, made once: it takes batches of any size, the last one too."""
        import tensorflow as tf

        if masked not in self._compiled:
            self._compiled[masked] = tf.function(
                partial(self._advance, masked), input_signature=self._signature, autograph=False
            )
        return self._compiled[masked]

    def set_mask(self, mask: Mapping[str, np.ndarray]) -> None:
        """Replace the 0/1 masks (parameters left out stay free) and apply them at once.

        Raises SettingsError for a parameter that batch normalisation stands in for.
        """
        fixed = [name for name in mask if name not in self.masks and not np.all(mask[name])]
        if fixed:
            raise SettingsError(
                f"{', '.join(fixed)} cannot be masked while batch normalisation is in training. "
                "Turn batch_normalisation off to train a pruned network."
            )
        self._masked = True
        for name, variable in self.masks.items():
            if name in mask:
                variable.assign(mask[name].astype(np.float32))
        self._apply_masks()
        self._average.restart()

    def with_statistics(
        self, values: Mapping[str, np.ndarray], images: Iterable[np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Return the values with the normalization's statistics of these batches of images."""
        before = self.values(averaged=False)
        self._assign(values)
        if self._forward is None:
            self._forward = forward(self._model)
        renew(self._model, images, self._forward)
        found = self.values(averaged=False)
        self._assign(before)
        return found

    def seed_dropout(self, seeds: list[int]) -> None:
        """Restart every dropout stream; called at each epoch, so that no state outlives one."""
        for layer, seed in zip(self._dropouts, seeds, strict=True):
            layer.seed_generator.state.assign([seed, 0])

    @property
    def dropout_names(self) -> list[str]:
        """Names of the dropout layers, in order."""
        return [layer.name for layer in self._dropouts]

    def values(self, averaged: bool = True) -> dict[str, np.ndarray]:
        """Return the values of all variables; the averages of them if the recipe keeps any."""
        source = self._average.copies if averaged and self._average.copies else self.variables
        return {name: variable.numpy() for name, variable in source.items()}

    def state(self) -> dict[str, np.ndarray]:
        """Return everything that the next step depends on."""
        return (
            {
                f"{group}/{name}": variable.numpy()
                for group, variables in self._groups().items()
                for name, variable in variables.items()
            }
            | {"masked": np.array(self._masked)}
            | self._average.state()
        )

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Continue exactly where `state` was taken."""
        self._masked = bool(state["masked"])
        self._average.restore(state)
        for group, variables in self._groups().items():
            for name, variable in variables.items():
                variable.assign(state[f"{group}/{name}"])

    def start(self, values: Mapping[str, np.ndarray]) -> None:
        """Start from these values; variables left out keep what the model was built with."""
        self._assign(values)
        self._average.restart()

    def _assign(self, values: Mapping[str, np.ndarray]) -> None:
        for name, value in values.items():
            self.variables[name].assign(value)

    def _groups(self) -> dict[str, dict[str, Any]]:
        return {
            "variable": self.variables,
            "slot": self._optimizer.slots,
            "mask": self.masks,
            "average": self._average.copies,
        }

    def _advance(
        self, masked: bool, rate: Any, step: Any, images: Any, labels: Any, answers: Any = None
    ) -> Any:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            outputs = self._model(images, training=True)
            fit = self._loss(outputs, labels, answers)
            total = tf.add_n([fit, *self._model.losses]) if self._model.losses else fit
        found = tape.gradient(total, list(self._trainable.values()))
        gradients = dict(zip(self._trainable, found, strict=True))
        self._update(gradients, rate, step, masked)
        self._average.update(step)
        chosen = tf.argmax(outputs, axis=1, output_type=tf.int32)
        if self._recipe.mixup:
            labels = tf.argmax(labels, axis=1, output_type=tf.int32)
        return total, tf.reduce_sum(tf.cast(chosen == labels, tf.int32))

    def _loss(self, outputs: Any, labels: Any, answers: Any) -> Any:
        import tensorflow as tf

        recipe = self._recipe
        hard = _cross_entropy(self._targets(labels, outputs.shape[-1]), outputs)
        if answers is None:
            return hard
        heat = recipe.temperature
        soft = _cross_entropy(tf.nn.softmax(answers / heat), outputs / heat) * heat**2
        return (1 - recipe.distillation) * hard + recipe.distillation * soft

    def _targets(self, labels: Any, classes: int) -> Any:
        """Return (n, classes) shares. Smoothing: Szegedy et al. 2016, arXiv:1512.00567."""
        import tensorflow as tf

        smoothing = self._recipe.label_smoothing
        if self._recipe.mixup:
            return labels * (1 - smoothing) + smoothing / classes
        return tf.one_hot(
            labels,
            classes,
            on_value=1 - smoothing * (1 - 1 / classes),
            off_value=smoothing / classes,
        )

    def _update(self, gradients: dict[str, Any], rate: Any, step: Any, masked: bool) -> None:
        learned = {n: g for n, g in gradients.items() if n in self.masks}
        if masked:
            learned = {n: g * self.masks[n] for n, g in learned.items()}
        if self._recipe.weight_decay:
            for name in learned:
                if name.endswith("kernel"):
                    variable = self.variables[name]
                    variable.assign(variable * (1 - rate * self._recipe.weight_decay))
        self._optimizer.apply(learned, rate, step)
        if self._architecture.after_step:
            self._architecture.after_step(self.variables, gradients, rate)
        if masked:
            self._apply_masks()

    def _apply_masks(self) -> None:
        for name, mask in self.masks.items():
            self.variables[name].assign(self.variables[name] * mask)
            if name in self._average.copies:
                copy = self._average.copies[name]
                copy.assign(copy * mask)


def _signature(shape: Shaped, blended: bool, answers: bool) -> list[Any]:
    """Return what `_advance` takes: rate, step, images, labels and perhaps a teacher's answers."""
    import tensorflow as tf

    images = tf.TensorSpec((None, *shape.input_shape), tf.float32)
    taught = [tf.TensorSpec((None, shape.classes), tf.float32)] if answers else []
    number = tf.TensorSpec((), tf.float32)
    shares = tf.TensorSpec((None, shape.classes), tf.float32)
    labels = shares if blended else tf.TensorSpec((None,), tf.int32)
    return [number, number, images, labels, *taught]


def _teacher(given: Weights | Answers | None, recipe: Recipe) -> Answers | None:
    if given is None or not recipe.distillation:
        return None
    if not isinstance(given, dict):
        return given
    return Teacher(given, convolution_policy(recipe.precision))


def _cross_entropy(target: Any, outputs: Any) -> Any:
    import tensorflow as tf

    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(target, outputs))


def _named_variables(model: Any) -> dict[str, Any]:
    """Return "layer/variable" -> tf.Variable, without the dropout streams."""
    return {
        f"{layer.name}/{variable.name}": variable.value
        for layer in model.layers
        for variable in layer.variables
        if "seed" not in variable.name
    }
