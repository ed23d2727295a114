"""One filter pruned step by step: scores, the cut, its readers, the smaller network."""

from dataclasses import dataclass

import numpy as np

from core.evaluation.cost import multiply_adds, zeros
from core.evaluation.latency import alive
from core.networks.compact import compact_shape
from core.networks.network import REFERENCE, NetworkShape, Weights, initial_weights
from core.networks.topology import READER, without_units
from core.pruning.methods.l1_filter import filter_norms


@dataclass(frozen=True)
class Lesson:
    """Everything the four steps show of cutting `units` out of `layer`.

    norms: (units,) L1 norms. cut: the units with the smallest norms. own, read: zeros that the
    cut makes in the layer itself and in the layer that reads it. before, after: multiply-adds.
    """

    layer: str
    norms: np.ndarray
    cut: np.ndarray
    before: Weights
    after: Weights
    own_zeros: int
    reader_zeros: int
    multiply_adds_before: int
    multiply_adds_after: int
    parameters_before: int
    parameters_after: int


def lesson(
    weights: Weights | None = None,
    layer: str = "conv1",
    count: int = 1,
    shape: NetworkShape = REFERENCE,
) -> Lesson:
    """Return the lesson for the `count` weakest units of a layer; fresh weights by default."""
    before = weights or initial_weights(shape, seed=0)
    norms = np.asarray(filter_norms(before)[layer])
    cut = np.sort(np.argsort(norms, kind="stable")[:count])
    after = without_units(before, layer, cut)
    small = compact_shape(shape, alive(after))
    return Lesson(
        layer,
        norms,
        cut,
        before,
        after,
        own_zeros=_more_zeros(before, after, layer),
        reader_zeros=_more_zeros(before, after, READER[layer]),
        multiply_adds_before=multiply_adds(shape),
        multiply_adds_after=multiply_adds(small),
        parameters_before=shape.parameters,
        parameters_after=small.parameters,
    )


def _more_zeros(before: Weights, after: Weights, layer: str) -> int:
    names = (f"{layer}/kernel", f"{layer}/bias")
    return zeros({n: after[n] for n in names}) - zeros({n: before[n] for n in names})
