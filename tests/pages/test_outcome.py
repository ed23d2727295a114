"""How the tour's sweep ends: a computed sentence, images that it cost, a file, a comparison."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from core.evaluation.forgotten import (
    ForgottenResult,
    ForgottenSpec,
    forgotten,
    write_answers,
)
from core.evaluation.point import Point
from core.jobs.store.lease import Update
from core.networks.formats import keras_h5
from core.networks.network import REFERENCE
from core.pruning.plan import PrunePlan
from core.pruning.preview.first_cuts import FOLDER, RESULT_FILE, metric_of
from core.pruning.preview.spec import PreviewResult
from core.pruning.search.spec import SweepResult, SweepSpec
from core.pruning.spec import PruneResult, PruneSpec
from core.runs.finished.networks import network_of
from core.training.recipe import QUICK
from core.training.spec import TrainSpec
from pages.components.session import sweep_now
from tests.pages.conftest import all_text, answers
from tests.runs.finished_lab import CLASSES, begin, finish, pruned_weights, settle

pytestmark = pytest.mark.slow  # whole pages


def answered(folder):
    """Write what was forgotten into a folder and return it."""
    found = forgotten(answers(), CLASSES)
    write_answers(folder, found, answers(), np.zeros((4, 5, 5, 1), np.float32))
    return found


def swept(store, workspace, ids):
    """Return a finished sweep of two networks, of which the sparser is the better."""
    told = SweepSpec(data=ids["data"], dense=ids["dense"], methods=("magnitude",))
    sweep = finish(store, told, SweepResult(dense=ids["dense"], points=()))
    old = network_of(store.get(ids["magnitude-0.95"])).point
    for sparsity, accuracy in ((0.8, 0.7), (0.96, 0.75)):
        plan = PrunePlan(method="magnitude", sparsity=sparsity, epochs=1)
        spec = PruneSpec(data=ids["data"], dense=ids["dense"], plan=plan)
        job_id = store.submit(spec, 0, parent=sweep)
        weights = pruned_weights(sparsity)
        keras_h5.write(workspace.artifacts(job_id) / "my_model_weights.h5", weights)
        point: Point = replace(
            old, label=f"Magnitude {sparsity:.1%}", sparsity=sparsity, accuracy=accuracy,
            validation_accuracy=accuracy, plan=plan.to_dict(),
        )  # fmt: skip
        settle(store, job_id, PruneResult(
            weights="my_model_weights.h5", shape=REFERENCE, point=point
        ))  # fmt: skip
    return sweep, job_id


def test_the_end_is_a_sentence_the_lost_images_the_best_file_and_a_comparison(
    filled_home, store, open_page
):
    workspace, ids = filled_home
    sweep, best = swept(store, workspace, ids)
    spec = ForgottenSpec(data=ids["data"], dense=ids["dense"], network=best)
    asked = store.submit(spec, 0)
    found = answered(workspace.artifacts(asked))
    settle(store, asked, ForgottenResult(forgotten=found))
    test = open_page("home", sweep=sweep)
    assert not test.exception
    text = all_text(test).replace("\\", "")
    assert "The best of 2 pruned networks by validation images is Magnitude 96.0%, with a" in text
    assert text.count("Magnitude 96.0% keeps") == 1
    assert "loses 1.0 points of accuracy on the holdout" in text
    assert (
        "Of 4 validation images (of 40), 1 is wrong now and was right before. This is it." in text
    )
    (file,) = [b for b in test.get("download_button") if "best network" in b.proto.label]
    assert file.proto.label == "Download the best network"


def begun(store, workspace, ids):
    """Return a sweep that is training its own network, and that training's lease."""
    told = SweepSpec(data=ids["data"], methods=("magnitude",), sparsities=(0.8,), recipe=QUICK)
    sweep = store.submit(told, 0)
    waiting = begin(store, sweep)
    training = store.submit(TrainSpec(data=ids["data"], recipe=QUICK), 7, parent=sweep)
    lease = begin(store, training)
    cut = metric_of(PrunePlan(method="magnitude", sparsity=0.8, epochs=0))
    seen = {("validation_accuracy", 1): 0.8, (cut, 1): 0.75}
    lease.beat(Update(1, 5, metrics=seen))
    return sweep, training, waiting, lease


def test_while_the_network_trains_a_sentence_says_what_a_cut_would_leave(
    filled_home, store, open_page
):
    workspace, ids = filled_home
    sweep, *_ = begun(store, workspace, ids)
    text = all_text(open_page("home", sweep=sweep)).replace("\\", "")
    assert (
        "Cut once, without retraining: Magnitude with 80.0% zeros classifies 75.0% of 40 "
        "validation images correctly, the network before the cut 80.0%." in text
    )


def test_once_it_is_trained_the_best_cut_has_images_and_a_file(filled_home, store, open_page):
    workspace, ids = filled_home
    sweep, training, *_ = begun(store, workspace, ids)
    folder = workspace.artifacts(training) / FOLDER
    found = answered(folder)
    plan = PrunePlan(method="magnitude", sparsity=0.8, epochs=0)
    kept = PreviewResult(
        sparsity=0.8, accuracy=0.7, dense_accuracy=0.8, score=0.75, images=4, seconds=0.1,
        reconstructed=False, plan=plan, layers=(), weights="my_model_weights.h5", forgotten=found,
    )  # fmt: skip
    keras_h5.write(folder / "my_model_weights.h5", pruned_weights(0.8))
    (folder / RESULT_FILE).write_text(json.dumps(kept.to_json()))
    test = open_page("home", sweep=sweep)
    assert not test.exception
    text = all_text(test).replace("\\", "")
    assert "correctly, the network before the cut 80.0%." in text
    assert "classifies 70.0% of 4 validation images (of 40) correctly" in text
    assert [cut.accuracy for cut in sweep_now(sweep).cuts] == [0.7]  # the dot says so too
    assert (
        "Magnitude 80.0% before fine-tuning: Of 4 validation images (of 40), 1 is wrong now" in text
    )
    labels = [each.proto.label for each in test.get("download_button")]
    assert "Download the best network so far" in labels
    shutil.rmtree(folder)  # a cut that is gone takes nothing else with it
    assert not open_page("home", sweep=sweep).exception
