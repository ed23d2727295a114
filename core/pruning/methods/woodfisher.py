"""WoodFisher: weights whose removal changes the loss least, to second order. arXiv:2004.14340."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.networks.network import Weights
from core.pruning.method import Method, Scores, WeightsContext
from core.settings import Settings, setting

AT_ONCE = 64_000_000  # entries of the gradients that are summed up together: 256 MB


@dataclass(frozen=True)
class WoodFisher(Settings):
    """Second-order effect of a weight on the loss. Singh & Alistarh 2020, arXiv:2004.14340.

    The Hessian is the empirical Fisher matrix, the mean outer product of many gradients, in blocks
    of neighbouring weights of one parameter. Adapted: the blocks are inverted as they are instead
    of by the Woodbury identity, gradient by gradient, which gives the same matrix. The weights that
    stay are not moved when one goes: retraining does that, or least-squares reconstruction.
    """

    gradients: int = setting(
        256, low=1, high=100_000, help="Gradients that the Fisher matrix is made of"
    )
    batch_size: int = setting(16, low=1, high=4096, help="Images that one gradient is the mean of")
    block: int = setting(
        32,
        low=1,
        high=512,
        help="Weights in a block of the Fisher matrix",
        why="The memory is four bytes for each weight times the size of a block.",
        advanced=True,
    )
    damping: float = setting(
        1e-5, low=1e-12, high=1.0, help="Added to the diagonal of the Fisher matrix", advanced=True
    )


def scores(context: WeightsContext, settings: WoodFisher) -> Scores:
    """Return |w| / √[F⁻¹]ᵢᵢ of every entry: the root of twice the change of the loss.

    The root is on the scale of magnitudes, which allocations such as LAMP square.
    """
    fisher = _fisher(context, settings)
    return {
        name: np.abs(value) / np.sqrt(_inverse_diagonal(fisher.pop(name), value, settings.damping))
        for name, value in context.weights.items()
    }


def _fisher(context: WeightsContext, settings: WoodFisher) -> Weights:
    """Return parameter -> (blocks, block, block) mean of g gᵀ, float32."""
    total: Weights = {}
    count = 0
    for group in _groups(context, settings):
        count += len(group)
        for name in context.weights:
            rows = _blocks(np.stack([each[name].reshape(-1) for each in group]), settings.block)
            found = rows.transpose(1, 2, 0) @ rows.transpose(1, 0, 2)
            total[name] = total[name] + found if name in total else found
    return {name: value / np.float32(count) for name, value in total.items()}


def _groups(context: WeightsContext, settings: WoodFisher) -> Iterator[list[Weights]]:
    """Yield the gradients in groups that fit into memory together."""
    most = max(1, min(32, AT_ONCE // sum(value.size for value in context.weights.values())))
    group: list[Weights] = []
    images = settings.gradients * settings.batch_size
    for gradient, _ in context.gradients(images, settings.batch_size):
        group.append(gradient)
        if len(group) == most:
            yield group
            group = []
    if group:
        yield group


def _blocks(rows: np.ndarray, block: int) -> np.ndarray:
    """Return (gradients, blocks, block) of (gradients, entries); zeros fill the last block."""
    filled = np.pad(rows, ((0, 0), (0, -rows.shape[1] % block)))
    return filled.reshape(len(rows), -1, block)


def _inverse_diagonal(fisher: np.ndarray, value: np.ndarray, damping: float) -> np.ndarray:
    """Return the diagonal of F⁻¹, shaped like the parameter."""
    inverse = np.linalg.inv(fisher.astype(np.float64) + damping * np.eye(fisher.shape[-1]))
    return np.asarray(np.einsum("bii->bi", inverse).reshape(-1)[: value.size].reshape(value.shape))


METHOD = Method(
    name="woodfisher",
    label="WoodFisher",
    paper="Singh & Alistarh 2020, WoodFisher: efficient second-order approximation for neural "
    "network compression, arXiv:2004.14340",
    structured=False,
    settings=WoodFisher,
    doc="Removes the weights whose removal changes the loss least, to second order.",
    scores=scores,
    needs_data=True,
    formula=r"s_i = \frac{w_i^2}{2\,[\hat F^{-1}]_{ii}}",
    paper_recipe={"allocation": "global", "schedule": "gradual"},
)
