"""Exact identities of federated learning, checked on the spot in float64.

Each compares two ways to the same numbers; a formula that is only nearly right fails.
"""

from collections.abc import Callable
from dataclasses import dataclass

from core.federated.algorithm import SAMPLES
from core.federated.algorithms.fedadagrad import FedAdagrad
from core.federated.algorithms.fedadam import FedAdam
from core.federated.algorithms.fedavgm import FedAvgM
from core.federated.algorithms.feddyn import FedDyn
from core.federated.algorithms.fednova import FedNova
from core.federated.algorithms.fedprox import FedProx
from core.federated.algorithms.fedyogi import FedYogi
from core.federated.algorithms.scaffold import Scaffold
from core.federated.self_check import algorithm_identities, engine_identities, reference_steps
from core.federated.self_check.small_runs import federation

EXACT = 1e-10
CENTRAL_DIFFERENCES = 1e-6


@dataclass(frozen=True)
class Identity:
    """A sentence that must be true, and how far from it we are."""

    sentence: str
    difference: Callable[[], float]
    tolerance: float = EXACT


def self_check() -> list[tuple[str, float, bool]]:
    """Return (sentence, largest difference found, whether it is within the tolerance) of each."""
    measured = [(identity, identity.difference()) for identity in IDENTITIES]
    return [(i.sentence, difference, difference <= i.tolerance) for i, difference in measured]


IDENTITIES = (
    Identity(
        "Every gradient equals central differences",
        engine_identities.gradient_check,
        CENTRAL_DIFFERENCES,
    ),
    Identity(
        "FedAvg with one full-batch step is gradient descent on all data",
        algorithm_identities.one_full_batch_step,
    ),
    Identity("FedSGD is gradient descent on all data", algorithm_identities.fedsgd_step),
    Identity(
        "Mini-batch SGD with a batch of everything is gradient descent",
        algorithm_identities.whole_batch_sgd,
    ),
    Identity("FedAvg with one client is local SGD", algorithm_identities.one_client),
    Identity("FedAvg of identical clients is local SGD", algorithm_identities.identical_clients),
    Identity(
        "FedAvg as the paper writes it is FedAvg as the engine computes it",
        engine_identities.readable_fedavg,
    ),
    Identity(
        "FedProx with mu = 0 is FedAvg",
        lambda: algorithm_identities.same_as_fedavg(FedProx(mu=0.0)),
    ),
    Identity(
        "FedNova with equal local steps is FedAvg",
        lambda: algorithm_identities.same_as_fedavg(FedNova(), local_steps=4),
    ),
    Identity(
        "FedAvgM with momentum 0 and server rate 1 is FedAvg",
        lambda: algorithm_identities.same_as_fedavg(FedAvgM(momentum=0.0, server_rate=1.0)),
    ),
    Identity(
        "SCAFFOLD's first round on equal clients is FedAvg's",
        algorithm_identities.first_scaffold_round,
    ),
    Identity(
        "SCAFFOLD's server control is the mean of the clients'",
        lambda: algorithm_identities.mean_of_clients(Scaffold(), "control"),
    ),
    Identity(
        "FedDyn's server gradient is the mean of the clients'",
        lambda: algorithm_identities.mean_of_clients(FedDyn(), "gradient"),
    ),
    Identity(
        "SCAFFOLD's server control, weighted by samples, is the weighted mean of the clients'",
        lambda: algorithm_identities.mean_of_clients(
            Scaffold(weighting=SAMPLES), "control", federation().shares
        ),
    ),
    Identity(
        "FedDyn's server gradient, weighted by samples, is the weighted mean of the clients'",
        lambda: algorithm_identities.mean_of_clients(
            FedDyn(weighting=SAMPLES), "gradient", federation().shares
        ),
    ),
    Identity(
        "FedAdagrad's steps are those of the formula written out",
        lambda: algorithm_identities.adaptive(FedAdagrad(), reference_steps.adagrad),
    ),
    Identity(
        "FedAdam's steps are those of the formula written out",
        lambda: algorithm_identities.adaptive(FedAdam(), reference_steps.adam),
    ),
    Identity(
        "FedYogi's steps are those of the formula written out",
        lambda: algorithm_identities.adaptive(FedYogi(), reference_steps.yogi),
    ),
    Identity("The order of the clients does not matter", engine_identities.client_order),
    Identity(
        "All clients at once is one client after the other", engine_identities.batched_and_plain
    ),
    Identity(
        "A run that stopped and resumed is a run that never stopped, for every algorithm",
        engine_identities.stop_and_resume,
        tolerance=0.0,
    ),
)
