"""From the JSON settings of a federated run to its history: one entrance for page, CLI and job."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.data import partition, synthetic
from core.data.dataset import Dataset, Split
from core.data.images import fit
from core.data.split import three_way
from core.data.uploads import leaf
from core.errors import SettingsError
from core.federated.algorithm import Algorithm
from core.federated.algorithms import ALGORITHMS
from core.federated.clients import Clients, join_clients
from core.federated.history import History
from core.federated.run_settings import Run, RunSettings
from core.federated.simulation import mlp_trainer, simulate_together
from core.federated.trainers.cluster import ClusterTrainer
from core.federated.trainers.cnn import CnnTrainer
from core.federated.trainers.trainer import Trainer
from core.networks.network import REFERENCE, NetworkShape, shape_of
from core.progress import Progress
from core.settings import describe, from_dict

if TYPE_CHECKING:
    from distributed import Client

LoadDataset = Callable[[str], Dataset]
HIDDEN = 128  # units of the MLP's hidden layer unless the settings say otherwise
_OWN_KEYS = (
    "data",
    "data_seed",
    "algorithm",
    "algorithm_settings",
    "hidden",
    "partition",
    "label",
    "network",
    "start",
    "keep_zeros",
)


def simulate_settings(
    settings: Mapping[str, Any],
    seed: int = 0,
    progress: Progress | None = None,
    *,
    load: LoadDataset | None = None,
    clients: Clients | None = None,
    start: Mapping[str, np.ndarray] | None = None,
    cluster: "Client | None" = None,
) -> History:
    """Return the history of the run that `settings` describe.

    settings: data ("iid", "synthetic:ALPHA,BETA", a LEAF file, or a name that `load` knows),
    algorithm (a key of ALGORITHMS), algorithm_settings, hidden (0 for logistic regression, a width,
    or a list of widths), partition ({"name": ..., its settings}), label, data_seed (else seed),
    and any field of RunSettings. Only algorithm and data are needed.
    network "cnn" trains the pruning part's network on image data instead of the MLP; keep_zeros
    then holds the zeros of `start` in place, so that a pruned network stays as sparse.
    clients: use these instead of reading the data. start: parameters to begin from.
    cluster: a Dask client; the clients of a round then train on its workers.
    """
    run = run_of(settings, seed)
    federation = clients or load_clients(settings, seed, load=load)
    trainer = trainer_of(settings, federation, start)
    if cluster is not None:
        trainer = ClusterTrainer(trainer, cluster)
    return simulate_together(federation, [run], progress, trainer=trainer, start=start)[0]


def trainer_of(
    settings: Mapping[str, Any], clients: Clients, start: Mapping[str, np.ndarray] | None = None
) -> Trainer:
    """Return the trainer of the network that `settings` ask for."""
    network = settings.get("network", "mlp")
    if network == "mlp":
        return mlp_trainer(clients, hidden_widths(settings.get("hidden", HIDDEN)))
    if network != "cnn":
        raise SettingsError(f"There is no network {network!r}. Choose mlp or cnn.")
    keep_zeros = start is not None and bool(settings.get("keep_zeros", False))
    mask = {name: value != 0 for name, value in (start or {}).items()} if keep_zeros else None
    if start is not None:
        return CnnTrainer(clients, shape_of(dict(start), _image_shape(clients)), mask)
    return CnnTrainer(clients, NetworkShape(_image_shape(clients), clients.classes), mask)


def _image_shape(clients: Clients) -> tuple[int, int, int]:
    shape = clients.train.inputs.shape[1:]
    if len(shape) != 3:
        raise SettingsError(
            "The convolutional network needs images, but these clients hold plain numbers. "
            "Choose an image data set, or the MLP."
        )
    height, width, channels = shape
    return height, width, channels


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
        path = Path(data)
        if not path.is_file():
            raise SettingsError(f"There is no file {data!r}. Give the path of a LEAF .json file.")
        return join_clients(path.stem, leaf.read(path))
    if load is None:
        raise SettingsError(
            f"{data!r} is no federated data. Give iid, synthetic:ALPHA,BETA or a LEAF .json file."
        )
    dataset = load(data)
    if settings.get("network") == "cnn":
        dataset = _fitted(dataset)
    return clients_of(dataset, settings.get("partition") or {}, drawn_with)


def synthetic_settings(data: str) -> synthetic.Synthetic | None:
    """Return what "iid[,code]" or "synthetic:ALPHA,BETA[,code]" means, None for other data."""
    if data in ("iid", "iid,code"):
        return synthetic.Synthetic(iid=True, variant=data.partition(",")[2] or "paper")
    if not data.startswith("synthetic:"):
        return None
    try:
        alpha, beta, *variant = data.removeprefix("synthetic:").split(",")
        return synthetic.Synthetic(float(alpha), float(beta), variant="".join(variant) or "paper")
    except ValueError:
        raise SettingsError(f"{data!r} is not synthetic:ALPHA,BETA with two numbers.") from None


def clients_of(dataset: Dataset, settings: Mapping[str, Any], seed: int) -> Clients:
    """Return a data set divided among clients; settings: {"name": ..., the partition's own}.

    The holdout, which the pruning part reports on, takes no part.
    """
    values = dict(settings)
    name = values.pop("name", "iid")
    if name not in partition.PARTITIONS:
        known = ", ".join(partition.PARTITIONS)
        raise SettingsError(f"There is no partition {name!r}. Choose: {known}.")
    chosen = from_dict(partition.PARTITIONS[name], values)
    splits = three_way(dataset)
    seen = replace(dataset, train=splits.train, validation=splits.validation, test=None)
    parts = partition.partition_clients(seen, chosen, seed)
    return join_clients(f"{dataset.name}, {chosen.label}", parts, len(dataset.class_names))


def _fitted(dataset: Dataset) -> Dataset:
    """Return the data set with its images at the reference network's input size."""

    def fitted(split: Split) -> Split:
        return Split(fit(split.images, REFERENCE.input_shape)[0], split.labels)

    test = None if dataset.test is None else fitted(dataset.test)
    train, validation = fitted(dataset.train), fitted(dataset.validation)
    return replace(dataset, train=train, validation=validation, test=test)
