"""FedYogi: FedAdam whose step sizes grow back slowly, at the server."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.federated.adaptive_server import AdaptiveServer
from core.settings import setting


@dataclass(frozen=True)
class FedYogi(AdaptiveServer):
    """FedAdam whose mean square moves by a share of the newest square, not of itself.

    Its step sizes therefore grow back slowly. The mean square starts at τ squared.

    Source: Reddi et al. 2021, arXiv:2003.00295, Algorithm 2.
    """

    name: ClassVar[str] = "fedyogi"
    label: ClassVar[str] = "FedYogi"
    formula: ClassVar[str] = (
        r"m \leftarrow \beta_1 m + (1 - \beta_1) \Delta,\quad"
        r" v \leftarrow v - (1 - \beta_2) \Delta^2 \operatorname{sign}(v - \Delta^2),\quad"
        r" w \leftarrow w + \eta_s \tfrac{m}{\sqrt{v} + \tau}"
    )
    palette: ClassVar[int] = 7

    beta2: float = setting(0.99, low=0.0, high=0.9999, help="Share of the last mean square kept.")

    def mean_square(self, square: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Move towards the square of the step by a share of that square, not of the mean."""
        return np.asarray(square - (1 - self.beta2) * step**2 * np.sign(square - step**2))


ALGORITHM = FedYogi
