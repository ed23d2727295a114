"""Finished networks that a pruned one learns from, instead of the dense one it came from."""

from core.errors import JobError
from core.jobs.runner.context import Context
from core.networks.precision import convolution_policy
from core.pruning.spec import PruneSpec, check_teacher
from core.tasks.inputs import finished, network
from core.tasks.other_networks import is_other, other_network
from core.training.teachers.teacher import Answers, MeanTeacher, NetworkTeacher, Teacher


def teacher_of(context: Context, spec: PruneSpec, input_shape: tuple[int, ...]) -> Answers | None:
    """Return whoever answers in the retraining, None for the dense network alone.

    input_shape: of the images that the pruned network reads, which its teachers read as well.
    Raises JobError for a network of other images, or that reads them in another size.
    """
    if not spec.teachers:
        return None
    return MeanTeacher([_member(context, id, spec.data, input_shape) for id in spec.teachers])


def _member(context: Context, id: str, data: str, input_shape: tuple[int, ...]) -> Answers:
    job, _ = finished(context, id)
    check_teacher(id, job.settings.get("data"), data)
    if is_other(context, id):
        other = other_network(context, id)
        _check_size(id, other.network.input_shape, input_shape)
        return NetworkTeacher(other.network, other.weights)
    reference = network(context, id)
    _check_size(id, reference.shape.input_shape, input_shape)
    return Teacher(reference.weights, convolution_policy("auto"))


def _check_size(id: str, reads: tuple[int, ...], given: tuple[int, ...]) -> None:
    if reads != given:
        raise JobError(
            f"The teacher {id} reads images of {reads}, the pruned network those of {given}. "
            "Choose teachers of the same size, or train one with that input shape."
        )
