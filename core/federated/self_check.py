"""Exact identities of federated learning, checked on the spot in float64.

Each compares two ways to the same numbers; a formula that is only nearly right fails.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace

import numpy as np

from core.data.synthetic import CLASSES, ClientData, Synthetic, draw_clients
from core.federated import reference_steps
from core.federated.adaptive_server import AdaptiveServer
from core.federated.algorithm import SAMPLES, Algorithm, ServerState, Updates
from core.federated.algorithms import ALGORITHMS
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
from core.federated.clients import Clients, join_clients
from core.federated.network import fedavg, mlp
from core.federated.network.mlp import MLP, Parameters
from core.federated.network.sgd import batches, local_sgd
from core.federated.network.vector import flatten, unflatten
from core.federated.simulation import simulate
from core.federated.spec import RunSettings
from core.federated.trainers.batched import BatchedTrainer
from core.federated.trainers.plain import PlainTrainer
from core.progress import Silent, Stopped
from core.randomness import generator

EXACT = 1e-10
CENTRAL_DIFFERENCES = 1e-6
NETWORK = MLP((60, 8, CLASSES))
RATE = 0.1
SETTINGS = RunSettings(rounds=3, learning_rate=RATE, batch_size=10, dissimilarity_every=0)
FULL_BATCH = replace(SETTINGS, rounds=1, batch_size=0)


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


def _few_clients(count: int = 5) -> list[ClientData]:
    drawn = draw_clients(Synthetic(1.0, 1.0, clients=count, largest_client=70), seed=3)
    return [ClientData(*(_double(part) for part in client)) for client in drawn]


def _double(part: np.ndarray) -> np.ndarray:
    return part.astype(np.float64) if part.dtype == np.float32 else part


def _federation() -> Clients:
    return join_clients("Synthetic(1, 1)", _few_clients())


def _start() -> Parameters:
    """Return parameters in float64, biases away from 0 so that a lost bias is noticed."""
    rng = generator(0, "self-check")
    return {name: rng.normal(0, 0.2, s) for name, s in NETWORK.parameter_shapes().items()}


def _trained(
    algorithm: Algorithm, settings: RunSettings = SETTINGS, clients: Clients | None = None
) -> Parameters:
    federation = clients or _federation()
    trainer = BatchedTrainer(federation, NETWORK, np.float64)
    history = simulate(federation, algorithm, settings, 7, trainer=trainer, start=_start())
    return dict(history.parameters)


def _apart(one: Parameters, other: Parameters) -> float:
    return float(np.abs(flatten(one) - flatten(other)).max())


def _pooled_step() -> Parameters:
    train = _federation().train
    gradient = mlp.gradient(_start(), train.inputs, train.labels)
    return {name: value - RATE * gradient[name] for name, value in _start().items()}


def _one_full_batch_step() -> float:
    return _apart(_trained(FedAvg(), FULL_BATCH), _pooled_step())


def _fedsgd_step() -> float:
    return _apart(_trained(FedSGD(), replace(SETTINGS, rounds=1)), _pooled_step())


def _whole_batch_sgd() -> float:
    everybody = MiniBatchSGD(batch=len(_federation().train))
    return _apart(_trained(everybody, replace(SETTINGS, rounds=1)), _pooled_step())


def _one_client() -> float:
    client = _few_clients(1)[0]
    samples = len(client.train_labels)
    rounds_batches = [
        batches(samples, 10, -(-samples // 10), generator(7, "client", 0, "round", number))
        for number in (1, 2, 3)
    ]
    local = local_sgd(
        _start(),
        client.train_inputs,
        client.train_labels,
        learning_rate=RATE,
        index_batches=[rows for one_round in rounds_batches for rows in one_round],
    )
    return _apart(_trained(FedAvg(), clients=join_clients("one", [client])), local)


def _identical_clients() -> float:
    client = _few_clients(1)[0]
    steps = replace(FULL_BATCH, local_epochs=4)
    together = _trained(FedAvg(), steps, join_clients("same", [client] * 4))
    return _apart(together, _trained(FedAvg(), steps, join_clients("one", [client])))


def _same_as_fedavg(algorithm: Algorithm, **changes: int) -> float:
    settings = replace(SETTINGS, **changes)  # type: ignore[arg-type]
    return _apart(_trained(algorithm, settings), _trained(FedAvg(), settings))


def _mean_of_clients(algorithm: Algorithm, name: str, weights: np.ndarray | None = None) -> float:
    """Return how far a server vector is from the mean of the clients' own of that name."""
    seen: list[ServerState] = []

    @dataclass(frozen=True)
    class Watched(type(algorithm)):  # type: ignore[misc]
        def aggregate(self, state: ServerState, updates: Iterable[Updates]) -> ServerState:
            seen.append(super().aggregate(state, updates))
            return seen[-1]

    watched = Watched(**asdict(algorithm))
    _trained(watched, replace(SETTINGS, clients_per_round=3, learning_rate=0.01))
    mean = np.average(seen[-1].clients[name], axis=0, weights=weights)
    return float(np.abs(seen[-1].server[name] - mean).max())


def _adaptive(algorithm: AdaptiveServer, second_moment: reference_steps.SecondMoment) -> float:
    expected = reference_steps.adaptive_rounds(
        _start(),
        _few_clients(),
        second_moment,
        momentum=algorithm.beta1,
        server_rate=algorithm.server_rate,
        tau=algorithm.tau,
        rounds=SETTINGS.rounds,
        batch_size=SETTINGS.batch_size,
        learning_rate=RATE,
        seed=7,
    )
    return _apart(_trained(algorithm), expected)


def _first_scaffold_round() -> float:
    equal = [ClientData(*(part[:40] for part in client)) for client in _few_clients()]
    federation, once = join_clients("equal", equal), replace(SETTINGS, rounds=1)
    return _apart(_trained(Scaffold(), once, federation), _trained(FedAvg(), once, federation))


def _client_order() -> float:
    clients = _few_clients()
    backwards = join_clients("backwards", clients[::-1])
    settings = replace(FULL_BATCH, rounds=3, local_epochs=3)
    return _apart(_trained(FedAvg(), settings), _trained(FedAvg(), settings, backwards))


def _batched_and_plain() -> float:
    federation, worst = _federation(), 0.0
    settings = replace(SETTINGS, clients_per_round=3, stragglers=0.4, l2=0.01, learning_rate=0.02)
    weighted = (Scaffold(weighting=SAMPLES), FedDyn(weighting=SAMPLES))
    for algorithm in (FedProx(), Scaffold(), FedDyn(), *weighted):
        histories = [
            simulate(federation, algorithm, settings, 7, trainer=trainer, start=_start())
            for trainer in (
                BatchedTrainer(federation, NETWORK, np.float64),
                PlainTrainer(federation, NETWORK, np.float64),
            )
        ]
        worst = max(worst, _apart(*(dict(history.parameters) for history in histories)))
    return worst


def _readable_fedavg() -> float:
    readable = fedavg.federated_averaging(
        _start(),
        _few_clients(),
        rounds=3,
        share=0.5,
        epochs=1,
        batch_size=10,
        learning_rate=RATE,
        seed=7,
    )
    return _apart(readable, _trained(FedAvg(), replace(SETTINGS, clients_per_round=3)))


class _StopAfter(Silent):
    """Keeps what is saved and stops once, when the given round is done."""

    def __init__(self, rounds: int) -> None:
        super().__init__()
        self._left: int | None = rounds

    def report(self, done: float, total: float, message: str = "") -> None:
        if self._left is not None and done >= self._left:
            self._left = None
            raise Stopped


def _stop_and_resume() -> float:
    federation, worst = _federation(), 0.0
    settings = replace(SETTINGS, rounds=4, clients_per_round=3, learning_rate=0.01)
    for algorithm in (cls() for cls in ALGORITHMS.values()):
        trainer, progress = BatchedTrainer(federation, NETWORK), _StopAfter(2)
        undisturbed = simulate(federation, algorithm, settings, 7, trainer=trainer)
        resumed = undisturbed
        for _ in range(2):
            try:
                resumed = simulate(
                    federation,
                    algorithm,
                    settings,
                    7,
                    progress,
                    trainer=trainer,
                    seconds_between_saves=0,
                )
            except Stopped:
                continue
        worst = max(worst, _apart(dict(undisturbed.parameters), dict(resumed.parameters)))
    return worst


def _gradient_check() -> float:
    """Return the largest relative error of the gradient against central differences."""
    client, step = _few_clients(1)[0], 1e-6
    inputs, labels, l2 = client.train_inputs[:12], client.train_labels[:12], 0.1
    vector, shapes = flatten(_start()), NETWORK.parameter_shapes()
    exact = flatten(mlp.gradient(_start(), inputs, labels, l2))

    def loss_at(change: np.ndarray) -> float:
        return mlp.mean_loss(unflatten(vector + change, shapes), inputs, labels, l2)

    directions = generator(0, "directions").choice(len(vector), 100, replace=False)
    error = 0.0
    for place in directions:
        change = np.zeros_like(vector)
        change[place] = step
        central = (loss_at(change) - loss_at(-change)) / (2 * step)
        error = max(error, abs(central - exact[place]) / max(1e-2, abs(central)))
    return error


IDENTITIES = (
    Identity("Every gradient equals central differences", _gradient_check, CENTRAL_DIFFERENCES),
    Identity(
        "FedAvg with one full-batch step is gradient descent on all data", _one_full_batch_step
    ),
    Identity("FedSGD is gradient descent on all data", _fedsgd_step),
    Identity("Mini-batch SGD with a batch of everything is gradient descent", _whole_batch_sgd),
    Identity("FedAvg with one client is local SGD", _one_client),
    Identity("FedAvg of identical clients is local SGD", _identical_clients),
    Identity("FedAvg as the paper writes it is FedAvg as the engine computes it", _readable_fedavg),
    Identity("FedProx with mu = 0 is FedAvg", lambda: _same_as_fedavg(FedProx(mu=0.0))),
    Identity(
        "FedNova with equal local steps is FedAvg",
        lambda: _same_as_fedavg(FedNova(), local_steps=4),
    ),
    Identity(
        "FedAvgM with momentum 0 and server rate 1 is FedAvg",
        lambda: _same_as_fedavg(FedAvgM(momentum=0.0, server_rate=1.0)),
    ),
    Identity("SCAFFOLD's first round on equal clients is FedAvg's", _first_scaffold_round),
    Identity(
        "SCAFFOLD's server control is the mean of the clients'",
        lambda: _mean_of_clients(Scaffold(), "control"),
    ),
    Identity(
        "FedDyn's server gradient is the mean of the clients'",
        lambda: _mean_of_clients(FedDyn(), "gradient"),
    ),
    Identity(
        "SCAFFOLD's server control, weighted by samples, is the weighted mean of the clients'",
        lambda: _mean_of_clients(Scaffold(weighting=SAMPLES), "control", _federation().shares),
    ),
    Identity(
        "FedDyn's server gradient, weighted by samples, is the weighted mean of the clients'",
        lambda: _mean_of_clients(FedDyn(weighting=SAMPLES), "gradient", _federation().shares),
    ),
    Identity(
        "FedAdagrad's steps are those of the formula written out",
        lambda: _adaptive(FedAdagrad(), reference_steps.adagrad),
    ),
    Identity(
        "FedAdam's steps are those of the formula written out",
        lambda: _adaptive(FedAdam(), reference_steps.adam),
    ),
    Identity(
        "FedYogi's steps are those of the formula written out",
        lambda: _adaptive(FedYogi(), reference_steps.yogi),
    ),
    Identity("The order of the clients does not matter", _client_order),
    Identity("All clients at once is one client after the other", _batched_and_plain),
    Identity(
        "A run that stopped and resumed is a run that never stopped, for every algorithm",
        _stop_and_resume,
        tolerance=0.0,
    ),
)
