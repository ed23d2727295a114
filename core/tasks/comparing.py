"""The task that compares what several networks predict."""

from core.evaluation.behaviour import BehaviourResult, BehaviourSpec, ComparedNetwork, behaviour
from core.jobs.runner.context import Context
from core.tasks.inputs import network, prepared


def compare_behaviour(context: Context, spec: BehaviourSpec) -> BehaviourResult:
    """Compare the predictions of several networks with those of the first."""
    found = [network(context, job_id) for job_id in spec.points]
    networks = [ComparedNetwork(each.job.id, each.label, each.weights) for each in found]
    shape = found[0].shape
    data = prepared(context, spec.data, shape)
    return behaviour(networks, shape, data, context.folder, context.progress)
