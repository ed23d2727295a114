"""FedYogi: FedAdam whose step sizes grow back slowly, at the server."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.federated.adaptive_server import AdaptiveServer
from core.settings import setting


@dataclass(frozen=True)
class FedYogi(AdaptiveServer):
    """w <- w + rate m / (sqrt(v) + tau).

    m <- beta1 m + (1 - beta1) delta; v <- v - (1 - beta2) delta^2 sign(v - delta^2);
    delta is FedAvg's step; v starts at tau^2.
    Source: Reddi et al. 2021, arXiv:2003.00295, Algorithm 2.
    """

    name: ClassVar[str] = "fedyogi"
    label: ClassVar[str] = "FedYogi"
    formula: ClassVar[str] = (
        r"v \leftarrow v - (1 - \beta_2) \Delta^2 \operatorname{sign}(v - \Delta^2)"
    )
    palette: ClassVar[int] = 7

    beta2: float = setting(0.99, low=0.0, high=0.9999, help="Share of the last mean square kept.")

    def mean_square(self, square: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Move towards the square of the step by a share of that square, not of the mean."""
        return np.asarray(square - (1 - self.beta2) * step**2 * np.sign(square - step**2))


ALGORITHM = FedYogi
