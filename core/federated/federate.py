"""From the spec of a federated run to its history: one entrance for page, command line and job."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.data import partition, synthetic
from core.data.dataset import Dataset, Split
from core.data.images import fit
from core.data.partition import Partition
from core.data.split import three_way
from core.data.uploads import leaf
from core.errors import SettingsError
from core.federated.clients import Clients, join_clients
from core.federated.history import FederatedHistory
from core.federated.simulation import mlp_trainer, simulate_together
from core.federated.spec import CNN, FederatedSpec, Run
from core.federated.trainers.cluster import ClusterTrainer
from core.federated.trainers.cnn import CnnTrainer
from core.federated.trainers.trainer import Trainer
from core.networks.graph import Network
from core.networks.network import REFERENCE, NetworkShape, shape_of
from core.networks.prepare import as_network_reads, check_classes
from core.progress import Progress

if TYPE_CHECKING:
    from distributed import Client

LoadDataset = Callable[[str], Dataset]


def federate(
    spec: FederatedSpec,
    seed: int = 0,
    progress: Progress | None = None,
    *,
    load: LoadDataset | None = None,
    clients: Clients | None = None,
    start: Mapping[str, np.ndarray] | None = None,
    network: Network | None = None,
    cluster: "Client | None" = None,
) -> FederatedHistory:
    """Return the history of the run that a spec describes.

    load: reads the data set that spec.data names. clients: use these instead of reading the data.
    start: parameters to begin from; spec.keep_zeros holds their zeros in place. network: whose
    they are, where that is not the reference network.
    cluster: a Dask client; the clients of a round then train on its workers.
    """
    federation = clients or load_clients(spec, seed, load=load, network=network)
    trainer = trainer_of(spec, federation, start, network)
    if cluster is not None:
        trainer = ClusterTrainer(trainer, cluster)
    runs = [run_of(spec, seed)]
    return simulate_together(federation, runs, progress, trainer=trainer, start=start)[0]


def run_of(spec: FederatedSpec, seed: int) -> Run:
    """Return algorithm, settings, seed and label of a run."""
    return Run(spec.rule, spec, seed, spec.label)


def trainer_of(
    spec: FederatedSpec,
    clients: Clients,
    start: Mapping[str, np.ndarray] | None = None,
    network: Network | None = None,
) -> Trainer:
    """Return the trainer of the network that a spec asks for; network: as for `federate`."""
    if spec.network != CNN:
        return mlp_trainer(clients, spec.hidden)
    keep_zeros = start is not None and spec.keep_zeros
    mask = {name: value != 0 for name, value in (start or {}).items()} if keep_zeros else None
    if network is not None:
        return CnnTrainer(clients, network, mask)
    if start is not None:
        return CnnTrainer(clients, shape_of(dict(start), _image_shape(clients)), mask)
    return CnnTrainer(clients, NetworkShape(_image_shape(clients), clients.classes), mask)


def check_network(spec: FederatedSpec) -> None:
    """Raise SettingsError if what the run ends in could not be measured: said before it trains."""
    if spec.network == CNN and spec.is_leaf:
        raise SettingsError(
            "The convolutional network is measured on the images of a stored data set, which "
            "clients of a LEAF file do not have. Choose a data set of images, or the MLP."
        )


def _image_shape(clients: Clients) -> tuple[int, int, int]:
    shape = clients.train.inputs.shape[1:]
    if len(shape) != 3:
        raise SettingsError(
            "The convolutional network needs images, but these clients hold plain numbers. "
            "Choose an image data set, or the MLP."
        )
    height, width, channels = shape
    return height, width, channels


def load_clients(
    spec: FederatedSpec,
    seed: int,
    *,
    load: LoadDataset | None = None,
    network: Network | None = None,
) -> Clients:
    """Return the federation that spec.data names. seed: of the run. network: as for `federate`.

    Raises SettingsError if it names none, or data that the network cannot read.
    """
    drawn_with = spec.drawn_with(seed)
    if (made := spec.synthetic) is not None:
        drawn = synthetic.draw_clients(made, drawn_with)
        return join_clients(made.label, drawn, synthetic.CLASSES)
    if spec.data.lower().endswith(".json"):
        path = Path(spec.data)
        if not path.is_file():
            raise SettingsError(
                f"There is no file {spec.data!r}. Give the path of a LEAF .json file."
            )
        return join_clients(path.stem, leaf.read(path))
    if load is None:
        raise SettingsError(
            f"{spec.data!r} is no federated data. Give iid, synthetic:ALPHA,BETA or a LEAF .json "
            "file."
        )
    dataset = load(spec.data)
    if spec.network == CNN:
        dataset = _fitted(dataset) if network is None else _as_read(dataset, network)
    return clients_of(dataset, spec.effective_partition, drawn_with)


def clients_of(dataset: Dataset, partitioning: Partition, seed: int) -> Clients:
    """Return a data set divided among clients.

    The holdout, which the pruning part reports on, takes no part.
    """
    splits = three_way(dataset)
    seen = replace(dataset, train=splits.train, validation=splits.validation, test=None)
    parts = partition.partition_clients(seen, partitioning, seed)
    return join_clients(f"{dataset.name}, {partitioning.label}", parts, len(dataset.class_names))


def _as_read(dataset: Dataset, network: Network) -> Dataset:
    """Return the data set as a network other than the reference reads it."""
    check_classes(dataset, network)
    test = None if dataset.test is None else as_network_reads(dataset.test, network)
    train, validation = (as_network_reads(p, network) for p in (dataset.train, dataset.validation))
    return replace(dataset, train=train, validation=validation, test=test)


def _fitted(dataset: Dataset) -> Dataset:
    """Return the data set with its images at the reference network's input size."""

    def fitted(split: Split) -> Split:
        return Split(fit(split.images, REFERENCE.input_shape)[0], split.labels)

    test = None if dataset.test is None else fitted(dataset.test)
    train, validation = fitted(dataset.train), fitted(dataset.validation)
    return replace(dataset, train=train, validation=validation, test=test)
