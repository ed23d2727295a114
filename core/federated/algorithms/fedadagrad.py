"""FedAdagrad: steps that shrink where much has moved, at the server."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.federated.adaptive_server import AdaptiveServer
from core.settings import setting


@dataclass(frozen=True)
class FedAdagrad(AdaptiveServer):
    """w <- w + rate m / (sqrt(v) + tau).

    m <- beta1 m + (1 - beta1) delta; v <- v + delta^2;
    delta is FedAvg's step; v starts at tau^2.
    Source: Reddi et al. 2021, arXiv:2003.00295, Algorithm 2.
    """

    name: ClassVar[str] = "fedadagrad"
    label: ClassVar[str] = "FedAdagrad"
    formula: ClassVar[str] = (
        r"v \leftarrow v + \Delta^2,\quad"
        r" w \leftarrow w + \eta_s \tfrac{m}{\sqrt{v} + \tau}"
    )
    palette: ClassVar[int] = 9

    beta1: float = setting(0.0, low=0.0, high=0.999, help="Share of the last mean step kept.")

    def mean_square(self, square: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Add the square of the step."""
        return np.asarray(square + step**2)


ALGORITHM = FedAdagrad
