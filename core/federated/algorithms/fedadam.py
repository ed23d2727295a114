"""FedAdam: the adaptive moments of Adam, at the server."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.federated.adaptive_server import AdaptiveServer
from core.settings import setting


@dataclass(frozen=True)
class FedAdam(AdaptiveServer):
    """The server takes Adam's step, with FedAvg's step in the place of the gradient.

    The moving mean of FedAvg's steps is divided by the root of their moving mean square, which
    starts at τ squared.

    Source: Reddi et al. 2021, arXiv:2003.00295, Algorithm 2.
    """

    name: ClassVar[str] = "fedadam"
    label: ClassVar[str] = "FedAdam"
    formula: ClassVar[str] = (
        r"m \leftarrow \beta_1 m + (1 - \beta_1) \Delta,\quad"
        r" v \leftarrow \beta_2 v + (1 - \beta_2) \Delta^2,\quad"
        r" w \leftarrow w + \eta_s \tfrac{m}{\sqrt{v} + \tau}"
    )
    palette: ClassVar[int] = 6

    beta2: float = setting(0.99, low=0.0, high=0.9999, help="Share of the last mean square kept.")

    def mean_square(self, square: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Move the mean towards the square of the step."""
        return self.beta2 * square + (1 - self.beta2) * step**2


ALGORITHM = FedAdam
