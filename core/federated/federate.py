"""From the JSON settings of a federated run to its history: one entrance for page, CLI and job."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.data import partition, synthetic
from core.data.dataset import Dataset
from core.errors import SettingsError
from core.federated.algorithm import Algorithm
from core.federated.algorithms import ALGORITHMS
from core.federated.clients import Clients, join_clients
from core.federated.history import History
from core.federated.run_settings import Run, RunSettings
from core.federated.simulation import mlp_trainer, simulate_together
from core.progress import Progress
from core.settings import describe, from_dict

LoadDataset = Callable[[str], Dataset]
_OWN_KEYS = (
    "data",
    "data_seed",
    "algorithm",
    "algorithm_settings",
    "hidden",
    "partition",
    "label",
    "network",
)


def simulate_settings(
    settings: Mapping[str, Any],
    seed: int = 0,
    progress: Progress | None = None,
    *,
    load: LoadDataset | None = None,
    clients: Clients | None = None,
    start: Mapping[str, np.ndarray] | None = None,
) -> History:
    """Return the history of the run that `settings` describe.

    settings: data ("iid", "synthetic:ALPHA,BETA", a LEAF file, or a name that `load` knows),
    algorithm (a key of ALGORITHMS), algorithm_settings, hidden (0 for logistic regression, a width,
    or a list of widths), partition ({"name": ..., its settings}), label, data_seed (else seed),
    and any field of RunSettings. Only algorithm and data are needed.
    clients: use these instead of reading the data. start: parameters to begin from.
    """
    run = run_of(settings, seed)
    federation = clients or load_clients(settings, seed, load=load)
    trainer = mlp_trainer(federation, hidden_widths(settings.get("hidden", 128)))
    return simulate_together(federation, [run], progress, trainer=trainer, start=start)[0]


def run_of(settings: Mapping[str, Any], seed: int) -> Run:
    """Return algorithm, settings, seed and label of a run."""
    label = str(settings.get("label", ""))
    return Run(algorithm_of(settings), run_settings(settings), seed, label)


def run_settings(settings: Mapping[str, Any]) -> RunSettings:
    """Return the RunSettings among the keys; raise SettingsError for a key nobody knows."""
    own = {field.name for field in describe(RunSettings)}
    unknown = set(settings) - own - set(_OWN_KEYS)
    if unknown:
        known = ", ".join(sorted(own | set(_OWN_KEYS)))
        raise SettingsError(f"{sorted(unknown)[0]!r} is not a federated setting. Known: {known}.")
    return from_dict(RunSettings, {key: value for key, value in settings.items() if key in own})


def algorithm_of(settings: Mapping[str, Any]) -> Algorithm:
    """Return the algorithm with its settings."""
    name = settings.get("algorithm", "fedavg")
    if name not in ALGORITHMS:
        raise SettingsError(f"There is no algorithm {name!r}. Choose: {', '.join(ALGORITHMS)}.")
    return from_dict(ALGORITHMS[name], settings.get("algorithm_settings") or {})


def hidden_widths(hidden: int | Sequence[int]) -> tuple[int, ...]:
    """Return the widths of the hidden layers; 0 is logistic regression."""
    widths = (hidden,) if isinstance(hidden, int) else tuple(hidden)
    if any(not isinstance(w, int) or w < 0 or w > 10_000 for w in widths):
        raise SettingsError(f"hidden is {hidden!r}. Give widths from 1 to 10000, or 0 for none.")
    return tuple(width for width in widths if width)


def load_clients(
    settings: Mapping[str, Any], seed: int, *, load: LoadDataset | None = None
) -> Clients:
    """Return the federation that `settings["data"]` names."""
    data, drawn_with = str(settings.get("data", "iid")), int(settings.get("data_seed", seed))
    made = synthetic_settings(data)
    if made is not None:
        drawn = synthetic.draw_clients(made, drawn_with)
        return join_clients(made.label, drawn, synthetic.CLASSES)
    if data.lower().endswith(".json"):
        return _leaf_clients(Path(data))
    if load is None:
        raise SettingsError(
            f"{data!r} is no federated data. Give iid, synthetic:ALPHA,BETA or a LEAF .json file."
        )
    return clients_of(load(data), settings.get("partition") or {}, drawn_with)


def synthetic_settings(data: str) -> synthetic.Synthetic | None:
    """Return what "iid" or "synthetic:ALPHA,BETA[,code]" means, None for other data."""
    if data == "iid":
        return synthetic.Synthetic(iid=True)
    if not data.startswith("synthetic:"):
        return None
    try:
        alpha, beta, *variant = data.removeprefix("synthetic:").split(",")
        return synthetic.Synthetic(float(alpha), float(beta), variant="".join(variant) or "paper")
    except ValueError:
        raise SettingsError(f"{data!r} is not synthetic:ALPHA,BETA with two numbers.") from None


def clients_of(dataset: Dataset, settings: Mapping[str, Any], seed: int) -> Clients:
    """Return a data set divided among clients; settings: {"name": ..., the partition's own}."""
    values = dict(settings)
    name = values.pop("name", "iid")
    if name not in partition.PARTITIONS:
        known = ", ".join(partition.PARTITIONS)
        raise SettingsError(f"There is no partition {name!r}. Choose: {known}.")
    chosen = from_dict(partition.PARTITIONS[name], values)
    parts = partition.partition_clients(dataset, chosen, seed)
    return join_clients(f"{dataset.name}, {chosen.label}", parts, len(dataset.class_names))


def _leaf_clients(path: Path) -> Clients:
    from core.data import leaf

    return join_clients(path.stem, leaf.read(path))
