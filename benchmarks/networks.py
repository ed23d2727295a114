"""Every model of keras.applications read, cut to half of its units, and pruned to 90%.

Run: python -m benchmarks.networks [names …]. Writes docs/networks.md; rows of models that are not
named are kept from benchmarks/networks.json.
"""

import gc
import json
import math
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.networks_page import ROWS, SPARSITY, TOLERANCE, stored, write_page
from core.errors import LabError
from core.evaluation.cost import zeros
from core.networks import applications
from core.networks.graph import Network, predict
from core.networks.groups.choice import keep_best, l1_scores
from core.networks.groups.compaction import compact, masked
from core.networks.groups.unit_groups import unit_groups
from core.networks.keras_files.reader import read_network
from core.networks.keras_model import build, put
from core.networks.network import Weights
from core.pruning.one_shot import smallest_weights
from core.randomness import generator

SIDE, REMOVED = 96, 0.5
LARGER = {"NASNetLarge": 331, "InceptionV3": 139, "InceptionResNetV2": 139}  # read no 96 x 96


def random_weights(network: Network) -> dict[str, np.ndarray]:
    """Return weights with which no part of the network is trivial, as after a training."""
    rng = generator(0, "networks")
    found = {}
    for name, size in network.parameter_shapes().items():
        layer, _, part = name.rpartition("/")
        if part in ("gamma", "variance", "moving_variance"):
            values = rng.uniform(0.5, 1.5, size)
        elif part == "count":  # of Normalization: a whole number in the file
            values = np.ones(size)
        elif len(size) > 1:
            is_depthwise = part == "depthwise_kernel" or "Depthwise" in network.by_name[layer].kind
            reads = math.prod(size[:2] if is_depthwise else size[:-1])
            values = rng.standard_normal(size, np.float32) * np.sqrt(2 / reads)
        else:
            values = rng.normal(0, 0.1, size)
        found[name] = np.asarray(values, np.float32)
    return found


def without_softmax(network: Network) -> Network:
    """Return the network that ends in logits: probabilities of 1,000 classes are all alike."""
    rows = network.to_dict()["layers"]
    for row in rows:
        if row["settings"].get("activation") == "softmax":
            row["settings"]["activation"] = "linear"
    return Network.from_dict({"layers": rows})


def measure(name: str) -> dict[str, Any]:
    """Return one model's row; a refusal is its reason."""
    side = LARGER.get(name, SIDE)
    try:
        network = without_softmax(applications.application(name, (side, side, 3)))
    except LabError as error:
        return {"name": name, "refused": str(error)}
    weights = random_weights(network)
    row = {"name": name, "side": side, "parameters": network.parameters}
    row |= structured(network, weights)
    return row | _unstructured(network, weights)


def structured(network: Network, weights: dict[str, np.ndarray]) -> dict[str, Any]:
    """Return what is measured of the network cut to half of its units."""
    start = time.perf_counter()
    groups = unit_groups(network)
    kept = keep_best(groups, l1_scores(groups, weights), REMOVED)
    small, arrays = compact(groups, weights, kept)
    seconds = time.perf_counter() - start
    # Bytes, as most of these networks expect, in areas of a twelfth: noise alone averages out.
    areas = generator(0, "images").random((2, 12, 12, 3)).astype(np.float32)
    side = -(-network.input_shape[0] // 12)
    images = 255 * areas.repeat(side, 1).repeat(side, 2)[:, : network.input_shape[0]]
    images = images[:, :, : network.input_shape[1]]
    pairs = ((small, arrays), (network, masked(groups, weights, kept)))
    of_small, of_masked = (_predicted(*pair, images) for pair in pairs)
    apart = _difference(of_small, of_masked)
    again = {"apart_float64": _in_float64(pairs, images)} if apart > TOLERANCE else {}
    return {
        "free": len(groups.free),
        "groups": len(groups.groups),
        "units": sum(len(group.units) for group in groups.free),
        "left": small.parameters,
        "multiply_adds": small.multiply_adds / network.multiply_adds,
        "apart": apart,
        "signal": float(np.ptp(of_masked, axis=0).max() / np.abs(of_masked).max()),
        "seconds": seconds,
        **again,
    }


def _difference(one: np.ndarray, other: np.ndarray) -> float:
    """Return the largest difference, over the largest number of the other."""
    return float(np.abs(one - other).max() / np.abs(other).max())


def _in_float64(pairs: Iterable[tuple[Network, Weights]], images: np.ndarray) -> float:
    """Return the difference in double precision: a real one stays, one of rounding goes."""
    precise = images.astype(np.float64)
    return _difference(
        *(
            predict(network, {n: a.astype(np.float64) for n, a in weights.items()}, precise)
            for network, weights in pairs
        )
    )


def _predicted(network: Network, weights: dict[str, np.ndarray], images: np.ndarray) -> np.ndarray:
    import keras

    model = build(network)
    put(model, network, weights)
    found = np.asarray(model.predict_on_batch(images))
    keras.backend.clear_session()
    return found


def _unstructured(network: Network, weights: dict[str, np.ndarray]) -> dict[str, Any]:
    pruned = smallest_weights(network, weights, SPARSITY)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.keras"
        model = build(network)
        put(model, network, pruned)
        model.save(path)
        again = read_network(path, scratch=Path(folder)).weights or {}
    exact = all(np.array_equal(again[key], pruned[key]) for key in pruned)
    return {"zeros": zeros(again), "exact": exact}


def main(names: list[str]) -> None:
    """Measure models and write the page."""
    rows = stored(ROWS)
    for name in names or applications.NAMES:
        rows[name] = measure(name)
        print(json.dumps(rows[name]), flush=True)
        ordered = {name: rows[name] for name in applications.NAMES if name in rows}
        ROWS.write_text(json.dumps(ordered, indent=1) + "\n")
        write_page()
        gc.collect()


if __name__ == "__main__":
    main(sys.argv[1:])
