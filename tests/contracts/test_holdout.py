"""No choice looks at the holdout: it fails where a choice only touches those images or numbers."""

import ast
import re
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import SimpleNamespace

import pytest

import core
from core.data.dataset import Split
from core.evaluation.axes import all_axes
from core.evaluation.frontier import best_by_validation, best_under
from core.evaluation.point import Point
from core.progress import Silent
from core.pruning.allocation.channels import CHANNEL_ALLOCATIONS
from core.pruning.allocation.scores import ALLOCATIONS
from core.pruning.methods import METHODS
from core.pruning.plan import PrunePlan
from core.pruning.preview.explorer import Explorer
from core.pruning.preview.sensitivity import sensitivity
from core.pruning.prune import prune
from core.report.answers.pruning import pruning_answers
from core.tasks import competition
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


def test_a_competition_learns_of_a_network_what_validation_images_say(monkeypatch):
    _, better = points()
    result = SimpleNamespace(point=sealed(better))
    monkeypatch.setattr(competition, "network_result", lambda job: result)
    context = SimpleNamespace(store=SimpleNamespace(last_start=lambda id: None))
    made = competition.JobTrainer(context, "d")._made(
        SimpleNamespace(id="n", started=1.0, finished=3.0)
    )
    assert (made.accuracy, made.score) == (0.8, pytest.approx(0.85))


def disagreeing(holdout):
    """Return three sweeps; validation likes magnitude best, the holdout what it is told to."""
    images = {"parent": "dense", "confusion": ((10_000, 0), (0, 0))}
    dense = point(0.95, 0.0, "dense", id="dense", label="Dense", parent="", score=0.0)
    liked = {"magnitude": 0.8, "taylor": 0.75, "snip": 0.7}
    return [dense, *(
        point(
            holdout[method] - level / 10, level, method, id=f"{method}{level}{seed}", seed=seed,
            label=f"{method} {level} {seed}",
            validation_accuracy=liked[method] - level / 10 - seed / 50, **images,
        )
        for method in liked for level in (0.8, 0.9, 0.95) for seed in range(2)
    )]  # fmt: skip


def chosen(found):
    """Return what the report chooses: names in its sentences, networks in its chart of classes."""
    answer = pruning_answers(found)[1]
    forms = (
        r"validation images (?:choose|give) (.*?) (?:at [\d.]+%|the largest)",
        r"fine-tuning, (.*?) are the best two",
        r"The front bends at [\d.]+% \((.*?),",
    )
    said = [name for form in forms for each in answer.sentences for name in re.findall(form, each)]
    return [*said, *(trace["name"] for trace in answer.charts[2].traces)]


def test_the_report_chooses_the_same_whatever_the_holdout_likes():
    agreed = chosen(disagreeing({"magnitude": 0.85, "taylor": 0.75, "snip": 0.65}))
    assert agreed[:3] == ["Magnitude", "Magnitude", "Magnitude and Taylor"]
    assert chosen(disagreeing({"magnitude": 0.65, "taylor": 0.75, "snip": 0.85})) == agreed


# What is drawn in an order, and grading, which chooses nothing (decision 3).
ORDERS = ("core/evaluation/lineage.py", "core/grading/")


# Explored cuts, whose accuracy is of validation images: they are never measured on the holdout.
PREVIEWS = (
    "core/figures/frontier/first_cuts.py",
    "core/tasks/first_cuts.py",
    "pages/components/views/preview/outcome_view.py",
)


def test_nothing_in_the_source_is_chosen_by_a_number_of_the_holdout():
    """No key of max, min or sorted looks at one, but where an order is drawn."""
    root = Path(core.__file__).parent.parent
    found = [
        f"{path.relative_to(root)}:{key.lineno}"
        for room in ("core", "pages")
        for path in sorted((root / room).rglob("*.py"))
        if not path.relative_to(root).as_posix().startswith((*ORDERS, *PREVIEWS))
        for key in keys(ast.parse(path.read_text("utf-8")))
        if any(isinstance(n, ast.Attribute) and n.attr in HOLDOUT_NUMBERS for n in ast.walk(key))
    ]
    assert found == []


def keys(tree):
    """Return what calls are told to order or choose by."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [given.value for call in calls for given in call.keywords if given.arg == "key"]


@pytest.mark.slow
@pytest.mark.parametrize("allocation", CHANNEL_ALLOCATIONS)
def test_widths_are_chosen_without_the_holdout(allocation):
    plan = PrunePlan(method="l1_filter", sparsity=0.6, epochs=0, allocation=allocation)
    assert prune(weights(), sealed_data(), plan, 1, Silent()).weights


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
