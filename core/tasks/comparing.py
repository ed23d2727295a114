"""The task that compares what several networks predict."""

from core.evaluation.behaviour import BehaviourResult, BehaviourSpec, ComparedNetwork, behaviour
from core.jobs.runner.context import Context
from core.tasks.inputs import network, prepared
from core.tasks.other_networks import data_for, is_other, other_network


def compare_behaviour(context: Context, spec: BehaviourSpec) -> BehaviourResult:
    """Compare the predictions of several networks with those of the first."""
    if is_other(context, spec.points[0]):
        return _compare_others(context, spec)
    found = [network(context, job_id) for job_id in spec.points]
    networks = [ComparedNetwork(each.job.id, each.label, each.weights) for each in found]
    shape = found[0].shape
    data = prepared(context, spec.data, shape)
    return behaviour(networks, shape, data, context.folder, context.progress)


def _compare_others(context: Context, spec: BehaviourSpec) -> BehaviourResult:
    found = [other_network(context, job_id) for job_id in spec.points]
    networks = [ComparedNetwork(each.job.id, each.label, each.weights) for each in found]
    whole = found[0].network
    data = data_for(context, spec.data, whole)
    return behaviour(networks, whole, data, context.folder, context.progress)
