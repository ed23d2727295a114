"""Tasks that look before anything is trained: the instant explorer and the sensitivity table."""

from functools import lru_cache
from typing import Any

from core.jobs.housekeeping import delete_run
from core.jobs.runner.context import Context
from core.jobs.store.job import ENDED
from core.jobs.store.store import Store
from core.networks.formats import keras_h5
from core.pruning.plan import PrunePlan
from core.pruning.preview.explorer import Explorer
from core.pruning.preview.sensitivity import sensitivity
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


def preview(context: Context) -> dict[str, Any]:
    """Answer one position of the explorer's sliders."""
    settings = context.settings
    answer = _explorer(context).answer(
        _plan(settings), settings.get("per_layer"), bool(settings.get("recovery"))
    )
    keras_h5.write(context.folder / PRUNED_FILE, answer.weights)
    forget_old_answers(context)
    return answer.to_dict() | {"weights": PRUNED_FILE}


def curve(context: Context) -> dict[str, Any]:
    """Draw a method's one-shot curve, one sparsity after another."""
    settings, explorer = context.settings, _explorer(context)
    points = []
    for number, sparsity in enumerate(CURVE):
        context.progress.report(number, len(CURVE), f"{sparsity:.0%}")
        plan = _plan(settings | {"sparsity": sparsity})
        answer = explorer.answer(plan, None, bool(settings.get("recovery"))).to_dict()
        points.append({name: answer[name] for name in ("sparsity", "accuracy", "score")})
        context.progress.record(number, sparsity=answer["sparsity"], accuracy=answer["accuracy"])
    return {"method": settings["method"], "points": points, "images": answer["images"]}


def sensitivity_table(context: Context) -> dict[str, Any]:
    """Measure what each layer alone can lose."""
    dense = network(context, context.settings["dense"])
    data = prepared(context, dense.shape)
    plan = PrunePlan(method=context.settings.get("method", "magnitude"), epochs=0)
    table = sensitivity(dense.weights, data, plan, context.seed, context.progress)
    return table.to_dict() | {"method": plan.method}


def _plan(settings: dict[str, Any]) -> PrunePlan:
    return PrunePlan(method=settings["method"], sparsity=settings["sparsity"], epochs=0)


def _explorer(context: Context) -> Explorer:
    fetch_network(context, context.settings["dense"])
    return _warm(context.workspace, context.settings["dense"])


@lru_cache(maxsize=2)
def _warm(workspace: Workspace, dense_id: str) -> Explorer:
    """Keep what does not change between two moves of a slider."""
    store = Store(workspace.store_url)
    dense = open_network(store, workspace, dense_id)
    store.close()
    data = open_prepared(workspace, dense.job.settings["data"], dense.shape)
    return Explorer(dense.weights, data)


def forget_old_answers(context: Context) -> None:
    """Delete the oldest of too many answers: each has a file, and a slider asks for many.

    A few at a time, or one answer in many would have to wait seconds for it.
    """
    answers = context.store.jobs(kind=context.kind, states=ENDED)
    for job in answers[KEPT_PREVIEWS:][-FORGOTTEN_AT_ONCE:]:
        delete_run(context.store, context.workspace, job.id)
