"""Names that people read, for methods and algorithms, from their own tables."""

from core.data.uploads.leaf_store import LEAF_PREFIX
from core.federated.algorithms import ALGORITHMS
from core.pruning.methods import METHODS


def method_labels() -> dict[str, str]:
    """Return method name -> label, the dense network included."""
    return {"dense": "Dense"} | {name: method.label for name, method in METHODS.items()}


def data_label(data: str) -> str:
    """Return where a federation's data came from: "IID data", "Synthetic(1, 1)", or its digest."""
    variant = " drawn as in the authors' program" if data.endswith(",code") else ""
    if data.partition(",")[0] == "iid":
        return f"IID data{variant}"
    if data.startswith("synthetic:"):
        return f"Synthetic({', '.join(data.removeprefix('synthetic:').split(',')[:2])}){variant}"
    if data.startswith(LEAF_PREFIX):
        return f"clients {data.removeprefix(LEAF_PREFIX)[:8]}"
    return f"data {data[:8]}"


def algorithm_labels() -> dict[str, str]:
    """Return algorithm name -> label."""
    return {name: algorithm.label for name, algorithm in ALGORITHMS.items()}
