"""Several runs at once; those that share data and network train together."""

from collections.abc import Sequence

from core.federated.federate import LoadDataset, load_clients, run_of, trainer_of
from core.federated.history import FederatedHistory
from core.federated.simulation import simulate_together
from core.federated.spec import FederatedSpec


def simulate_comparison(
    runs: Sequence[FederatedSpec], seed: int = 0, *, load: LoadDataset | None = None
) -> list[FederatedHistory]:
    """Return the histories of the runs, in their order.

    Together or alone, a run's numbers are the same up to rounding; together is faster, because a
    round's largest client is waited for once.
    """
    histories: dict[int, FederatedHistory] = {}
    for members in grouped(runs):
        first = runs[members[0]]
        clients = load_clients(first, seed, load=load)
        some = [run_of(runs[number], seed) for number in members]
        trainer = trainer_of(first, clients)
        histories |= zip(members, simulate_together(clients, some, trainer=trainer), strict=True)
    return [histories[number] for number in range(len(runs))]


def grouped(runs: Sequence[FederatedSpec]) -> list[list[int]]:
    """Return the numbers of the runs, grouped by shared clients and network."""
    groups: dict[object, list[int]] = {}
    for number, run in enumerate(runs):
        shared = (run.data, run.data_seed, run.partition, run.network, run.hidden)
        groups.setdefault(shared, []).append(number)
    return list(groups.values())
