"""Tasks that judge finished networks: what changed between them, and what they score."""

from typing import Any

from core.evaluation.behaviour import Network, behaviour
from core.jobs.context import Context
from core.jobs.inputs import dataset, network, prepared
from core.reports.grading import grade, graded_images
from core.reports.submissions import collect, kept


def compare_behaviour(context: Context) -> dict[str, Any]:
    """Compare the predictions of several networks with those of the first (`points`: job ids)."""
    found = [network(context, job_id) for job_id in context.settings["points"]]
    networks = [Network(each.job.id, each.label, each.weights) for each in found]
    shape = found[0].shape
    data = prepared(context, shape)
    return behaviour(networks, shape, data, context.folder, context.progress)


def grade_files(context: Context) -> dict[str, Any]:
    """Grade the uploaded files (`files`: digest of the upload) on a stored data set."""
    images, shape = graded_images(dataset(context))
    uploads = kept(context.settings["files"], context.workspace.uploads)
    submissions = collect(uploads, context.folder / "submissions")
    threshold = context.settings.get("threshold", 0.6)
    grades = grade(submissions, images, shape, context.progress, threshold)
    return {"grades": [each.to_dict() for each in grades], "images": len(images)}
