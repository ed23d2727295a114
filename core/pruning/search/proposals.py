"""What the competition tries next: recipes proposed by Optuna from what was tried before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.evaluation.score import score
from core.pruning.plan import PrunePlan
from core.randomness import derived_seed
from core.records import Record
from core.settings import Value

# Known to do well without a search; the proposals start around it.
START: dict[str, Value] = {
    "sparsity": 0.97,
    "learning_rate": 2e-3,
    "distillation": 0.5,
    "dropout": 0.3,
    "ramp": 0.5,
    "allocation": "lamp",
    "weight_decay": 0.0,
}
# What START is tried at before anything else changes: the share of zeros matters most.
SPARSITIES = (0.97, 0.985, 0.955)
# What a pruned network lacks to its dense one shrinks with its epochs to this power: by 2.2 and 1.7
# times from 6 epochs to 36 at 95 and 98% zeros (docs/results.md), by 1.4 from 4 to 10 at 96%.
SHRINKING = 0.35


@dataclass(frozen=True)
class Entry(Record):
    """One recipe that was tried: values of START's names, and how it did on validation images."""

    values: dict[str, Value]
    epochs: int
    accuracy: float
    sparsity: float
    score: float
    seconds: float

    @property
    def objective(self) -> float:
        """What the search maximises, see `objective_of`."""
        return objective_of(self.score, self.accuracy)

    def to_json(self) -> dict[str, Any]:
        """Return the entry for JSON, with the plan it stands for."""
        return {**super().to_json(), "plan": plan_of(self.values, self.epochs).to_dict()}


def objective_of(score: float, accuracy: float) -> float:
    """Return the score, or below every score the accuracy, where this is under the threshold.

    There all scores are 0; what comes nearer to the threshold is the better try all the same.
    """
    return score if score > 0 else accuracy - 1


def own_objective(entry: Entry) -> float:
    """Return what an entry reached itself."""
    return entry.objective


def promise_of(entry: Entry, dense: float, epochs: float) -> float:
    """Return the objective that an entry's recipe may reach in a longer run.

    dense: accuracy of the dense network, on the same images. epochs: of the longer run. A brief
    try favours few zeros, as a network that lost more of them gains more from training on. One
    that failed, after no epoch, promises nothing.
    """
    if not entry.epochs:
        return entry.objective
    longer = max(1.0, epochs / entry.epochs)
    lost = max(0.0, dense - entry.accuracy) / longer**SHRINKING
    accuracy = max(entry.accuracy, dense - lost)
    return objective_of(score(accuracy, entry.sparsity), accuracy)


def plan_of(values: dict[str, Value], epochs: int) -> PrunePlan:
    """Return the magnitude plan with these values."""
    return replace(PrunePlan(batch_normalisation=True, epochs=epochs), **values)  # type: ignore[arg-type]


def propose(
    tried: Sequence[Entry], seed: int, worth: Callable[[Entry], float] = own_objective
) -> dict[str, Value]:
    """Return the next values to try: START, with its SPARSITIES; then Optuna's.

    worth: what is to be as high as can be. The answer depends on what is passed only, so that a
    resumed search proposes the same. Source of the tree-structured Parzen estimator: Bergstra et
    al. 2011, Algorithms for hyper-parameter optimization.
    """
    if len(tried) < len(SPARSITIES):
        return START | {"sparsity": SPARSITIES[len(tried)]}
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(
        seed=derived_seed(seed, "proposal", len(tried)), n_startup_trials=len(SPARSITIES)
    )
    study = optuna.create_study(direction="maximize", sampler=sampler)
    space = _space()
    for entry in tried:
        study.add_trial(
            optuna.trial.create_trial(params=entry.values, distributions=space, value=worth(entry))
        )
    return dict(study.ask(space).params)


def _space() -> dict[str, Any]:
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    return {
        "sparsity": FloatDistribution(0.94, 0.99),
        "learning_rate": FloatDistribution(1e-3, 6e-3, log=True),
        "distillation": FloatDistribution(0.2, 0.9),
        "dropout": FloatDistribution(0.0, 0.5),
        "ramp": FloatDistribution(0.3, 0.7),
        "allocation": CategoricalDistribution(["lamp", "global"]),
        "weight_decay": CategoricalDistribution([0.0, 0.01]),
    }
