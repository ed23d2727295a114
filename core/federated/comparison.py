"""Several runs from their JSON settings; those that share data and network train together."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.federated.federate import LoadDataset, load_clients, run_of, trainer_of
from core.federated.history import History
from core.federated.simulation import simulate_together
from core.settings import digest

Settings = Mapping[str, Any]
# What decides which clients and which network a run has.
_SHARED = ("data", "data_seed", "partition", "network", "hidden")


def simulate_comparison(
    runs: Sequence[Settings], seed: int = 0, *, load: LoadDataset | None = None
) -> list[History]:
    """Return the histories of the runs, in their order.

    runs: settings as `simulate_settings` takes them. Together or alone, a run's numbers are the
    same up to rounding; together is faster, because a round's largest client is waited for once.
    """
    histories: dict[int, History] = {}
    for members in grouped(runs):
        settings = runs[members[0]]
        clients = load_clients(settings, seed, load=load)
        some = [run_of(runs[number], seed) for number in members]
        trainer = trainer_of(settings, clients)
        histories |= zip(members, simulate_together(clients, some, trainer=trainer), strict=True)
    return [histories[number] for number in range(len(runs))]


def grouped(runs: Sequence[Settings]) -> list[list[int]]:
    """Return the numbers of the runs, grouped by shared clients and network."""
    groups: dict[str, list[int]] = {}
    for number, settings in enumerate(runs):
        shared = {key: settings[key] for key in _SHARED if key in settings}
        groups.setdefault(digest(shared), []).append(number)
    return list(groups.values())
