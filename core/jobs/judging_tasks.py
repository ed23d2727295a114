"""Tasks that judge networks which are already there: what changed in them, and their grades."""

import tempfile
from pathlib import Path
from typing import Any

from core.evaluation import behaviour
from core.jobs.context import Context
from core.jobs.inputs import dataset, network, prepared
from core.reports import grading
from core.reports.submissions import collect, kept


def compare_networks(context: Context) -> dict[str, Any]:
    """Compare finished networks with the first of them, image by image.

    settings: {"data": digest, "points": [job ids]}; the first is the reference.
    """
    found = [network(context, id) for id in context.settings["points"]]
    shape = found[0].shape
    compared = [behaviour.Network(each.job.id, each.label, each.weights) for each in found]
    data = prepared(context, shape)
    return behaviour.behaviour(compared, shape, data, context.folder, context.progress)


def grade_files(context: Context) -> dict[str, Any]:
    """Grade uploaded weights files against a data set's test (or validation) images.

    settings: {"data": digest, "upload": digest of `submissions.keep`, "threshold": 0.6}.
    """
    files = kept(context.settings["upload"], context.workspace.uploads)
    images, shape = grading.graded_images(dataset(context))
    with tempfile.TemporaryDirectory(dir=context.workspace.scratch) as folder:
        submissions = collect(files, Path(folder))
        grades = grading.grade(
            submissions, images, shape, context.progress, context.settings["threshold"]
        )
    return {"grades": [each.to_dict() for each in grades], "images": len(images)}
