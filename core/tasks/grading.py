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
from core.networks.graph import Network
from core.networks.network import NetworkShape
from core.networks.network_store import kept_network
from core.networks.pixels import with_pixels
from core.networks.prepare import as_network_reads, check_classes
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


def _graded(context: Context, spec: GradeSpec) -> tuple[Split, NetworkShape | Network]:
    """Return the images to grade on as the network reads them, and the network."""
    chosen = dataset(context, spec.data)
    classes = len(chosen.class_names)
    hidden = _hidden(context, spec, classes)
    if spec.network:
        network, _ = kept_network(context.workspace.networks, spec.network)
        check_classes(chosen, network)
        split = hidden or chosen.test or chosen.validation
        return as_network_reads(split, network), with_pixels(network, spec.pixels)
    return as_read(hidden, classes) if hidden else graded_images(chosen)


def _hidden(context: Context, spec: GradeSpec, classes: int) -> Split | None:
    """Return the uploaded test set, None without one. Raises UploadError if it is none."""
    if not spec.hidden:
        return None
    ((name, path),) = kept(spec.hidden, context.workspace.uploads)
    hidden = grading_set.read(name, path, classes, scratch=context.workspace.scratch)
    if hidden is None:
        raise UploadError(grading_set.NOT_ONE_SET)
    return hidden
