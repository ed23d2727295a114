"""Tasks that look before anything is trained: the instant explorer and the sensitivity table."""

from functools import lru_cache

from core.jobs.housekeeping import delete_run
from core.jobs.runner.context import Context
from core.jobs.store.job import ENDED
from core.jobs.store.store import Store
from core.networks.formats import keras_h5
from core.pruning.plan import PrunePlan
from core.pruning.preview.explorer import Explorer
from core.pruning.preview.sensitivity import sensitivity
from core.pruning.preview.spec import (
    CurvePoint,
    CurveResult,
    CurveSpec,
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
from core.workspace import Workspace

CURVE = (*(step / 20 for step in range(20)), 0.97, 0.98, 0.99)
KEPT_PREVIEWS, FORGOTTEN_AT_ONCE = 60, 2


def preview(context: Context, spec: PreviewSpec) -> PreviewResult:
    """Answer one position of the explorer's sliders."""
    explorer = _explorer(context, spec)
    answer = explorer.answer(spec.plan, spec.per_layer, spec.reconstruction)
    keras_h5.write(context.folder / PRUNED_FILE, answer.weights)
    forget_old_answers(context)
    return answer.result(PRUNED_FILE)


def curve(context: Context, spec: CurveSpec) -> CurveResult:
    """Draw a method's one-shot curve, one sparsity after another."""
    explorer = _explorer(context, spec)
    points, images = [], 0
    for number, sparsity in enumerate(CURVE):
        context.progress.report(number, len(CURVE), f"{sparsity:.0%}")
        plan = PrunePlan(method=spec.method, sparsity=sparsity, epochs=0)
        answer = explorer.answer(plan, None, spec.reconstruction)
        points.append(CurvePoint(answer.sparsity, answer.accuracy, answer.score))
        images = answer.images
        context.progress.record(number, sparsity=answer.sparsity, accuracy=answer.accuracy)
    return CurveResult(spec.method, tuple(points), images)


def sensitivity_table(context: Context, spec: SensitivitySpec) -> SensitivityResult:
    """Measure what each layer alone can lose."""
    dense = network(context, spec.dense)
    data = prepared(context, spec.data, dense.shape)
    plan = PrunePlan(method=spec.method, epochs=0)
    table = sensitivity(dense.weights, data, plan, context.seed, context.progress)
    return table.result(spec.method)


def _explorer(context: Context, spec: PreviewSpec | CurveSpec) -> Explorer:
    fetch_network(context, spec.dense)
    return _warm(context.workspace, spec.data, spec.dense)


@lru_cache(maxsize=2)
def _warm(workspace: Workspace, data_digest: str, dense_id: str) -> Explorer:
    """Keep what does not change between two moves of a slider."""
    store = Store(workspace.store_url)
    dense = open_network(store, workspace, dense_id)
    store.close()
    data = open_prepared(workspace, data_digest, dense.shape)
    return Explorer(dense.weights, data)


def forget_old_answers(context: Context) -> None:
    """Delete the oldest of too many answers: each has a file, and a slider asks for many.

    A few at a time, or one answer in many would have to wait seconds for it.
    """
    answers = context.store.jobs(kind=context.kind, states=ENDED)
    for job in answers[KEPT_PREVIEWS:][-FORGOTTEN_AT_ONCE:]:
        delete_run(context.store, context.workspace, job.id)
