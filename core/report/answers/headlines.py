"""The report's answer to each prepared question of federated learning, in a sentence or two."""

from collections.abc import Callable, Mapping, Sequence

from core.federated.algorithms.fedavg import FedAvg
from core.report.answers.convergence import convergence_answers, effect_of_local_work
from core.report.answers.experiments import Experiment, experiments, last
from core.report.answers.federated_evidence import healthy
from core.report.answers.heterogeneity import against_iid, cures, drift_by_work, pairs
from core.runs import learning_curves
from core.runs.finished.histories import History

Sentences = Sequence[str]


def headline(question: str, histories: Sequence[History]) -> Sentences:
    """Return the sentences of the report that answer a prepared question, none if they cannot.

    question: name of a preset.
    """
    known = [history for history in healthy(histories) if len(history.rows) > 1]
    answer = HEADLINES.get(question)
    return answer(known) if answer and len(known) > 1 else ()


def _fewer_iterations(histories: Sequence[History]) -> Sentences:
    return convergence_answers(histories)[1].sentences[:2]


def _local_steps(histories: Sequence[History]) -> Sentences:
    even, _ = _fedavg(histories)
    return effect_of_local_work(even) if len(even) > 1 else ()


def _heterogeneous(histories: Sequence[History]) -> Sentences:
    """Return what is said of the clients on which FedAvg ends at the highest loss."""
    compared = pairs(*_fedavg(histories))
    if not compared:
        return ()
    return (against_iid(*max(compared, key=lambda pair: pair[1].mean(last("train_loss")))),)


def _drift(histories: Sequence[History]) -> Sentences:
    _, mixed = _fedavg(histories)
    found = experiments(histories)
    return (*drift_by_work(mixed), *cures(found, mixed)) if len(mixed) > 1 else ()


def _fedavg(histories: Sequence[History]) -> tuple[list[Experiment], list[Experiment]]:
    """Return the experiments of FedAvg on IID clients and on heterogeneous ones."""
    found = [each for each in experiments(histories) if each.first.algorithm == FedAvg.name]
    even = [each for each in found if learning_curves.is_iid(each.first)]
    return even, [each for each in found if each not in even]


HEADLINES: Mapping[str, Callable[[Sequence[History]], Sentences]] = {
    "sgd_and_fedavg": _fewer_iterations,
    "local_steps": _local_steps,
    "iid_and_heterogeneous": _heterogeneous,
    "drift": _drift,
}
