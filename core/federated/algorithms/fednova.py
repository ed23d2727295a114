"""FedNova: clients that did more steps do not count for more."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.federated.algorithm import Algorithm, ServerState, Updates


@dataclass(frozen=True)
class FedNova(Algorithm):
    """Each client's change is divided by its number of local steps before the server averages.

    The server then moves by the mean as often as the mean client stepped.

    Source: Wang et al. 2020, arXiv:2007.07481.
    """

    name: ClassVar[str] = "fednova"
    label: ClassVar[str] = "FedNova"
    paper: ClassVar[str] = "Wang et al. 2020, arXiv:2007.07481"
    formula: ClassVar[str] = (
        r"w \leftarrow w - \tau_{\text{eff}} \sum_k p_k\, \tfrac{w - w_k}{\tau_k},\quad"
        r" \tau_{\text{eff}} = \sum_k p_k \tau_k"
    )
    palette: ClassVar[int] = 4

    def aggregate(self, state: ServerState, updates: Iterable[Updates]) -> ServerState:
        """Move by the clients' mean step, as often as the mean client did."""
        mean_step, effective_steps = np.float64(0), 0.0
        for some in updates:
            mean_step = mean_step + (some.weights / some.steps) @ some.deltas.astype(np.float64)
            effective_steps += float(some.weights @ some.steps)
        return state.moved(np.asarray(effective_steps * mean_step))


ALGORITHM = FedNova
