"""Tasks that judge finished networks: what changed between them, and what they score."""

import shutil
from typing import Any

from core.data.dataset import Split
from core.data.uploads import grading_set
from core.errors import UploadError
from core.evaluation.behaviour import Network, behaviour
from core.grading.grade import as_read, grade, graded_images
from core.grading.kept_uploads import kept
from core.grading.submissions import collect
from core.jobs.runner.context import Context
from core.networks.network import NetworkShape
from core.tasks.inputs import dataset, network, prepared


def compare_behaviour(context: Context) -> dict[str, Any]:
    """Compare the predictions of several networks with those of the first (`points`: job ids)."""
    found = [network(context, job_id) for job_id in context.settings["points"]]
    networks = [Network(each.job.id, each.label, each.weights) for each in found]
    shape = found[0].shape
    data = prepared(context, shape)
    return behaviour(networks, shape, data, context.folder, context.progress)


def grade_files(context: Context) -> dict[str, Any]:
    """Grade the uploaded files (`files`: digest of the upload) on a stored data set.

    `hidden`, if given, is the digest of an uploaded hidden test set, which is used instead.
    """
    images, shape = _graded(context)
    uploads = kept(context.settings["files"], context.workspace.uploads)
    threshold = context.settings.get("threshold", 0.6)
    copies = context.folder / "submissions"
    try:
        submissions = collect(uploads, copies)
        grades = grade(submissions, images, shape, context.progress, threshold)
    finally:  # copies of what people handed in stay nowhere
        shutil.rmtree(copies, ignore_errors=True)
    return {"grades": [each.to_dict() for each in grades], "images": len(images)}


def _graded(context: Context) -> tuple[Split, NetworkShape]:
    chosen = dataset(context)
    if not context.settings.get("hidden"):
        return graded_images(chosen)
    ((name, path),) = kept(context.settings["hidden"], context.workspace.uploads)
    classes = len(chosen.class_names)
    hidden = grading_set.read(name, path, classes, scratch=context.workspace.scratch)
    if hidden is None:
        raise UploadError(grading_set.NOT_ONE_SET)
    return as_read(hidden, classes)
