"""A penalty λ Σ|γ| whose λ follows the budget: it grows while too few γ are near zero.

The paper trains sparsely for 160 epochs; in a few, its λ moves γ by hundredths only. All of it runs
inside the compiled training step, on tensors.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.networks.network import NetworkShape
from core.networks.topology import CHANNEL_LAYERS
from core.pruning.sparse_training.gammas import NEAR, gamma_name
from core.pruning.sparse_training.proximal import file_sparsity

if TYPE_CHECKING:
    import tensorflow as tf
from core.training.architecture import Hook
from core.training.recipe import Recipe
from core.training.temporary_batchnorm import build_with_batchnorm

LARGEST = 10.0  # at a rate of .05, one step of this λ takes all that γ starts with
SMALLEST_TARGET = 1e-6
PENALISED = "conv1"  # the layer behind which λ is kept: in the model, so that checkpoints have it
STATE = f"{PENALISED}_penalty/state"


@dataclass(frozen=True)
class GrowingPenalty:
    """The plan by which λ is found.

    start: first λ. growth: what λ is multiplied with over the whole plan if γ lags behind it all
    the time; it is divided as fast while γ is ahead. steps: after which the plan, a straight line,
    has `share` of what is to be cut near zero. sparsity: target of the file. kept: layer -> how
    many γ stay: the penalty leaves the largest ones alone, and all of a layer whose others are
    near zero. None where one threshold decides over all layers.
    """

    start: float
    growth: float
    steps: int
    sparsity: float
    share: float = 0.9
    kept: Mapping[str, int] | None = None

    def cut(self, layer: str, shape: NetworkShape) -> int | None:
        """Return how many channels of a layer are to be cut, None if that is open."""
        return None if self.kept is None else shape.units[layer] - self.kept[layer]

    def reached(self, gammas: "Mapping[str, tf.Tensor]", shape: NetworkShape) -> "tf.Tensor":
        """Return the share, a tensor, of what is to be cut whose γ is near zero."""
        import tensorflow as tf

        if self.kept is None:
            left = {layer: tf.nn.relu(tf.abs(gammas[layer]) - NEAR) for layer in CHANNEL_LAYERS}
            return file_sparsity(left, shape) / max(self.sparsity, SMALLEST_TARGET)
        wanted = {layer: float(shape.units[layer] - self.kept[layer]) for layer in CHANNEL_LAYERS}
        found = [tf.minimum(_near_zero(gammas[layer]), wanted[layer]) for layer in CHANNEL_LAYERS]
        return tf.add_n(found) / max(1.0, sum(wanted.values()))

    def next(self, penalty: Any, step: Any, reached: Any) -> Any:
        """Return λ for the next step: more while γ lags behind the plan, less while it is ahead."""
        import tensorflow as tf

        factor = self.growth ** (1 / self.steps)
        planned = self.share * tf.minimum((step + 1) / self.steps, 1.0)
        steered = tf.where(reached < planned, penalty * factor, penalty / factor)
        return tf.clip_by_value(steered, self.start, max(self.start, LARGEST))


def build_with_growing_penalty(shape: NetworkShape, recipe: Recipe, plan: GrowingPenalty) -> Any:
    """Return the batch-normalised Keras network (logits) with the penalty in its loss."""
    state = _state(plan.start)
    behind = {PENALISED: [state]}
    model = build_with_batchnorm(shape, recipe, lambda layer: behind.get(layer, []))
    for layer in CHANNEL_LAYERS:
        gamma = model.get_layer(f"{layer}_norm").gamma
        gamma.regularizer = _penalty(state, plan.cut(layer, shape))
    return model


def penalty_hook(shape: NetworkShape, plan: GrowingPenalty) -> Hook:
    """Return what moves λ after every step."""

    def update(variables: Mapping[str, Any], gradients: Mapping[str, Any], rate: Any) -> None:
        import tensorflow as tf

        penalty, step = tf.unstack(variables[STATE])
        reached = plan.reached({n: variables[gamma_name(n)] for n in CHANNEL_LAYERS}, shape)
        variables[STATE].assign(tf.stack([plan.next(penalty, step, reached), step + 1]))

    return update


def _penalty(state: Any, cut: int | None) -> Callable[[Any], Any]:
    """Return λ Σ|γ| as a function of a layer's γ.

    cut: the sum is over so many smallest ones (a trimmed L1), and 0 once all of them are near zero.
    """
    import tensorflow as tf

    def penalty(gamma: Any) -> Any:
        sizes = tf.abs(gamma)
        if cut is None:
            return state.state[0] * tf.reduce_sum(sizes)
        if cut == 0:
            return tf.constant(0.0)
        smallest = -tf.math.top_k(-sizes, cut).values
        left = tf.cast(_near_zero(gamma) < cut, tf.float32)
        return state.state[0] * left * tf.reduce_sum(smallest)

    return penalty


def _near_zero(gamma: Any) -> Any:
    """Return how many γ of a layer are near zero, a float tensor."""
    import tensorflow as tf

    return tf.reduce_sum(tf.cast(tf.abs(gamma) < NEAR, tf.float32))


def _state(start: float) -> Any:
    """Return a layer that changes nothing and keeps (λ, steps taken)."""
    import keras

    class PenaltyState(keras.layers.Layer):  # type: ignore[misc]
        def build(self, input_shape: tuple[int, ...]) -> None:
            self.state = self.add_weight(
                shape=(2,), initializer="zeros", trainable=False, name="state"
            )
            self.state.assign([start, 0.0])

        def call(self, inputs: Any) -> Any:
            return inputs

    return PenaltyState(name=STATE.partition("/")[0])
