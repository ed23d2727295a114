"""FedAdagrad: steps that shrink where much has moved, at the server."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.federated.adaptive_server import AdaptiveServer
from core.settings import setting


@dataclass(frozen=True)
class FedAdagrad(AdaptiveServer):
    """The server divides its steps by the root of the sum of all squared steps so far.

    A step is the moving mean of FedAvg's steps; the sum starts at τ squared.

    Source: Reddi et al. 2021, arXiv:2003.00295, Algorithm 2.
    """

    name: ClassVar[str] = "fedadagrad"
    label: ClassVar[str] = "FedAdagrad"
    formula: ClassVar[str] = (
        r"m \leftarrow \beta_1 m + (1 - \beta_1) \Delta,\quad"
        r" v \leftarrow v + \Delta^2,\quad"
        r" w \leftarrow w + \eta_s \tfrac{m}{\sqrt{v} + \tau}"
    )
    palette: ClassVar[int] = 9

    beta1: float = setting(0.0, low=0.0, high=0.999, help="Share of the last mean step kept.")

    def mean_square(self, square: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Add the square of the step."""
        return np.asarray(square + step**2)


ALGORITHM = FedAdagrad
