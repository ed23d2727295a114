"""Tasks that look before anything is trained: the instant explorer and the sensitivity table."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from core.errors import SettingsError
from core.evaluation.forgetting import curve_of, write_curve
from core.evaluation.forgotten import (
    Answers,
    Forgotten,
    ForgottenResult,
    ForgottenSpec,
    forgotten,
    write_answers,
)
from core.jobs.housekeeping import delete_run
from core.jobs.runner.context import Context
from core.jobs.store.job import ENDED
from core.jobs.store.store import Store
from core.networks.formats import keras_h5
from core.networks.network import Weights
from core.pruning.graphs.explorer import NetworkExplorer
from core.pruning.graphs.sensitivity import network_sensitivity
from core.pruning.plan import PrunePlan
from core.pruning.preview.explorer import Explorer, Preview
from core.pruning.preview.sensitivity import sensitivity
from core.pruning.preview.spec import (
    CurvePoint,
    CurveResult,
    CurveSpec,
    ForgettingResult,
    ForgettingSpec,
    PreviewResult,
    PreviewSpec,
    SensitivityResult,
    SensitivitySpec,
)
from core.tasks.inputs import (
    PRUNED_FILE,
    fetch_network,
    network,
    open_network,
    open_prepared,
    prepared,
)
from core.tasks.other_networks import data_for, is_other, open_data, open_other, other_network
from core.workspace import Workspace

CURVE = (*(step / 20 for step in range(20)), 0.97, 0.98, 0.99)
ARRAYS_FILE = "preview.npz"
KEPT_PREVIEWS, FORGOTTEN_AT_ONCE = 60, 2


def preview(context: Context, spec: PreviewSpec) -> PreviewResult:
    """Answer one position of the explorer's sliders."""
    explorer = _explorer(context, spec)
    answer = explorer.answer(spec.plan, spec.per_layer, spec.reconstruction)
    name = _written(context.folder, explorer, answer.weights)
    seen = _seen(context, explorer, answer.answers) if spec.with_images else None
    forget_old_answers(context)
    return answer.result(name, seen)


def forgotten_images(context: Context, spec: ForgottenSpec) -> ForgottenResult:
    """Show what a finished network forgot, on the images that the explorer shows of every cut."""
    explorer = _explorer(context, spec)
    if isinstance(explorer, NetworkExplorer):
        weights = other_network(context, spec.network).weights
    else:
        weights = network(context, spec.network).weights
    found = _seen(context, explorer, explorer.compared(weights))
    return ForgottenResult(forgotten=found)


def _seen(context: Context, explorer: Explorer | NetworkExplorer, answers: Answers) -> Forgotten:
    found = forgotten(answers, explorer.class_names, explorer.falls)
    write_answers(context.folder, found, answers, explorer.split.images)
    return found


def _written(folder: Path, explorer: Explorer | NetworkExplorer, weights: Weights) -> str:
    """Write what the cut left, for the page to show, and return the file's name.

    Of another network the arrays alone: a whole network is read again before it is offered, which
    takes longer than a slider may.
    """
    if isinstance(explorer, Explorer):
        keras_h5.write(folder / PRUNED_FILE, weights)
        return PRUNED_FILE
    np.savez(folder / ARRAYS_FILE, allow_pickle=False, **weights)  # type: ignore[arg-type]
    return ARRAYS_FILE


def curve(context: Context, spec: CurveSpec) -> CurveResult:
    """Draw a method's one-shot curve, one sparsity after another."""
    points: list[CurvePoint] = []
    images = 0
    for number, (_, answer) in enumerate(_along(context, spec, _explorer(context, spec), CURVE)):
        points.append(CurvePoint(answer.sparsity, answer.accuracy, answer.score))
        images = answer.images
        context.progress.record(number, sparsity=answer.sparsity, accuracy=answer.accuracy)
    return CurveResult(spec.method, tuple(points), images)


def _along(
    context: Context,
    spec: CurveSpec | ForgettingSpec,
    explorer: Explorer | NetworkExplorer,
    levels: Sequence[float],
) -> Iterator[tuple[float, Preview]]:
    """Yield each level with its answer, as far as the network holds what may go."""
    for number, sparsity in enumerate(levels):
        context.progress.report(number, len(levels), f"{sparsity:.0%}")
        plan = PrunePlan(method=spec.method, sparsity=sparsity, epochs=0)
        try:
            answer = explorer.answer(plan, None, spec.reconstruction)
        except SettingsError:
            if not number:
                raise
            return
        yield sparsity, answer


def forgetting(context: Context, spec: ForgettingSpec) -> ForgettingResult:
    """Find at which level of the one-shot curve each image is forgotten."""
    explorer = _explorer(context, spec)
    levels: list[float] = []
    answers: list[Answers] = []
    for sparsity, answer in _along(context, spec, explorer, CURVE[1:]):  # all stays without a cut
        levels.append(sparsity)
        answers.append(answer.answers)
    found = curve_of(levels, answers)
    name = write_curve(context.folder, found, explorer.split.images)
    return ForgettingResult(
        spec.method, tuple(levels), len(found.labels), explorer.class_names, name
    )


def sensitivity_table(context: Context, spec: SensitivitySpec) -> SensitivityResult:
    """Measure what each layer alone can lose."""
    plan = PrunePlan(method=spec.method, epochs=0)
    if is_other(context, spec.dense):
        other = other_network(context, spec.dense)
        images = data_for(context, spec.data, other.network)
        found = network_sensitivity(other.weights, images, plan, context.seed, context.progress)
        return found.result(spec.method)
    dense = network(context, spec.dense)
    data = prepared(context, spec.data, dense.shape)
    table = sensitivity(dense.weights, data, plan, context.seed, context.progress)
    return table.result(spec.method)


def _explorer(
    context: Context, spec: PreviewSpec | CurveSpec | ForgettingSpec | ForgottenSpec
) -> Explorer | NetworkExplorer:
    fetch_network(context, spec.dense)
    return _warm(context.workspace, spec.data, spec.dense, is_other(context, spec.dense))


@lru_cache(maxsize=2)
def _warm(
    workspace: Workspace, data_digest: str, dense_id: str, other: bool
) -> Explorer | NetworkExplorer:
    """Keep what does not change between two moves of a slider."""
    store = Store(workspace.store_url)
    try:
        if other:
            found = open_other(store, workspace, dense_id)
            return NetworkExplorer(found.weights, open_data(workspace, data_digest, found.network))
        dense = open_network(store, workspace, dense_id)
        return Explorer(dense.weights, open_prepared(workspace, data_digest, dense.shape))
    finally:
        store.close()


def forget_old_answers(context: Context) -> None:
    """Delete the oldest of too many answers: each has a file, and a slider asks for many.

    A few at a time, or one answer in many would have to wait seconds for it.
    """
    answers = context.store.jobs(kind=context.kind, states=ENDED)
    for job in answers[KEPT_PREVIEWS:][-FORGOTTEN_AT_ONCE:]:
        delete_run(context.store, context.workspace, job.id)
