"""No choice looks at the holdout: it fails where a choice only touches those images or numbers."""

from dataclasses import dataclass, fields, replace

import pytest

from core.data.dataset import Split
from core.evaluation.axes import all_axes
from core.evaluation.frontier import best_by_validation, best_under
from core.evaluation.point import Point
from core.progress import Silent
from core.pruning.allocation.scores import ALLOCATIONS
from core.pruning.methods import METHODS
from core.pruning.plan import PrunePlan
from core.pruning.preview.explorer import Explorer
from core.pruning.preview.sensitivity import sensitivity
from core.pruning.prune import prune
from core.training.recipe import Recipe
from core.training.train import train
from tests.evaluation.points import point
from tests.pruning.tiny import SHAPE, data, weights

HOLDOUT_NUMBERS = ("accuracy", "score", "per_class_accuracy", "confusion", "agreement")


class Looked(AssertionError):
    """Something looked at the holdout."""


class Sealed(Split):
    """Images that nobody may look at."""

    def __init__(self) -> None:
        pass

    def __getattribute__(self, name):
        raise Looked(name)

    def __len__(self):
        raise Looked("len")


def sealed_data():
    return replace(data(), holdout=Sealed())


@dataclass(frozen=True)
class SealedPoint(Point):
    """A point whose holdout numbers nobody may look at."""

    def __getattribute__(self, name):
        if name in HOLDOUT_NUMBERS:
            raise Looked(name)
        return super().__getattribute__(name)


def sealed(open_point):
    return SealedPoint(**{f.name: getattr(open_point, f.name) for f in fields(Point)})


def points():
    """Return networks of which the holdout likes another one than the validation images do."""
    lucky = point(0.9, 0.9, seed=1, validation_accuracy=0.7)
    better = point(0.8, 0.9, seed=2, validation_accuracy=0.8)
    return [lucky, better]


def test_the_seal_holds():
    with pytest.raises(Looked):
        _ = sealed_data().holdout.images
    with pytest.raises(Looked):
        _ = sealed(points()[0]).accuracy


def test_the_best_network_is_chosen_without_the_holdout():
    lucky, better = points()
    assert best_by_validation([sealed(lucky), sealed(better)]).seed == better.seed


@pytest.mark.parametrize("key", ["accuracy", "score", "agreement", "class:0", "class:1"])
def test_the_best_under_a_budget_is_chosen_without_the_holdout(key):
    axes = all_axes(["cat", "dog"])
    assert best_under(points(), axes["gzip_bytes"], 4000, axes[key]).seed == 2


@pytest.mark.parametrize("key", all_axes(["cat"]))
def test_no_axis_chooses_by_a_number_of_the_holdout(key):
    all_axes(["cat"])[key].choice(sealed(points()[0]))


@pytest.mark.slow
@pytest.mark.parametrize("name", METHODS)
def test_pruning_chooses_without_the_holdout(name):
    plan = PrunePlan(method=name, sparsity=0.6, epochs=2, batch_size=32)
    assert prune(weights(), sealed_data(), plan, 1, Silent()).weights


@pytest.mark.slow
@pytest.mark.parametrize("allocation", ALLOCATIONS)
def test_allocations_choose_without_the_holdout(allocation):
    plan = PrunePlan(method="magnitude", sparsity=0.6, epochs=0, allocation=allocation)
    assert prune(weights(), sealed_data(), plan, 1, Silent()).weights


@pytest.mark.slow
def test_training_explorer_and_sensitivity_choose_without_the_holdout():
    recipe = Recipe(epochs=1, batch_size=32)
    assert train(weights(), SHAPE, sealed_data(), recipe, 1, Silent()).weights
    plan = PrunePlan(method="l1_filter", sparsity=0.5, epochs=0)
    assert Explorer(weights(), sealed_data()).answer(plan).accuracy >= 0
    assert sensitivity(weights(), sealed_data(), plan, 1, Silent())
