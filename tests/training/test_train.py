from dataclasses import replace

import numpy as np
import pytest

from core.errors import SettingsError, TrainingError, WeightsError
from core.networks.network import initial_weights
from core.progress import Silent, Stopped
from core.pruning.plan import PrunePlan
from core.pruning.preview.explorer import Explorer
from core.training.mask_schedule import MaskSchedule
from core.training.recipe import Recipe
from core.training.train import train
from tests.training.tiny import SHAPE, prepared

pytestmark = pytest.mark.slow

RECIPE = Recipe(
    epochs=3, batch_size=16, learning_rate=3e-3, schedule="one_cycle", flips=True, crop=1
)
WEIGHTS = initial_weights(SHAPE, 1)


def half_mask(seed=0):
    rng = np.random.default_rng(seed)
    return {name: rng.random(array.shape) < 0.5 for name, array in WEIGHTS.items()}


class StopsOnce(Silent):
    """Stops at the n-th report, once, and remembers what was recorded."""

    def __init__(self, at):
        super().__init__()
        self.left, self.steps = at, []

    def report(self, done, total, message=""):
        self.left -= 1
        if self.left == 0:
            raise Stopped

    def record(self, step, **values):
        self.steps.append(step)


def run(progress=None, recipe=RECIPE, **options):
    return train(WEIGHTS, SHAPE, prepared(), recipe, 7, progress or Silent(), **options)


def test_training_learns_and_records_every_epoch():
    progress = StopsOnce(at=10**9)
    trained = run(progress, replace(RECIPE, epochs=30, learning_rate=0.01))
    assert progress.steps == list(range(1, 31))
    assert trained.history.column("validation_accuracy")[trained.best_epoch - 1] > 0.6
    assert trained.history.column("loss")[-1] < trained.history.column("loss")[0]


def test_the_start_weights_are_not_changed():
    before = {name: array.copy() for name, array in WEIGHTS.items()}
    run()
    assert all(np.array_equal(before[name], WEIGHTS[name]) for name in before)


def test_the_best_epoch_on_validation_is_chosen_or_the_last():
    recipe = replace(RECIPE, epochs=6, learning_rate=0.03)
    best = run(recipe=recipe)
    accuracies = best.history.column("validation_accuracy")
    assert best.best_epoch == int(accuracies.argmax()) + 1
    assert run(recipe=replace(recipe, choose="last")).best_epoch == 6


def test_patience_ends_a_run_that_no_longer_improves():
    recipe = replace(RECIPE, epochs=50, learning_rate=0.0, schedule="constant", patience=2)
    trained = run(recipe=recipe)
    # Nothing moves, so epoch 1 stays the best and two more are waited for.
    assert (trained.best_epoch, len(trained.history)) == (1, 3)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_masked_entries_are_exactly_zero_after_training(optimizer):
    mask = half_mask()
    recipe = replace(RECIPE, optimizer=optimizer, averaging=0.9, weight_decay=0.01)
    trained = run(recipe=recipe, mask=mask)
    assert all((trained.weights[name][~keep] == 0).all() for name, keep in mask.items())
    assert all((trained.weights[name][keep] != 0).any() for name, keep in mask.items())
    assert all((trained.variables[name][~keep] == 0).all() for name, keep in mask.items())


def test_momentum_gained_before_masking_revives_nothing():
    """Adam's first moments are full when the mask comes, the usual way to get zeros back."""
    schedule = MaskSchedule(lambda step, _: half_mask() if step >= 4 else None, 4, last_step=4)
    trained = run(mask_schedule=schedule)
    assert all((trained.weights[name][~keep] == 0).all() for name, keep in half_mask().items())


def test_a_mask_schedule_sees_current_weights_and_only_a_final_mask_may_be_best():
    calls = []

    def remove_more(step, weights):
        calls.append((step, np.count_nonzero(weights["dense1/kernel"])))
        rows = np.arange(weights["dense1/kernel"].size).reshape(weights["dense1/kernel"].shape)
        return {"dense1/kernel": rows % 4 >= min(step // 3, 2)}

    recipe = replace(RECIPE, epochs=4, averaging=0.9)
    trained = run(recipe=recipe, mask_schedule=MaskSchedule(remove_more, 3, last_step=6))
    # 4 steps an epoch: calls at 0, 3, 6; step 6 lies in epoch 2, the first that may be chosen.
    size = WEIGHTS["dense1/kernel"].size
    assert calls == [(0, size), (3, size), (6, size * 3 // 4)]
    assert trained.best_epoch >= 2
    assert np.count_nonzero(trained.weights["dense1/kernel"]) == size // 2


def test_a_run_by_the_clock_ends_on_the_last_mask_however_few_steps_it_had_time_for():
    """Time for two epochs of the planned hundred: steps 0 to 3, then 4, 103, 202 and 301 of 400."""
    recipe = replace(RECIPE, epochs=100, seconds=0.001)
    schedule = MaskSchedule(lambda step, _: half_mask() if step >= 396 else None, 6, last_step=396)
    trained = run(recipe=recipe, mask_schedule=schedule)
    assert len(trained.history) == 2
    assert trained.best_epoch == 2
    assert all((trained.weights[name][~keep] == 0).all() for name, keep in half_mask().items())


VARIANTS = {
    "plain": {},
    "blended": {"recipe": replace(RECIPE, mixup=0.5, cutout=4, label_smoothing=0.1)},
    "sgd": {"recipe": replace(RECIPE, optimizer="sgd", learning_rate=0.05)},
    "masked": {"mask": half_mask()},
    "averaged": {"recipe": replace(RECIPE, averaging=0.95, weight_decay=0.01), "mask": half_mask()},
    "averaged at the end": {
        "recipe": replace(RECIPE, swa=0.9, batch_normalisation=True),
    },
    "averaged on changing masks": {
        "recipe": replace(RECIPE, averaging=0.95),
        "mask_schedule": MaskSchedule(
            lambda step, w: {n: abs(a) >= np.quantile(abs(a), step / 40) for n, a in w.items()},
            every=3,
            last_step=9,
        ),
    },
    "distilled": {
        "recipe": replace(RECIPE, distillation=0.5, label_smoothing=0.1),
        "teacher": initial_weights(SHAPE, 5),
    },
    "normalised": {
        "recipe": replace(RECIPE, batch_normalisation=True, averaging=0.9, precision="bfloat16")
    },
    "bfloat16": {
        "recipe": replace(RECIPE, precision="bfloat16", distillation=0.5),
        "teacher": initial_weights(SHAPE, 5),
    },
    "scheduled": {
        "mask_schedule": MaskSchedule(
            lambda step, w: {n: abs(a) >= np.quantile(abs(a), step / 40) for n, a in w.items()},
            every=2,
            last_step=10,
        )
    },
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_stopped_and_resumed_equals_undisturbed_bit_for_bit(variant):
    options = VARIANTS[variant]
    undisturbed = run(**options)
    # 4 steps an epoch, reported at 0, 4 (end), 8 (end) and 10: in the third, after two saves.
    progress = StopsOnce(at=4)
    with pytest.raises(Stopped):
        run(progress, **options)
    resumed = run(progress, **options)
    assert progress.steps == [1, 2, 3]
    assert np.array_equal(undisturbed.history.values, resumed.history.values)
    assert undisturbed.best_epoch == resumed.best_epoch
    for name, array in undisturbed.variables.items():
        assert array.tobytes() == resumed.variables[name].tobytes(), name


def test_a_run_that_was_stopped_at_its_very_end_is_finished_when_resumed():
    progress = StopsOnce(at=5)  # the report after the last epoch was saved
    with pytest.raises(Stopped):
        run(progress)
    assert len(run(progress).history) == 3
    assert progress.steps == [1, 2, 3]


def test_seeds_differ_and_the_same_seed_repeats():
    data = prepared()
    first, again, other = (
        train(WEIGHTS, SHAPE, data, RECIPE, seed, Silent()).weights["dense1/kernel"]
        for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_strong_teacher_pulls_the_student_to_its_answers():
    teacher = {name: array.copy() for name, array in WEIGHTS.items()}
    teacher["dense2/bias"][:] = [0, 0, 20]
    recipe = replace(RECIPE, epochs=10, distillation=1.0, learning_rate=0.02)
    student = run(recipe=recipe, teacher=teacher).weights
    others = student["dense2/bias"][:2].max()
    assert student["dense2/bias"][2] > others


def test_weights_of_another_network_are_refused():
    weights = {**WEIGHTS, "conv1/bias": np.zeros(3, np.float32)}
    with pytest.raises(WeightsError, match="conv1/bias has the shape"):
        train(weights, SHAPE, prepared(), RECIPE, 1, Silent())


def test_patience_waits_for_the_best_even_where_the_last_is_kept():
    recipe = replace(
        RECIPE, epochs=50, learning_rate=0.0, schedule="constant", patience=2, choose="last"
    )
    trained = run(recipe=recipe)
    assert (trained.best_epoch, len(trained.history)) == (3, 3)


def test_a_loss_that_is_no_number_ends_the_training_with_the_remedy():
    huge = {name: 1e30 * array for name, array in WEIGHTS.items()}
    with pytest.raises(TrainingError, match="not a number since epoch 1: .* smaller learning rate"):
        train(huge, SHAPE, prepared(), RECIPE, 7, Silent())


def test_normalisation_of_one_image_is_refused():
    with pytest.raises(SettingsError, match="two images in a batch"):
        replace(RECIPE, batch_normalisation=True, batch_size=1)


def test_whoever_looks_after_each_epoch_changes_no_bit_of_the_training():
    seen = []

    def look(epoch, weights):
        seen.append(epoch)
        Explorer(weights, prepared(), images=10).answer(PrunePlan(sparsity=0.5, epochs=0))

    recipe = replace(RECIPE, batch_normalisation=True)
    watched, alone = run(recipe=recipe, after_epoch=look), run(recipe=recipe)
    assert seen == [1, 2, 3]
    assert all(np.array_equal(watched.weights[name], alone.weights[name]) for name in alone.weights)
    assert np.array_equal(watched.history.values, alone.history.values)
