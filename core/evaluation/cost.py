"""What a network costs: zeros, multiply-adds, bytes and latency."""

import gzip
import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.networks.network import LAYERS, NetworkShape, Weights
from core.networks.topology import useful_units


@dataclass(frozen=True)
class LayerCost:
    """One layer: parameters, zeros (kernel and bias), units, units that can pass nothing on."""

    name: str
    parameters: int
    zeros: int
    units: int
    dead_units: int
    multiply_adds: int

    @property
    def sparsity(self) -> float:
        """Zeros over parameters of this layer."""
        return self.zeros / self.parameters


def zeros(weights: Mapping[str, np.ndarray]) -> int:
    """Return the number of entries that are exactly 0, in kernels and biases."""
    return sum(int(array.size - np.count_nonzero(array)) for array in weights.values())


def parameters(weights: Weights) -> int:
    """Return the number of entries in kernels and biases."""
    return sum(array.size for array in weights.values())


def sparsity(weights: Weights) -> float:
    """Return zeros over all parameters, in [0, 1)."""
    return zeros(weights) / parameters(weights)


def layer_costs(weights: Weights, shape: NetworkShape) -> tuple[LayerCost, ...]:
    """Return the cost of every layer; multiply-adds count non-zero kernel entries only."""
    positions = output_positions(shape)
    return tuple(
        LayerCost(
            name=layer,
            parameters=parameters(_layer(weights, layer)),
            zeros=zeros(_layer(weights, layer)),
            units=shape.units[layer],
            dead_units=int((~useful_units(weights, layer)).sum()),
            multiply_adds=positions[layer] * int(np.count_nonzero(weights[f"{layer}/kernel"])),
        )
        for layer in LAYERS
    )


def _layer(weights: Weights, layer: str) -> Weights:
    return {name: weights[name] for name in (f"{layer}/kernel", f"{layer}/bias")}


def output_positions(shape: NetworkShape) -> dict[str, int]:
    """Return how many times each kernel is applied to one image."""
    height, width, _ = shape.input_shape
    inner_height, inner_width = (height - 2) // 2, (width - 2) // 2
    return {
        "conv1": height * width,
        "conv2": (height - 2) * (width - 2),
        "conv3": inner_height * inner_width,
        "conv4": (inner_height - 2) * (inner_width - 2),
        "dense1": 1,
        "dense2": 1,
    }


def multiply_adds(shape: NetworkShape) -> int:
    """Return the multiplications with addition that one image costs a network of this shape."""
    sizes = shape.parameter_shapes()
    positions = output_positions(shape)
    return sum(positions[layer] * int(np.prod(sizes[f"{layer}/kernel"])) for layer in LAYERS)


def useful_multiply_adds(weights: Weights, shape: NetworkShape) -> int:
    """Return the multiply-adds with non-zero weights: what ideal sparse hardware would do."""
    return sum(cost.multiply_adds for cost in layer_costs(weights, shape))


def size_bytes(path: Path) -> int:
    """Return the size of a file."""
    return path.stat().st_size


def gzip_bytes(path: Path) -> int:
    """Return the size of the file after gzip at level 9, where zeros cost almost nothing."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9, mtime=0) as file:
        file.write(path.read_bytes())
    return len(packed.getvalue())


def latency_seconds(call: Callable[[], object], repeats: int = 30) -> float:
    """Return the median duration of `call` after three calls that warm it up."""
    for _ in range(3):
        call()
    durations = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        durations.append(time.perf_counter() - start)
    return float(np.median(durations))
