"""Which widths of channels to share out at 90%, chosen on validation images alone.

Every candidate is cut by the L1 norm of its filters and retrained for four epochs, from the dense
networks of docs/results.md (`make results` trains them), paired by seed. The holdout images are
taken away before anything is trained, so nothing can choose by them.

python -m benchmarks.widths --data FILE [--seeds 3]. Rows go to benchmarks/widths.json, and only
what is not in it is computed; prints the table of docs/decisions/0006.
"""

import argparse
import json
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np

from benchmarks.results_page import table
from core.commands.networks import network_result, stored_digest
from core.commands.session import Session
from core.data import store as dataset_store
from core.evaluation.accuracy import accuracy, predict
from core.jobs.store.store import Store, identity
from core.networks.formats import keras_h5
from core.networks.network import Weights
from core.networks.prepare import Prepared, prepare
from core.networks.topology import CHANNEL_LAYERS
from core.progress import Silent
from core.pruning.plan import PrunePlan
from core.pruning.prune import prune
from core.training.recipe import PRESETS
from core.training.spec import TrainSpec
from core.workspace import open_workspace

ROWS = Path(__file__).with_suffix(".json")
PLAN = PrunePlan(method="l1_filter", sparsity=0.9, epochs=4)
# conv1 to conv4 and the dense layer. The first are the default's; the next three come from the
# candidates of decision 6, each at the multiples of eight nearest to it; the last are the papers'
# uniform share, made alike.
CANDIDATES = (
    (24, 32, 56, 48, 15),
    (32, 32, 40, 48, 26),
    (24, 24, 48, 48, 29),
    (24, 24, 40, 40, 47),
    (8, 8, 24, 24, 132),
)


def validated(dense: Weights, data: Prepared, counts: dict[str, int], seed: int) -> float:
    """Return the accuracy on validation images of the file of the network with these widths."""
    with mock.patch("core.pruning.structured.channel_counts", return_value=counts):
        pruned = prune(dense, data, PLAN, seed, Silent())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pruned.h5"
        keras_h5.write(path, pruned.weights)
        again = keras_h5.read(path, data.shape)
    split = data.validation
    return accuracy(predict(again, data.shape, split.images), split.labels)


def without_holdout(data: Prepared) -> Prepared:
    """Return the data with no holdout image, so that nothing can look at one."""
    empty = replace(data.holdout, images=data.holdout.images[:0], labels=data.holdout.labels[:0])
    return replace(data, holdout=empty)


def dense_weights(session: Session, id: str) -> Weights:
    """Return the network that a finished training of the workspace made."""
    result = network_result(session.store.get(id))
    path = session.workspace.artifacts(id) / result.weights
    return keras_h5.read(path, result.reference_shape)


def compute(session: Session, digest: str, seeds: int) -> dict[str, list[float]]:
    """Return candidate -> validation accuracy by seed, computing what is not on file."""
    rows: dict[str, list[float]] = json.loads(ROWS.read_text()) if ROWS.exists() else {}
    data = without_holdout(prepare(dataset_store.load(session.workspace, digest)))
    train = TrainSpec(data=digest, recipe=PRESETS["thorough"])
    for seed in range(seeds):
        dense = dense_weights(session, identity(train, seed))
        for candidate in CANDIDATES:
            counts = dict(zip(CHANNEL_LAYERS, candidate, strict=True))
            found = rows.setdefault(", ".join(map(str, counts.values())), [])
            if len(found) == seed:
                found.append(validated(dense, data, counts, seed))
                print(counts, seed, found[-1], flush=True)
                ROWS.write_text(json.dumps(rows, indent=1) + "\n")
    return rows


def page(rows: dict[str, list[float]]) -> Iterable[str]:
    """Return the table: mean, deviation, and the difference from the first row with its error."""
    first = np.array(next(iter(rows.values())))
    lines = []
    for name, found in rows.items():
        values = np.array(found)
        apart = values - first[: len(values)]
        error = np.std(apart, ddof=1) / np.sqrt(len(apart))
        lines.append([f"({name})", f"{values.mean():.4f} ± {values.std(ddof=1):.4f}"])
        lines[-1].append(f"{100 * apart.mean():+.1f} ± {100 * error:.1f}")
    return table(["Widths", "Validation accuracy", "Points against the first"], lines)


def main() -> None:
    """Compute what is not on file, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    workspace = open_workspace()
    session = Session(workspace, Store(workspace.store_url))
    digest = stored_digest(session, options.data)
    print("\n".join(page(compute(session, digest, options.seeds))))


if __name__ == "__main__":
    main()
