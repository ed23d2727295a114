"""The task that scores uploaded networks."""

import shutil

from core.data.dataset import Split
from core.data.uploads import grading_set
from core.errors import UploadError
from core.grading.grade import as_read, grade, graded_images
from core.grading.kept_uploads import kept
from core.grading.spec import GradeResult, GradeSpec
from core.grading.submissions import collect
from core.jobs.runner.context import Context
from core.networks.network import NetworkShape
from core.tasks.inputs import dataset


def grade_files(context: Context, spec: GradeSpec) -> GradeResult:
    """Grade the uploaded files on a stored data set, or on an uploaded hidden test set."""
    images, shape = _graded(context, spec)
    uploads = kept(spec.files, context.workspace.uploads)
    copies = context.folder / "submissions"
    try:
        submissions = collect(uploads, copies)
        grades = grade(submissions, images, shape, context.progress, spec.threshold)
    finally:  # copies of what people handed in stay nowhere
        shutil.rmtree(copies, ignore_errors=True)
    return GradeResult(tuple(grades), len(images))


def _graded(context: Context, spec: GradeSpec) -> tuple[Split, NetworkShape]:
    chosen = dataset(context, spec.data)
    if not spec.hidden:
        return graded_images(chosen)
    ((name, path),) = kept(spec.hidden, context.workspace.uploads)
    classes = len(chosen.class_names)
    hidden = grading_set.read(name, path, classes, scratch=context.workspace.scratch)
    if hidden is None:
        raise UploadError(grading_set.NOT_ONE_SET)
    return as_read(hidden, classes)
