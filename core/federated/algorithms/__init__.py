"""The ALGORITHMS table: every federated algorithm, in the order in which they are shown."""

from importlib import import_module

from core.federated.algorithm import Algorithm

# A line is an algorithm: the name of the file in this folder whose ALGORITHM is its row.
_FILES = (
    "fedavg",
    "minibatch_sgd",
    "fedsgd",
    "fedprox",
    "scaffold",
    "fednova",
    "fedavgm",
    "fedadagrad",
    "fedadam",
    "fedyogi",
    "feddyn",
)
ALGORITHMS: dict[str, type[Algorithm]] = {
    name: import_module(f"{__name__}.{name}").ALGORITHM for name in _FILES
}
