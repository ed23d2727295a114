"""The wide dense layer loses whole units as the network gets sparse.

Cut weight by weight, nearly all of its 512 units stay alive on two weights in and two out, and
their biases, which retraining with normalisation never cuts, take a tenth of what is left at 99%.
Fewer units with more inputs each fit and generalise better (docs/decisions/0066).
"""

import math

import numpy as np

from core.networks.topology import readers
from core.pruning.method import Scores

WIDE = "dense1"
# √d would leave a layer of density d as many of its units as of each unit's inputs; a little
# narrower did better at 98 and 99%.
POWER = 0.6


def surplus(scores: Scores, sparsity: float) -> np.ndarray:
    """Return (units,) bool: the units of the wide layer that are too many at this sparsity.

    A unit is worth the norm of its inputs' scores times the norm of its readers'. scores: of
    single parameters, not negative; ties: the lower index goes.
    """
    inputs = np.linalg.norm(scores[f"{WIDE}/kernel"], axis=0)
    worth = inputs * np.linalg.norm(readers(scores, WIDE), axis=(0, 2))
    kept = max(1, math.ceil((1 - sparsity) ** POWER * len(worth)))
    gone = np.zeros(len(worth), dtype=bool)
    gone[np.argsort(worth, kind="stable")[: len(worth) - kept]] = True
    return gone
