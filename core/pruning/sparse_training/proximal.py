"""Accelerated proximal gradient on scaling factors, with a penalty that grows until it suffices.

All of it runs inside the compiled training step, on tensors.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.networks.network import NetworkShape
from core.networks.topology import CHANNEL_LAYERS
from core.pruning.sparse_training.scaled_network import STATE, momentum_name, scale_name

if TYPE_CHECKING:
    import tensorflow as tf

MOMENTUM = 0.9
# No factor that stays is pressed below this: very small ones, all together, silence their layer,
# and no retraining wakes what normalisation cannot tell from nothing.
AUDIBLE = 0.1
# At this γ a factor of 1 dies within a few steps whatever its gradient.
LARGEST_PENALTY = 100.0
# Within this sparsity of the target the penalty has done its work.
MARGIN = 0.005
ROUNDING = 1e-6


@dataclass(frozen=True)
class PenaltyRamp:
    """The plan by which the penalty γ is found.

    sparsity: target of the whole file. start: first γ. growth: what γ is multiplied with over the
    whole plan if the sparsity lags behind it all the time; it is divided as fast while ahead.
    steps: after which the plan, a straight line, reaches the target. rate: η, the factors' step.
    least: layer -> factors that stay alive in any case; 1 if not named.
    """

    sparsity: float
    start: float
    growth: float
    steps: int
    rate: float
    least: Mapping[str, int] = field(default_factory=dict)

    @property
    def factor(self) -> float:
        """What γ is multiplied with, or divided by, in one step."""
        return float(self.growth ** (1 / self.steps))


def proximal_step(
    factor: Any, momentum: Any, gradient: Any, rate: Any, penalty: Any
) -> tuple[Any, Any]:
    """Return (λ, v) after one step: z = soft(λ − η∇, ηγ); v ← z − λ + μv; λ ← max(z + μv, 0).

    Source: Huang & Wang 2018, arXiv:1707.01213, equations 11 to 13. Clipping at 0 keeps factors
    foldable through ReLU and zeros exact.
    """
    import tensorflow as tf

    moved = factor - rate * gradient
    z = tf.sign(moved) * tf.maximum(tf.abs(moved) - rate * penalty, 0.0)
    velocity = z - factor + MOMENTUM * momentum
    return tf.maximum(z + MOMENTUM * velocity, 0.0), velocity


def file_sparsity(factors: "Mapping[str, tf.Tensor]", shape: NetworkShape) -> Any:
    """Return the sparsity, a tensor, of the file without the channels whose factor is 0."""
    import tensorflow as tf

    c1, c2, c3, c4, hidden = (
        tf.reduce_sum(tf.cast(factors[layer] > 0, tf.float32)) for layer in CHANNEL_LAYERS
    )
    inputs = float(shape.input_shape[2])
    left = (9 * inputs + 1) * c1 + (9 * c1 + 1) * c2 + (9 * c2 + 1) * c3 + (9 * c3 + 1) * c4
    left += (shape.positions * c4 + 1) * hidden + (hidden + 1) * shape.classes
    return 1 - left / shape.parameters


def update_factors(
    variables: "Mapping[str, tf.Variable]",
    gradients: "Mapping[str, tf.Tensor]",
    shape: NetworkShape,
    ramp: PenaltyRamp,
) -> None:
    """Move all factors one step and γ after them; no step goes beyond the target sparsity.

    A step that would is taken back, momentum and all, and γ halved. In a layer with no factor left
    to lose the penalty rests: there it would only shrink the layer as a whole. Once the file is
    within MARGIN of the target γ is 0 for good and no factor dies any more: the last few channels
    are chosen afterwards, by their factors.
    """
    import tensorflow as tf

    penalty, step, met = tf.unstack(variables[STATE])
    penalty = tf.where(step < 1, ramp.start, penalty)
    old = {layer: tf.convert_to_tensor(variables[scale_name(layer)]) for layer in CHANNEL_LAYERS}
    new, velocity = {}, {}
    for layer in CHANNEL_LAYERS:
        gradient, momentum = gradients[scale_name(layer)], variables[momentum_name(layer)]
        least = ramp.least.get(layer, 1)
        rests = tf.cast(_alive(old[layer]) <= least, tf.float32)
        moved, velocity[layer] = proximal_step(
            old[layer], momentum, gradient, ramp.rate, penalty * (1 - met) * (1 - rests)
        )
        alive = tf.maximum(moved, tf.minimum(old[layer], AUDIBLE)) * tf.sign(old[layer])
        new[layer] = tf.where(met > 0, alive, _with_floor(old[layer], moved, least))
    beyond = file_sparsity(new, shape) > ramp.sparsity + ROUNDING
    for layer in CHANNEL_LAYERS:
        new[layer] = tf.where(beyond, old[layer], new[layer])
        variables[scale_name(layer)].assign(new[layer])
        variables[momentum_name(layer)].assign(tf.where(beyond, 0.0, velocity[layer]))
    reached = file_sparsity(new, shape)
    met = tf.maximum(met, tf.cast(reached >= ramp.sparsity - MARGIN, tf.float32))
    variables[STATE].assign(
        tf.stack([_next_penalty(penalty, reached, beyond, step, ramp), step + 1, met])
    )


def _next_penalty(penalty: Any, reached: Any, beyond: Any, step: Any, ramp: PenaltyRamp) -> Any:
    """Return γ for the next step: more while zeros lag behind the plan, half after a false step."""
    import tensorflow as tf

    planned = ramp.sparsity * tf.minimum((step + 1) / ramp.steps, 1.0)
    steered = tf.where(reached < planned, penalty * ramp.factor, penalty / ramp.factor)
    floored = tf.clip_by_value(steered, ramp.start, LARGEST_PENALTY)
    return tf.where(beyond, penalty / 2, floored)


def _with_floor(old: Any, new: Any, least: int) -> Any:
    """Return the new factors; the `least` largest of a layer never get smaller than AUDIBLE."""
    import tensorflow as tf

    largest = tf.one_hot(tf.math.top_k(old, least).indices, tf.size(old))
    protected = (tf.reduce_max(largest, axis=0) > 0) & (old > 0)
    return tf.where(protected, tf.maximum(new, AUDIBLE), new)


def _alive(factors: Any) -> Any:
    import tensorflow as tf

    return tf.reduce_sum(tf.cast(factors > 0, tf.int32))
