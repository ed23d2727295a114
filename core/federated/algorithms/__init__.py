"""The table of federated algorithms; adding one is one file and one line here."""

from core.federated.algorithm import Algorithm
from core.federated.algorithms.fedadagrad import FedAdagrad
from core.federated.algorithms.fedadam import FedAdam
from core.federated.algorithms.fedavg import FedAvg
from core.federated.algorithms.fedavgm import FedAvgM
from core.federated.algorithms.feddyn import FedDyn
from core.federated.algorithms.fednova import FedNova
from core.federated.algorithms.fedprox import FedProx
from core.federated.algorithms.fedsgd import FedSGD
from core.federated.algorithms.fedyogi import FedYogi
from core.federated.algorithms.minibatch_sgd import MiniBatchSGD
from core.federated.algorithms.scaffold import Scaffold

_CLASSES: tuple[type[Algorithm], ...] = (
    FedAvg,
    MiniBatchSGD,
    FedSGD,
    FedProx,
    Scaffold,
    FedNova,
    FedAvgM,
    FedAdagrad,
    FedAdam,
    FedYogi,
    FedDyn,
)
ALGORITHMS: dict[str, type[Algorithm]] = {cls.name: cls for cls in _CLASSES}
