"""ResNet-20 and VGG-16 trained, pruned and compared with Torch-Pruning on the same images.

python -m benchmarks.measured_networks --data FILE [--install] [--only resnet-20 …]

Every row is stored at once in benchmarks/measured_networks.json, and docs/networks.md written
again: a run that was stopped goes on with the first row that lacks. Our networks are made by the
jobs of the workspace (PARETO_LAB_HOME), the peer's by its own library, see `measured_peer`.
"""

import argparse
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import measured_peer
from benchmarks.measured_cuts import (
    GLOBAL,
    JUDGED_ON,
    NETWORKS,
    OURS,
    TRAINED_ON,
    Cut,
    Epochs,
    cuts,
)
from benchmarks.measured_widths import sparsity_for
from benchmarks.networks_page import MEASURED, stored, write_page
from core.commands.networks import network_result
from core.commands.session import Session
from core.data import builtin_datasets
from core.data import store as dataset_store
from core.data.dataset import Dataset
from core.evaluation.point import Point
from core.jobs.store.store import Store
from core.networks.catalogue import CATALOGUE
from core.networks.keras_files.reader import read_network
from core.networks.network import Weights
from core.networks.network_store import keep_network
from core.networks.prepare import NetworkData, prepare_for
from core.pruning.plan import PrunePlan
from core.pruning.spec import PruneSpec
from core.randomness import generator
from core.training.recipe import FAST
from core.training.spec import TrainSpec
from core.workspace import open_workspace

SEED = 0


@dataclass(frozen=True)
class Bench:
    """A trained network of the catalogue and where it lies. trained: the run's id."""

    session: Session
    data: NetworkData
    weights: Weights
    trained: str
    epochs: Epochs

    @property
    def folder(self) -> Path:
        """Where the peer finds it."""
        return self.session.workspace.scratch / f"peer-{self.trained}"

    def row(self, cut: Cut) -> dict[str, Any]:
        """Return what a cut network reaches after its training."""
        plan = cut.plan(self.epochs.pruned)
        if cut.who != OURS:
            return self._peers(cut, plan)
        if plan.rule.structured:
            # The same share of every group gives the same widths, whatever a method scores.
            norms = replace(plan, method="l1_filter")
            sparsity = sparsity_for(self.data, self.weights, norms, cut.level)
            plan = replace(plan, sparsity=sparsity)
        spec = PruneSpec(data=self.data.digest, dense=self.trained, plan=plan)
        return measured(network_result(self.session.finish(spec, SEED)).point)

    def _peers(self, cut: Cut, plan: PrunePlan) -> dict[str, Any]:
        if not (self.folder / "logits.npy").exists():
            measured_peer.hand_over(self.folder, self.data, self.weights)
        ask, is_global = measured_peer.cut_and_retrain, cut.allocation == GLOBAL
        return ask(self.folder, self.data, plan, cut.level, is_global, SEED)


def measured(point: Point) -> dict[str, Any]:
    """Return what the page says of a point. left: parameters that are not zero."""
    names = ("accuracy", "validation_accuracy", "multiply_adds", "zeros", "seconds")
    found = {name: getattr(point, name) for name in names}
    return found | {"left": point.parameters - point.zeros, "parameters": point.parameters}


def fewer_images(whole: Dataset) -> Dataset:
    """Return a data set of some of the training images, judged on others that nobody chose by."""
    order = generator(0, "measured networks").permutation(len(whole.train))
    train = whole.train.take(np.sort(order[:TRAINED_ON]))
    test = whole.train.take(np.sort(order[TRAINED_ON : TRAINED_ON + JUDGED_ON]))
    return replace(whole, train=train, test=test)


def trained(session: Session, data: str, name: str) -> tuple[Bench, Point]:
    """Return a network of the catalogue, trained, and what it reaches."""
    epochs, workspace = NETWORKS[name], session.workspace
    images = dataset_store.load(workspace, data)
    network = CATALOGUE[name].network(images.image_shape, len(images.class_names))
    kept = keep_network(workspace.networks, network)
    recipe = replace(FAST, epochs=epochs.dense)
    job = session.finish(TrainSpec(data=data, recipe=recipe, network=kept, name=name), SEED)
    result = network_result(job)
    dense = read_network(workspace.artifacts(job.id) / result.weights, scratch=workspace.scratch)
    read = prepare_for(images, dense.network)
    return Bench(session, read, dict(dense.weights or {}), job.id, epochs), result.point


def main() -> None:
    """Compute what lacks, the most important first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--install", action="store_true", help="make the peer's environment")
    parser.add_argument("--only", nargs="+", choices=list(NETWORKS), default=list(NETWORKS))
    options = parser.parse_args()
    if options.install:
        measured_peer.install()
    workspace = open_workspace()
    session = Session(workspace, Store(workspace.store_url))
    whole = builtin_datasets.load_any(options.data, workspace)
    data = dataset_store.save(workspace, fewer_images(whole))
    for name in options.only:
        bench, point = trained(session, data, name)
        keep(name, "dense", measured(point) | asdict(bench.epochs))
        for cut in cuts():
            if cut.key not in stored(MEASURED)[name]:
                keep(name, cut.key, asdict(cut) | bench.row(cut))


def keep(network: str, key: str, row: dict[str, Any]) -> None:
    """Store a row and write the page."""
    found = stored(MEASURED)
    found.setdefault(network, {})[key] = row
    MEASURED.write_text(json.dumps(found, indent=1) + "\n")
    write_page()
    print(json.dumps({network: row}), flush=True)


if __name__ == "__main__":
    main()
