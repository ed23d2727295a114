"""How any network trains: as it is, or with temporary batch normalization where it has none."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from core.networks.graph import Layer, Network
from core.networks.inference import layer_outputs
from core.networks.keras_model import build, with_named_variables
from core.networks.layers.activation import Activation
from core.networks.layers.convolution import Convolution
from core.networks.layers.dense import Dense
from core.networks.layers.normalization import BatchNormalization
from core.networks.layers.training_only import Dropout, StochasticDepth
from core.networks.network import Weights
from core.networks.output_layer import logits_of, with_settings
from core.networks.precision import convolution_policy
from core.training.architecture import Architecture, Values
from core.training.number_formats import short_layers
from core.training.recipe import Recipe
from core.training.statistics import normalizations
from core.training.temporary_batchnorm import EPSILON, MOMENTUM, fused_normalisation

MANY_STEPS = 1000
FORGOTTEN = 0.05  # what is left of the statistics of one epoch before
IMAGES = 500  # enough for the mean and variance of every channel to a few percent


def graph_architecture(
    network: Network, recipe: Recipe, images: np.ndarray | None = None, steps: int = MANY_STEPS
) -> Architecture:
    """Return what `train` builds, starts from and returns for a network.

    images: training images from which temporary normalization is set so that nothing changes at
    first; None starts it as for a fresh network. steps: in an epoch.
    """
    momentum = min(MOMENTUM, FORGOTTEN ** (1 / steps))
    if recipe.batch_normalisation and (normalised := normalised_layers(network)):
        return Normalised(network, normalised, momentum).architecture(images)
    names = tuple(network.parameter_shapes())
    return Architecture(
        build=lambda given, recipe: trainable(network, recipe, momentum),
        load=dict,
        export=lambda values: {name: np.asarray(values[name], np.float32) for name in names},
        settles=bool(normalizations(names)),
    )


def fitting(network: Network, recipe: Recipe) -> Recipe:
    """Return the recipe without what turns images round, for networks that read no images."""
    if len(network.input_shape) == 3:
        return recipe
    return replace(recipe, flips=False, crop=0, cutout=0)


def trainable(network: Network, recipe: Recipe, momentum: float) -> Any:
    """Return the Keras model that ends in logits, with the recipe's dropout and L2 penalty."""
    import keras

    trained = _as_trained(logits_of(network), recipe, momentum)
    model = build(
        trained, partial(_make, convolution_policy(recipe.precision), short_layers(trained))
    )
    for layer in network.layers if recipe.l2 else ():
        if isinstance(layer.settings, Convolution):
            model.get_layer(layer.name).kernel.regularizer = keras.regularizers.L2(recipe.l2)
    return model


def _make(policy: str, short: frozenset[str], layer: Layer, name: str) -> Any:
    """Return Keras's layer; normalization on TensorFlow's fused kernel.

    policy: Keras's number format of the layers in `short`.
    """
    settings = layer.settings
    if isinstance(settings, BatchNormalization) and settings.scale and settings.center:
        made = fused_normalisation()(name=name, **settings.config())
    else:
        made = with_named_variables(layer, name)
    if layer.name in short:
        made.dtype_policy = policy
    return made


def _as_trained(network: Network, recipe: Recipe, momentum: float) -> Network:
    """Return the network with the recipe's share of its dropout, and statistics that keep up.

    Keras's momentum of 0.99 remembers a hundred steps, more than a short training has; an epoch
    is what is remembered here.
    """
    changed: dict[str, Any] = {}
    for layer in network.layers:
        settings = layer.settings
        if isinstance(settings, Dropout):
            rate = min(settings.rate * recipe.dropout_share, 0.95)
            changed[layer.name] = settings.with_options(rate=rate)
        elif isinstance(settings, StochasticDepth):
            rate = min(settings.drop_path_rate * recipe.dropout_share, 0.95)
            changed[layer.name] = settings.with_options(drop_path_rate=rate)
        elif isinstance(settings, BatchNormalization):
            changed[layer.name] = settings.with_options(momentum=min(settings.momentum, momentum))
    return with_settings(network, changed)


def normalised_layers(network: Network) -> tuple[str, ...]:
    """Return the layers behind which temporary normalization stands: none if there is own one.

    Those with a bias, which folding needs, but not the one that makes the classes.
    """
    if any(isinstance(layer.settings, BatchNormalization) for layer in network.layers):
        return ()
    makers = [
        layer
        for layer in network.layers
        if isinstance(layer.settings, Convolution | Dense) and layer.settings.use_bias
    ]
    return tuple(layer.name for layer in makers[:-1])


@dataclass(frozen=True)
class Normalised:
    """A network, and the layers behind which batch normalization stands while it trains.

    Source: Ioffe & Szegedy 2015, arXiv:1502.03167; Jacob et al. 2018, arXiv:1712.05877 (folding).
    """

    plain: Network
    layers: tuple[str, ...]
    momentum: float = MOMENTUM

    def architecture(self, images: np.ndarray | None) -> Architecture:
        """Return what `train` builds; images: see `graph_architecture`."""

        def load(weights: Weights) -> dict[str, np.ndarray]:
            return self.values(weights, images)

        return Architecture(
            build=lambda given, recipe: trainable(self.network, recipe, self.momentum),
            load=load,
            export=self.fold,
            settles=True,
        )

    @property
    def network(self) -> Network:
        """The network with its temporary layers."""
        return self._split(is_normalised=True)

    def _split(self, *, is_normalised: bool) -> Network:
        """Return the network whose named layers end before their activation."""
        layers: list[Layer] = []
        after: dict[str, str] = {}
        for layer in self.plain.layers:
            reading = replace(layer, inputs=tuple(after.get(n, n) for n in layer.inputs))
            pieces = self._pieces(reading, is_normalised) if layer.name in self.layers else []
            layers += pieces or [reading]
            after[layer.name] = layers[-1].name
        return Network(tuple(layers))

    def _pieces(self, layer: Layer, is_normalised: bool) -> list[Layer]:
        name, settings = layer.name, layer.settings
        bare = settings.with_options(activation="linear", use_bias=not is_normalised)
        first, activation = replace(layer, settings=bare), getattr(settings, "activation", "linear")
        last = Layer(f"{name}_after", Activation(activation), (name,))
        if not is_normalised:
            return [first, last]
        norm = Layer(f"{name}_norm", BatchNormalization(-1, MOMENTUM, EPSILON), (name,))
        return [first, norm, replace(last, inputs=(norm.name,))]

    def values(self, weights: Weights, images: np.ndarray | None) -> dict[str, np.ndarray]:
        """Return the variables that compute what the plain weights do."""
        biases = {f"{layer}/bias" for layer in self.layers}
        values = {name: array for name, array in weights.items() if name not in biases}
        fresh = dict.fromkeys(self.layers, (0.0, 1 - EPSILON))
        found = fresh if images is None else self._statistics(weights, images)
        for layer, (mean, variance) in found.items():
            bias = weights[f"{layer}/bias"]
            norm = {
                "gamma": np.sqrt(variance + EPSILON),
                "beta": bias + mean,
                "moving_mean": mean,
                "moving_variance": variance,
            }
            values |= {
                f"{layer}_norm/{part}": np.broadcast_to(value, bias.shape).astype(np.float32)
                for part, value in norm.items()
            }
        return values

    def _statistics(
        self, weights: Weights, images: np.ndarray
    ) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Return layer -> mean and variance of each unit before bias and activation."""
        sums: dict[str, np.ndarray] = {}
        rows = np.linspace(0, len(images) - 1, min(IMAGES, len(images))).astype(int)
        split = self._split(is_normalised=False)
        for outputs in layer_outputs(split, weights, self.layers, images[rows]):
            for layer, found in outputs.items():
                z = found.reshape(-1, found.shape[-1]).astype(np.float64)
                one = np.stack([np.full(z.shape[1], len(z)), z.sum(0), np.square(z).sum(0)])
                sums[layer] = sums.get(layer, 0) + one
        statistics = {}
        for layer, (count, total, squares) in sums.items():
            mean = total / count
            variance = np.maximum(squares / count - np.square(mean), 0)
            statistics[layer] = (mean - weights[f"{layer}/bias"], variance)
        return statistics

    def fold(self, values: Values) -> Weights:
        """Return plain weights that compute what the normalised network computes at inference."""
        weights: Weights = {}
        for name in self.plain.parameter_shapes():
            layer, _, part = name.rpartition("/")
            if layer not in self.layers:
                weights[name] = np.asarray(values[name], np.float32)
                continue
            scale, shift = self._affine(values, layer)
            found = values[name] * scale if part == "kernel" else shift
            weights[name] = np.asarray(found, np.float32)
        return weights

    def _affine(self, values: Mapping[str, Any], layer: str) -> tuple[np.ndarray, np.ndarray]:
        norm = {
            part: np.asarray(values[f"{layer}_norm/{part}"], np.float64)
            for part in ("gamma", "beta", "moving_mean", "moving_variance")
        }
        scale = norm["gamma"] / np.sqrt(norm["moving_variance"] + EPSILON)
        return scale, norm["beta"] - norm["moving_mean"] * scale
