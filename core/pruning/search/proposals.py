"""What the competition tries next: recipes proposed by Optuna from what was tried before."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.evaluation.score import score
from core.pruning.plan import PrunePlan
from core.randomness import derived_seed
from core.records import Record
from core.settings import Value

# Known to do well without a search; the proposals start around it.
USUAL = 0.97
START: dict[str, Value] = {
    "sparsity": USUAL,
    "learning_rate": 2e-3,
    "distillation": 0.5,
    "dropout": 0.3,
    "ramp": 0.5,
    "allocation": "lamp",
    "weight_decay": 0.0,
}
# How often START is tried at another sparsity before anything else changes: it matters most.
SPARSITIES = 3
MOST_KEPT = 0.5  # of what may go
# What a pruned network lacks to its dense one shrinks with its epochs to this power: by 2.2 and 1.7
# times from 6 epochs to 36 at 95 and 98% zeros (docs/results.md), by 1.4 from 4 to 10 at 96%.
SHRINKING = 0.35
MOST_LOST = 0.25  # seen to shrink were up to 13 points; what falls to chance may stay there


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


@dataclass(frozen=True)
class Outlook:
    """What is expected of the last run of a competition, by which its tries are ranked.

    dense: accuracy of the dense network, on the images that tries are judged by. epochs: of the
    last run. usual: the share of zeros, of what may go, to begin with.
    """

    dense: float = 0.0
    epochs: float = 0.0
    usual: float = USUAL

    def accuracy(self, entry: Entry) -> float:
        """Return the accuracy that an entry's recipe may reach in the last run.

        A brief try favors few zeros, as a network that lost more of them gains more from training
        on. One that failed, after no epoch, or fell apart promises nothing more.
        """
        lost = max(0.0, self.dense - entry.accuracy)
        if not entry.epochs or lost > MOST_LOST:
            return entry.accuracy
        longer = max(1.0, self.epochs / entry.epochs)
        return max(entry.accuracy, self.dense - float(lost / longer**SHRINKING))

    def objective(self, entry: Entry) -> float:
        """Return the objective of that accuracy."""
        reached = self.accuracy(entry)
        return objective_of(score(reached, entry.sparsity), reached)

    def next_sparsity(self, tried: Sequence[Entry]) -> float:
        """Return the sparsity to try next, in a bisection by what the others would lose.

        A point of zeros is worth a point of accuracy: where less is lost than there is left to
        take, more zeros may pay; else fewer.
        """
        lost = {1 - _sparsity(each): self.dense - self.accuracy(each) for each in tried}
        pays = [kept for kept, points in lost.items() if points < kept]
        costs = [kept for kept, points in lost.items() if points >= kept]
        if not lost:
            return self.usual
        if not costs:
            return 1 - min(pays) / 2
        most = max(costs)
        if not pays:
            return 1 - min(max(2 * most, lost[most]), MOST_KEPT)
        return 1 - math.sqrt(min(pays) * most)


def plan_of(values: dict[str, Value], epochs: int) -> PrunePlan:
    """Return the magnitude plan with these values."""
    return replace(PrunePlan(batch_normalisation=True, epochs=epochs), **values)  # type: ignore[arg-type]


def propose(tried: Sequence[Entry], seed: int, outlook: Outlook = Outlook()) -> dict[str, Value]:
    """Return the next values to try: START at several sparsities; then Optuna's.

    The answer depends on what is passed only, so that a resumed search proposes the same. Source
    of the tree-structured Parzen estimator: Bergstra et al. 2011, Algorithms for hyper-parameter
    optimization.
    """
    if len(tried) < SPARSITIES:
        return START | {"sparsity": outlook.next_sparsity(tried)}
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(
        seed=derived_seed(seed, "proposal", len(tried)), n_startup_trials=SPARSITIES
    )
    study = optuna.create_study(direction="maximize", sampler=sampler)
    space = _space([_sparsity(each) for each in tried])
    for entry in tried:
        study.add_trial(
            optuna.trial.create_trial(
                params=entry.values, distributions=space, value=outlook.objective(entry)
            )
        )
    return dict(study.ask(space).params)


def _sparsity(entry: Entry) -> float:
    return float(str(entry.values["sparsity"]))


def _space(sparsities: Sequence[float]) -> dict[str, Any]:
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    return {
        "sparsity": FloatDistribution(min(0.94, *sparsities), max(0.99, *sparsities)),
        "learning_rate": FloatDistribution(1e-3, 6e-3, log=True),
        "distillation": FloatDistribution(0.2, 0.9),
        "dropout": FloatDistribution(0.0, 0.5),
        "ramp": FloatDistribution(0.3, 0.7),
        "allocation": CategoricalDistribution(["lamp", "global"]),
        "weight_decay": CategoricalDistribution([0.0, 0.01]),
    }
