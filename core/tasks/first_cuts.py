"""What a sweep shows while it trains its own network: cuts of every epoch, without retraining."""

import json
from pathlib import Path

from core.errors import SettingsError
from core.evaluation.forgotten import forgotten, write_answers
from core.files import atomic_write
from core.jobs.runner.context import Context
from core.networks.formats import keras_h5
from core.networks.network import Weights
from core.networks.prepare import Prepared
from core.pruning.plan import PrunePlan
from core.pruning.preview.explorer import Explorer, Preview
from core.pruning.preview.first_cuts import (
    FOLDER,
    IMAGES,
    KEPT_IMAGES,
    RESULT_FILE,
    metric_of,
    plans_of,
)
from core.pruning.search.spec import SweepSpec
from core.tasks.inputs import PRUNED_FILE


class FirstCuts:
    """Cuts a network after each epoch of its training; the training itself is not touched."""

    def __init__(self, context: Context, data: Prepared, plans: list[PrunePlan]) -> None:
        self._context, self._data, self._plans = context, data, plans

    def after_epoch(self, epoch: int, weights: Weights) -> None:
        """Record the accuracy of every cut on a few validation images."""
        explorer = Explorer(weights, self._data, IMAGES)
        found = {metric_of(plan): answer.accuracy for plan, answer in self._answers(explorer)}
        self._context.progress.record(epoch, **found)

    def keep(self, weights: Weights, folder: Path) -> None:
        """Keep the cut with the best score on validation, its file and what it forgot.

        In a folder of its own: the training's files are the same with it and without.
        """
        explorer = Explorer(weights, self._data, KEPT_IMAGES)
        answers = [answer for _, answer in self._answers(explorer)]
        best = max(answers, key=lambda answer: (answer.score, answer.accuracy), default=None)
        if best is None:
            return
        place = folder / FOLDER
        seen = forgotten(best.answers, explorer.class_names)
        write_answers(place, seen, best.answers, explorer.split.images)
        keras_h5.write(place / PRUNED_FILE, best.weights)
        result = best.result(PRUNED_FILE, seen)
        with atomic_write(place / RESULT_FILE) as path:
            path.write_text(json.dumps(result.to_json()), "utf-8")

    def _answers(self, explorer: Explorer) -> list[tuple[PrunePlan, Preview]]:
        found = []
        for plan in self._plans:
            try:
                found.append((plan, explorer.answer(plan)))
            except SettingsError:  # the network holds no more that may go
                continue
        return found


def first_cuts(context: Context, data: Prepared) -> FirstCuts | None:
    """Return the cuts to look at while a sweep's own network is trained, None for other runs."""
    spec = _sweep(context)
    plans = plans_of(spec.methods, spec.sparsities) if spec else []
    return FirstCuts(context, data, plans) if plans else None


def _sweep(context: Context) -> SweepSpec | None:
    """Return what the sweep was told that asked for this run, None if none did."""
    store = context.store
    parent = store.get(context.job_id).parent if store.exists(context.job_id) else None
    if parent is None or not store.exists(parent):
        return None
    sweep = store.get(parent)
    if sweep.kind != SweepSpec.kind:
        return None
    return SweepSpec.from_stored(sweep.settings, sweep.spec_format)
