"""What every kind of layer answers: shapes, a forward pass, costs, and how units pass through it.

A kind is a frozen class of settings named as Keras's class; its fields are Keras's options.
"""

import math
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any, ClassVar, Self

import numpy as np

from core.errors import SettingsError
from core.networks.layers.functions import FUNCTIONS, known
from core.networks.layers.onnx_graph import OnnxGraph, OnnxTensor
from core.networks.layers.options import check_options
from core.networks.layers.unit_table import Flow, UnitTable

Shape = tuple[int, ...]
Arrays = Mapping[str, np.ndarray]
LARGEST_SIZE = 1_000_000  # of any option that is a size: units, filters, a side of an image


@dataclass(frozen=True)
class Kind:
    """The settings of one layer. Shapes leave out the batch; the last axis holds the channels."""

    module: ClassVar[str] = "keras.layers"
    fixed: ClassVar[tuple[str, ...]] = ()  # parameters that training by gradient leaves alone
    shifts: ClassVar[tuple[str, ...]] = ()  # carried parameters that move a channel from zero
    idle: ClassVar[Mapping[str, Any]] = {}  # options that it lacks: the value that does nothing

    def __post_init__(self) -> None:
        """Check the sizes. Raises SettingsError for one that no network has."""
        for field in fields(self):
            for number in _numbers(getattr(self, field.name)):
                if abs(number) > LARGEST_SIZE or number != number:
                    raise SettingsError(f"{field.name} is {number:,}, which no network needs.")

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> Self:
        """Return the settings in Keras's configuration of a layer.

        Other options are left out where they have no effect. Raises SettingsError if one has, or
        if an option is not of its kind.
        """
        check_channels_last(config.get("data_format"))
        check_options(config, {field.name for field in fields(cls)}, cls.idle)
        given = {field.name: field for field in fields(cls) if field.name in config}
        hints = _hints(cls)  # type: ignore[arg-type]
        values = {name: _value(name, config[name], hints[name]) for name in given}
        return cls(**values)

    def config(self) -> dict[str, Any]:
        """Return the settings as Keras's options, of JSON's types."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}

    def keras_class(self) -> Any:
        """Return Keras's class of this layer."""
        import keras

        return getattr(keras.layers, type(self).__name__)

    def build(self, name: str) -> Any:
        """Return Keras's layer."""
        return self.keras_class()(name=name, **self.config())

    def parameter_shapes(self, inputs: Sequence[Shape]) -> dict[str, Shape]:
        """Return part -> shape, in the order in which Keras lists a layer's weights."""
        return {}

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of the output. Raises SettingsError if the inputs do not fit."""
        return inputs[0]

    def forward(self, weights: Arrays, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Return the output for inputs of shape (n, ...), as at inference."""
        return inputs[0]

    def onnx(
        self,
        graph: OnnxGraph,
        weights: Arrays,
        inputs: Sequence[OnnxTensor],
        shapes: Sequence[Shape],
    ) -> OnnxTensor:
        """Add the layer's nodes, as at inference, and return its output; here its input.

        shapes: of the inputs.
        """
        return inputs[0]

    def kernel_uses(self, inputs: Sequence[Shape]) -> dict[str, int]:
        """Return part -> how often one image multiplies with each of its entries."""
        return {}

    def flow(self, inputs: Sequence[Shape], units: Sequence[np.ndarray], table: UnitTable) -> Flow:
        """Return which units the output has; here its input's. `table` makes and ties units."""
        return Flow(units[0])

    @property
    def keeps_zero(self) -> bool:
        """Whether a channel that is zero in all inputs stays zero, apart from `shifts`."""
        function = FUNCTIONS[getattr(self, "activation", "linear")]
        return not function(np.zeros((1, 1), np.float32)).any()

    def spread(self, units: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return those inputs' units that, where not zero, move every channel from zero."""
        return []

    def resized(self, width: int) -> Self:
        """Return the settings of the layer with `width` channels left in its output."""
        return self

    def multiply_adds(self, inputs: Sequence[Shape]) -> int:
        """Return the multiplications with addition that one image costs."""
        shapes = self.parameter_shapes(inputs)
        return sum(uses * math.prod(shapes[p]) for p, uses in self.kernel_uses(inputs).items())

    def with_options(self, **options: Any) -> Self:
        """Return the same settings with some changed."""
        return replace(self, **options)


@lru_cache(maxsize=128)
def _hints(cls: Any) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _value(name: str, value: Any, hint: Any) -> Any:
    """Return an option of JSON as the field's type."""
    if name == "activation":
        return known(value)
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        if value is None:
            return None
        return _value(name, value, next(part for part in parts if part is not types.NoneType))
    if origin is tuple:
        entries = value if isinstance(value, list | tuple) else [value]
        return tuple(_value(name, entry, parts[0]) for entry in entries)
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise SettingsError(f"{name} is {str(value)[:40]!r}, which is not {hint.__name__}.")
    return value


def _plain(value: Any) -> Any:
    return [_plain(entry) for entry in value] if isinstance(value, tuple) else value


def _numbers(value: Any) -> list[float]:
    if isinstance(value, tuple):
        return [number for entry in value for number in _numbers(entry)]
    return [value] if isinstance(value, int | float) else []


def check_rank(name: str, inputs: Sequence[Shape], rank: int) -> None:
    """Raise SettingsError unless the layer has one input of `rank` axes without the batch."""
    if len(inputs) != 1 or len(inputs[0]) != rank:
        raise SettingsError(f"{name} reads one tensor of {rank} axes, but is given {inputs}.")


def check_channels_last(data_format: object) -> None:
    """Raise SettingsError for a layer whose channels come first."""
    if data_format not in (None, "channels_last"):
        raise SettingsError(
            f"its data_format is {data_format!r}. Only channels_last is supported: build the "
            "network with data_format='channels_last' and copy its weights."
        )


def check_last_axis(axis: int | Sequence[int], shape: Shape) -> None:
    """Raise SettingsError if axes, counted with the batch, are not that of the channels alone."""
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    if axes not in ((-1,), (len(shape),)):
        which = f"axis {axes[0]}" if len(axes) == 1 else f"axes {', '.join(map(str, axes))}"
        raise SettingsError(
            f"it works along {which}. Only the last axis, that of the channels, is supported."
        )


def along(sizes: tuple[int, ...], rank: int) -> tuple[int, ...]:
    """Return an option for each of `rank` axes; one number stands for all. Raises SettingsError."""
    full = sizes * rank if len(sizes) == 1 else sizes
    if len(full) != rank or min(full) < 1:
        raise SettingsError(f"{sizes} should be {rank} numbers of at least 1.")
    return full
