"""Points made by hand for the tests: only what a test names differs from these."""

from typing import Any

from core.evaluation.point import Layer, Point


def point(accuracy: float, sparsity: float, method: str = "magnitude", **other: Any) -> Point:
    values: dict[str, Any] = {
        "id": f"{method}-{sparsity}-{other.get('seed', 0)}",
        "label": f"{method} at {sparsity}",
        "method": method,
        "plan": {"method": method, "sparsity": sparsity},
        "seed": 0,
        "epochs": 6.0,
        "seconds": 60.0,
        "parameters": 1000,
        "zeros": round(1000 * sparsity),
        "sparsity": sparsity,
        "accuracy": accuracy,
        "validation_accuracy": accuracy,
        "score": (accuracy + sparsity) / 2 if accuracy > 0.6 and sparsity > 0 else 0.0,
        "per_class_accuracy": (accuracy, accuracy),
        "confusion": ((6, 4), (3, 7)),
        "layers": (Layer("conv1", 1000, round(1000 * sparsity), sparsity, 10, 2),),
        "size_bytes": 4000,
        "gzip_bytes": round(4000 * (1 - sparsity)),
        "multiply_adds": round(1_000_000 * (1 - sparsity)),
        "agreement": 0.9,
        "notes": (),
        "digest": "0" * 16,
        "parent": "dense-job",
    }
    return Point(**(values | other))
