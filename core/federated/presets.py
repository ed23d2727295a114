"""Ready-made comparisons, one for each question the assignment asks of federated learning."""

from collections.abc import Mapping
from typing import Any

from core.federated.spec import FederatedComparisonSpec, FederatedSpec

# One draw of the data for all presets, so that their curves can be compared: 7,210 training
# samples at 30 clients, the largest of which holds a third.
_DATA_SEED = 1
_SAMPLED: Mapping[str, Any] = {"clients_per_round": 10, "learning_rate": 0.01}

QUESTIONS: dict[str, str] = {
    "sgd_and_fedavg": "IID clients: which needs fewer server iterations, mini-batch SGD or FedAvg?",
    "local_steps": "IID clients: what is gained by more local steps?",
    "iid_and_heterogeneous": "How much accuracy does FedAvg lose on heterogeneous clients?",
    "drift": "Do more local steps increase client drift, and what reduces it?",
}

TITLES: dict[str, str] = {
    "sgd_and_fedavg": "SGD vs. FedAvg",
    "local_steps": "Local steps",
    "iid_and_heterogeneous": "IID vs. heterogeneous",
    "drift": "Client drift",
}


def _run(label: str, data: str, algorithm: str = "fedavg", **others: Any) -> FederatedSpec:
    # Read, not constructed: what is not said here stays unsaid in the run's stored settings.
    said = {
        "label": label,
        "data": data,
        "data_seed": _DATA_SEED,
        "algorithm": algorithm,
        "rounds": 100,
    }
    return FederatedSpec.from_json({**said, **others})


def _sgd(label: str, rate: float) -> FederatedSpec:
    return _run(label, "iid", "minibatch_sgd", learning_rate=rate, clients_per_round=10)


def _heterogeneous(label: str, data: str) -> FederatedSpec:
    return _run(label, data, local_epochs=20, hidden=0, **_SAMPLED)


def _drifting(label: str, algorithm: str = "fedavg", **others: Any) -> FederatedSpec:
    return _run(label, "synthetic:1,1", algorithm, hidden=0, learning_rate=0.01, **others)


PRESETS: Mapping[str, tuple[FederatedSpec, ...]] = {
    "sgd_and_fedavg": (
        _sgd("SGD, rate 0.01", 0.01),
        _sgd("SGD, rate 1", 1.0),
        _sgd("SGD, rate 3", 3.0),
        _sgd("SGD, rate 10", 10.0),
        _run("FedAvg, 1 epoch", "iid", local_epochs=1, **_SAMPLED),
        _run("FedAvg, 20 epochs", "iid", local_epochs=20, **_SAMPLED),
    ),
    "local_steps": tuple(
        _run(
            f"FedAvg, {steps} local step{'s' if steps > 1 else ''}",
            "iid",
            local_steps=steps,
            learning_rate=0.01,
        )
        for steps in (1, 5, 20, 100)
    ),
    "iid_and_heterogeneous": (
        _heterogeneous("IID", "iid"),
        _heterogeneous("Synthetic(0, 0)", "synthetic:0,0"),
        _heterogeneous("Synthetic(0.5, 0.5)", "synthetic:0.5,0.5"),
        _heterogeneous("Synthetic(1, 1)", "synthetic:1,1"),
    ),
    "drift": (
        _drifting("FedAvg, 1 step", local_steps=1),
        _drifting("FedAvg, 20 steps", local_steps=20),
        _drifting("FedAvg, 100 steps", local_steps=100),
        _drifting("FedAvg, 1 epoch", local_epochs=1, clients_per_round=10),
        _drifting("FedAvg, 20 epochs", local_epochs=20, clients_per_round=10),
        _drifting(
            "FedProx, 20 epochs",
            "fedprox",
            algorithm_settings={"mu": 1.0},
            local_epochs=20,
            clients_per_round=10,
        ),
        # What FedAvg minimises, and what the paper does: two objectives, so both are shown.
        _drifting(
            "SCAFFOLD, 100 steps, weighted by samples",
            "scaffold",
            algorithm_settings={"weighting": "samples"},
            local_steps=100,
        ),
        _drifting("SCAFFOLD, 100 steps, equal clients", "scaffold", local_steps=100),
    ),
}


def comparison(question: str) -> FederatedComparisonSpec:
    """Return the runs that answer a question of this module as one job."""
    return FederatedComparisonSpec(preset=question, runs=PRESETS[question])
